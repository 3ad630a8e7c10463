package kills_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

//nolint:gochecknoglobals // flags of the tests
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
	goleak.VerifyTestMain(m)
}

// keep saves the folder of a service whose test failed and says where.
func keep(t *testing.T, s *program.Service) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		s.Kill()
		to, err := os.MkdirTemp("", "ticketd-kills-")
		if err != nil {
			t.Log(err)
			return
		}
		to = filepath.Join(to, "kept")
		if err := os.CopyFS(to, os.DirFS(s.Dir)); err != nil {
			t.Log(err)
		}
		t.Logf("database and log are kept in %s", to)
	})
}
