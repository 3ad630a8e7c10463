//go:build linux

package service_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// What /mnt holds in a container.
const (
	self        = "service.test"     // this program
	release     = "ticketd.deb"      // the package
	nextRelease = "ticketd-next.deb" // the same with another version
	version     = "1.0.0"
	nextVersion = "1.1.0"
)

// payload makes the folder that containers have as /mnt, once for all tests.
var payload = sync.OnceValues(func() (dir string, err error) {
	if dir, err = load(); err != nil {
		return "", err
	}
	root, err := project()
	if err != nil {
		return "", err
	}
	me, err := os.Executable()
	if err != nil {
		return "", err
	}
	err = errors.Join(
		copyFile(me, filepath.Join(dir, self), 0o755),
		copyFile(filepath.Join(root, "README.md"), filepath.Join(dir, "README.md"), 0o644),
		copyFile(filepath.Join("testdata", firstSchema), filepath.Join(dir, firstSchema), 0o644),
	)
	if err != nil {
		return "", err
	}
	var both sync.WaitGroup
	var older, newer error
	both.Go(func() { older = pack(root, dir, version, release) })
	both.Go(func() { newer = pack(root, dir, nextVersion, nextRelease) })
	both.Wait()
	if err := errors.Join(older, newer); err != nil {
		return "", err
	}
	return dir, nil
})

// pack has a package built, as `make package` does, and gives it a name.
func pack(root, dir, version, name string) error {
	out := filepath.Join(dir, "packages-"+version)
	cmd := exec.CommandContext(interrupted, "go", "run", "./internal/pack", "-version", version, "-arch", runtime.GOARCH, "-out", out)
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making a package: %w\n%s", err, said)
	}
	made, err := filepath.Glob(filepath.Join(out, "*.deb"))
	if err != nil || len(made) != 1 {
		return fmt.Errorf("%d packages were made: %w", len(made), err)
	}
	return errors.Join(os.Rename(made[0], filepath.Join(dir, name)), os.RemoveAll(out))
}

// load gives the folder of the payload.
var load = sync.OnceValues(func() (string, error) {
	return os.MkdirTemp("", name()+"-payload-")
})

// unload removes the payload, where there is one.
func unload() {
	if !*boot || *inside {
		return
	}
	if dir, err := load(); err == nil {
		_ = os.RemoveAll(dir) // a folder in the temporary one
	}
}

func copyFile(from, to string, mode os.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
