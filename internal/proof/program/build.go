// Package program runs ticketd, built for proofs, as a process of its own between a sender and practice
// trackers, for the proofs that need a real process: kills, disks, sockets, secrets.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Path builds the program, once for all tests of a package, and gives its path. Each package has its
// own: a proof that takes hours must not go on with what was built meanwhile for another.
//
// A short run, which is that of the race detector, skips the test: the process is built without it.
func Path(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a short run leaves out real processes: they are built without the race detector")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Exit ends the tests of a package that used the program, and removes it: what a TestMain gives to
// goleak.Cleanup.
func Exit(code int) {
	Remove()
	os.Exit(code)
}

// Remove removes the program, where it was built.
func Remove() {
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir) // a folder in the temporary one
	}
}

// Made once for all tests of a package.
var (
	folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "ticketd-proof-") }) //nolint:gochecknoglobals // never changed
	build  = sync.OnceValues(compile)                                                              //nolint:gochecknoglobals // likewise
)

func compile() (path string, err error) {
	root, err := root()
	if err != nil {
		return "", err
	}
	dir, err := folder()
	if err != nil {
		return "", fmt.Errorf("making a folder for the program: %w", err)
	}
	path = filepath.Join(dir, "ticketd")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-tags", "proof", "-ldflags=-s", "-o", path, "./cmd/ticketd")
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ticketd for proofs: %w\n%s", err, out)
	}
	return path, nil
}

// root gives the folder with go.mod, above the package under test.
func root() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no go.mod above the test")
		}
	}
	return "", err
}
