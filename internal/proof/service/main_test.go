//go:build linux

package service_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

var (
	packages = flag.String("packages", "", "folder of the package to try in containers; root and systemd-nspawn are needed")
	inside   = flag.Bool("inside", false, "this is a container; set by a test that runs itself there")
)

// interrupted ends when somebody wants the tests to end: the containers are cleaned up then, too.
var interrupted = context.Background() // set by TestMain alone

func TestMain(m *testing.M) {
	flag.Parse()
	var stop context.CancelFunc
	interrupted, stop = signal.NotifyContext(interrupted, os.Interrupt, syscall.SIGTERM)
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		stop()
		unload()
		os.Exit(code)
	}))
}

// inContainer does a test in a freshly booted system that it has for itself. Out here it boots one in a
// container and runs this very program in it, with the one test; in there it is done.
func inContainer(t *testing.T, do func(t *testing.T, s *site)) {
	t.Helper()
	if *inside {
		do(t, newSite(t))
		return
	}
	if *packages == "" {
		t.Skip("this boots systemd in a container, as root: make test-systemd")
	}
	t.Parallel()
	load, err := payload()
	must(t, err)
	out, err := bootContainer(t, load).run("/mnt/"+self, "-inside", "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "3m")
	switch {
	case err != nil:
		t.Errorf("in the container: %v\n%s", err, out)
	default:
		t.Logf("in the container:\n%s", out)
	}
}

// project gives the folder with go.mod, two above that of the proofs.
func project() (string, error) {
	dir, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", errors.New("the test does not run in its own folder")
	}
	return dir, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
