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
	nextRelease = "ticketd-next.deb" // the same of a version that comes later, whatever the other is
	nextVersion = "999999.0.0"
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
	made, err := only(*packages)
	if err != nil {
		return "", err
	}
	me, err := os.Executable()
	if err != nil {
		return "", err
	}
	err = errors.Join(
		copyFile(made, filepath.Join(dir, release), 0o644),
		copyFile(me, filepath.Join(dir, self), 0o755),
		copyFile(filepath.Join(root, "README.md"), filepath.Join(dir, "README.md"), 0o644),
		copyFile(filepath.Join("testdata", firstSchema), filepath.Join(dir, firstSchema), 0o644),
	)
	if err != nil {
		return "", err
	}
	return dir, packNext(root, dir)
})

// packNext has the package of the next release built.
func packNext(root, dir string) error {
	out := filepath.Join(dir, "next")
	cmd := exec.CommandContext(interrupted, "go", "run", "./internal/pack",
		"-version", nextVersion, "-arch", runtime.GOARCH, "-format", "deb", "-out", out)
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making a package: %w\n%s", err, said)
	}
	made, err := only(out)
	if err != nil {
		return err
	}
	return errors.Join(os.Rename(made, filepath.Join(dir, nextRelease)), os.RemoveAll(out))
}

// only gives the one package for this machine in a folder.
func only(folder string) (string, error) {
	made, err := filepath.Glob(filepath.Join(folder, "*_"+runtime.GOARCH+".deb"))
	if err != nil {
		return "", err
	}
	if len(made) != 1 {
		return "", fmt.Errorf("%s holds %d packages for %s, and should hold one: make package", folder, len(made), runtime.GOARCH)
	}
	return made[0], nil
}

// load gives the folder of the payload.
var load = sync.OnceValues(func() (string, error) {
	return os.MkdirTemp("", name()+"-payload-")
})

// unload removes the payload, where there is one.
func unload() {
	if *packages == "" {
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
