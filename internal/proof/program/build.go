// Package program runs ticketd, built for proofs, as a process of its own between a sender and a
// practice Jira, for the proofs that need a real process: kills, disks, sockets, secrets.
package program

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Path builds the program, once for all tests of a package, and gives its path. It is left in the
// temporary folder under a name of its own, so that the next package only has it linked again.
func Path(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once
	root, err := root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(os.TempDir(), fmt.Sprint("ticketd-proof-", os.Getuid()), "ticketd")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "proof", "-o", path, "./cmd/ticketd")
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ticketd for proofs: %w\n%s", err, out)
	}
	return path, nil
})

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
