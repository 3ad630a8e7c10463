package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// asideName gives what a database is called once it was moved aside. Its log keeps the name that belongs to
// it, so that both can be opened together.
func asideName(path string, at time.Time) string {
	name := path + ".old-" + at.UTC().Format(stamp)
	for base, n := name, 2; ; n++ {
		taken, err := filepath.Glob(strings.NewReplacer("[", "\\[", "*", "\\*", "?", "\\?").Replace(name) + "*")
		if err != nil || len(taken) == 0 {
			return name
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// moveAside renames those files of a database that are there, and tells their new names.
func moveAside(path, base string, suffixes ...string) (aside []string, err error) {
	for _, suffix := range suffixes {
		err := os.Rename(path+suffix, base+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return aside, fmt.Errorf("moving a file aside: %w", err)
		}
		aside = append(aside, base+suffix)
	}
	return aside, syncFolder(filepath.Dir(path))
}

// Removable tells which files of a database keep it from being opened, where that can be ended by beginning
// without them: cause is the error of [Open]. It is none for every other cause.
func Removable(path string, cause error) []string {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	if lost, ok := errors.AsType[*LostError](cause); ok {
		return lost.Aside
	}
	if !errors.Is(cause, ErrDamaged) {
		return nil
	}
	return present(path, "", "-wal", "-shm", highWaterSuffix)
}

// present gives those files of a database that are there.
func present(path string, suffixes ...string) (files []string) {
	for _, suffix := range suffixes {
		if _, err := os.Lstat(path + suffix); err == nil {
			files = append(files, path+suffix)
		}
	}
	return files
}

// MoveAside moves files of a database, as [Removable] names them, to names beside it and tells those: what
// is moved can be put back. It gives [ErrLocked] when a daemon has the database open.
func MoveAside(path string, files []string, at time.Time) (aside []string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	l, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	base := asideName(path, at)
	for _, file := range files {
		moved, err := moveAside(path, base, strings.TrimPrefix(file, path))
		if aside = append(aside, moved...); err != nil {
			return aside, err
		}
	}
	return aside, nil
}

// Examine tells what [Open] would say of the files of a database, and changes nothing, beside a daemon or
// without one. It gives [ErrNotFound] where there is none.
func Examine(ctx context.Context, path string, logger *slog.Logger) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	known, _, err := beside(ctx, path)
	if err == nil {
		err = examine(ctx, path, known, logger)
	}
	if err != nil {
		return fmt.Errorf("examining %s: %w", path, err)
	}
	return nil
}
