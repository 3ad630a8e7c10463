package kills_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

var (
	kills  = flag.Int("kills", 5, "how often the process is killed at a random moment")
	passes = flag.Int("passes", 1, "at how many passes of every named point it dies")
	seed   = flag.Uint64("seed", 1, "of the first round of kills; the others follow it")
)

// abreast is how many processes there are at once. They wait more than they work.
const abreast = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set(abreast); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit))
}

// keep saves the folder of a service whose test failed and says where.
func keep(t *testing.T, s *program.Service) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		s.Kill()
		to, err := copied(s.Dir)
		t.Logf("database and log are kept in %q (%v)", to, err)
	})
}

// copied copies the files of a folder into a new one.
func copied(dir string) (to string, err error) {
	if to, err = os.MkdirTemp("", "ticketd-kills-"); err != nil {
		return "", err
	}
	all, err := os.ReadDir(dir)
	for _, f := range all {
		if !f.Type().IsRegular() {
			continue
		}
		content, cause := os.ReadFile(filepath.Join(dir, f.Name()))
		err = errors.Join(err, cause, os.WriteFile(filepath.Join(to, f.Name()), content, 0o600))
	}
	return to, err
}
