package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// stamp is how a time stands in the names of files: in UTC, so that they sort by it.
const stamp = "20060102T150405Z"

var backupName = regexp.MustCompile(`^ticketd-\d{8}T\d{6}Z\.db$`)

// BackupName gives the name of a backup that is made at a time, for a folder of them.
func BackupName(at time.Time) string { return "ticketd-" + at.UTC().Format(stamp) + ".db" }

// KeepBackups deletes all backups of a folder but the newest so many, by the names that [BackupName] gives,
// and tells which. Other files stay.
func KeepBackups(folder string, newest int) (deleted []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for old backups: %w", err)
	}
	var names []string // sorted, and so by their time
	for _, e := range entries {
		if e.Type().IsRegular() && backupName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	var errs []error
	for _, name := range names[:max(0, len(names)-newest)] {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			errs = append(errs, fmt.Errorf("deleting an old backup: %w", err))
			continue
		}
		deleted = append(deleted, name)
	}
	return slices.Clip(deleted), errors.Join(errs...)
}
