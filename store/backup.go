package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// BackupOptions say what is copied where.
type BackupOptions struct {
	Path  string // of the database
	To    string // of the copy
	Force bool   // replace a copy that is there
}

// Backup copies the database as it is now, beside a running daemon or without one, and checks the copy. It
// is the caller's, private, on disk, and there whole or not at all. It gives [ErrNotFound] where there is no
// database, and an [fs.ErrExist] where there is a copy already.
func Backup(ctx context.Context, o BackupOptions) (c Copy, err error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return Copy{}, err
	}
	to, err := filepath.Abs(o.To)
	if err != nil {
		return Copy{}, err
	}
	if err := mayWrite(path, to, o.Force); err != nil {
		return Copy{}, fmt.Errorf("backing up to %s: %w", o.To, err)
	}
	if _, _, err := beside(ctx, path); err != nil {
		return Copy{}, fmt.Errorf("backing up %s: %w", o.Path, err)
	}
	if c, err = backUp(ctx, path, to); err != nil {
		return Copy{}, fmt.Errorf("backing up %s to %s: %w", o.Path, o.To, err)
	}
	return c, nil
}

// mayWrite refuses to write over what is there. The files of the database are never written over.
func mayWrite(path, to string, force bool) error {
	info, err := os.Lstat(to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", highWaterSuffix, ".lock", ".sock"} {
		if own, err := os.Lstat(path + suffix); err == nil && os.SameFile(own, info) {
			return errors.New("it is a file of the database itself")
		}
	}
	switch {
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case !force:
		return fs.ErrExist
	}
	return nil
}

// backUp makes the copy under another name until it is whole and checked.
func backUp(ctx context.Context, path, to string) (c Copy, err error) {
	part, err := openPart(to + partSuffix)
	if err != nil {
		return Copy{}, err
	}
	defer func() { err = errors.Join(err, discard(part, err)) }()
	saw, err := duplicate(ctx, path, false, part)
	if err != nil {
		return Copy{}, err
	}
	if c, err = attest(ctx, part.Name()); err != nil {
		return Copy{}, fmt.Errorf("checking the copy: %w", err)
	}
	if c != saw {
		return Copy{}, fmt.Errorf("checking the copy: %w: it holds %+v and the database %+v", ErrDamaged, c, saw)
	}
	if err := os.Rename(part.Name(), to); err != nil {
		return Copy{}, err
	}
	return c, syncFolder(filepath.Dir(to))
}

// openPart makes an empty private file to copy into. What an earlier copy left behind that was cut off is
// written over; one that is under way has a lock on it.
func openPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, privateFile)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w: another copy is being written there", ErrBusy)
	}
	if err == nil {
		err = ownAlone(f)
	}
	if err == nil {
		err = errors.Join(f.Chmod(privateFile), f.Truncate(0))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ownAlone refuses a file that somebody else laid there, who could read what is written into it, in a folder
// such as /tmp. Whose the folder is could do so anyway.
func ownAlone(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	file, ok := info.Sys().(*syscall.Stat_t)
	above, also := folder.Sys().(*syscall.Stat_t)
	if ok && also && (file.Nlink != 1 || int(file.Uid) != os.Geteuid() && file.Uid != above.Uid) {
		return fmt.Errorf("%s is another user's: delete it", f.Name())
	}
	return nil
}

// discard closes what openPart gave and, after an error, deletes it: it is of no use to anybody.
func discard(part *os.File, after error) error {
	if after != nil {
		_ = os.Remove(part.Name())
	}
	return part.Close()
}
