package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The database holds unpublished vulnerabilities: only its owner may read it.
const (
	privateFile   = 0o600
	privateFolder = 0o700
)

// lock takes the lock that keeps a second daemon out. It is on a file of its own, because closing
// any descriptor of the database file drops SQLite's locks; the kernel releases it with the
// process, also after kill -9. The file stays: removing it would let two processes lock two files
// of the same name. It holds the number of the process, for the one that is refused.
func lock(path string) (*os.File, error) {
	f, err := openPrivate(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = lockedBy(f)
	}
	if err == nil {
		signLock(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
	return f, nil
}

// signLock writes the number of the process over that of the one before. The lock holds without it, also
// on a full disk.
func signLock(f *os.File) {
	if n, err := fmt.Fprintln(f, os.Getpid()); err == nil {
		_ = f.Truncate(int64(n))
	}
}

// lockedBy names the process that holds the lock.
func lockedBy(f *os.File) error {
	var pid int
	if _, err := fmt.Fscan(f, &pid); err != nil {
		return ErrLocked // it has just begun
	}
	return fmt.Errorf("%w: process %d", ErrLocked, pid)
}

// openPrivate opens or creates a file that only its owner can use, whatever the umask is.
func openPrivate(path string, flag int) (*os.File, error) {
	f, err := createPrivate(path, flag)
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, flag|os.O_CREATE|syscall.O_NOFOLLOW, privateFile)
	}
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(privateFile); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// createPrivate makes a file that is not there yet. What root makes belongs to the owner of the folder, or
// the daemon could not use it; SQLite does the same with its side files.
func createPrivate(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, privateFile)
	if err != nil || os.Geteuid() != 0 {
		return f, err
	}
	info, err := os.Stat(filepath.Dir(path))
	if err == nil {
		err = giveTo(f, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// giveTo gives a file to the owner of another one; only root may.
func giveTo(f *os.File, like fs.FileInfo) error {
	owner, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}

// prepareFolder makes the folder of the database where there is none.
func prepareFolder(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(path, privateFolder); err != nil {
		return err
	}
	return os.Chmod(path, privateFolder)
}

// prepareDatabase creates the database file empty before SQLite would create it with the umask's
// mode, or makes an existing one private. SQLite gives the side files the mode of the database. An
// existing file is never opened here: closing it would drop SQLite's locks.
func prepareDatabase(path string) error {
	f, err := createPrivate(path, os.O_RDWR)
	if err == nil {
		return errors.Join(f.Chmod(privateFile), f.Close(), syncFolder(filepath.Dir(path)))
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(name, privateFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncFolder makes the creation or renaming of a file in it survive a power loss.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
