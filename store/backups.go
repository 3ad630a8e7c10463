package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// stamp is how a time stands in the names of files: in UTC, so that they sort by it.
const stamp = "20060102T150405Z"

// partSuffix is that of a copy which is not whole yet.
const partSuffix = ".part"

var backupName = regexp.MustCompile(`^ticketd-\d{8}T\d{6}Z\.db$`)

// BackupName gives the name of a backup that is made at a time, for a folder of them.
func BackupName(at time.Time) string { return "ticketd-" + at.UTC().Format(stamp) + ".db" }

// KeepBackups deletes all backups of a folder but the newest so many, by the names that [BackupName] gives,
// and what is left of those that were cut off, and tells which. Other files stay, and so does the backup that
// was just made, whatever the clock says.
func KeepBackups(folder string, newest int, made string) (deleted []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for old backups: %w", err)
	}
	var names, old []string // sorted, and so by their time
	for _, e := range entries {
		name, part := strings.CutSuffix(e.Name(), partSuffix)
		switch {
		case !e.Type().IsRegular() || !backupName.MatchString(name) || name == made:
		case !part:
			names = append(names, name)
		case cutOff(filepath.Join(folder, e.Name())):
			old = append(old, e.Name())
		}
	}
	var errs []error
	for _, name := range append(old, names[:max(0, len(names)-newest+1)]...) {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			errs = append(errs, fmt.Errorf("deleting an old backup: %w", err))
			continue
		}
		deleted = append(deleted, name)
	}
	return slices.Clip(deleted), errors.Join(errs...)
}

// cutOff tells whether nobody writes a copy any more: who does has a lock on it.
func cutOff(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // and the lock with it
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
