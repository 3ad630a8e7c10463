package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// access says who may read a file that is written.
type access struct {
	mode  fs.FileMode
	group int // 0: that of who writes it
}

// owner lets nobody else read a file.
func owner() access { return access{mode: 0o600} }

// writeNew writes a file that was not there. One that could not be written whole is removed: it would be
// kept the next time.
func writeNew(name, content string, who access) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, owner().mode)
	if err != nil {
		return err
	}
	if err := finish(f, content, who); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// replace writes a file in one go: a half-written one is never seen.
func replace(name, content string, who access) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // with mode 0600
	if err != nil {
		return err
	}
	err = finish(f, content, who)
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// finish writes a new file and closes it. The mode is set once more, because a umask may have taken a
// part of it.
func finish(f *os.File, content string, who access) error {
	var err error
	if who.group != 0 {
		err = f.Chown(-1, who.group)
	}
	if err == nil {
		err = f.Chmod(who.mode)
	}
	if err == nil {
		_, err = f.WriteString(content)
	}
	return errors.Join(err, f.Sync(), f.Close())
}
