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

// present gives those files of a database that are there.
func present(path string, suffixes ...string) (files []string) {
	for _, suffix := range suffixes {
		if _, err := os.Lstat(path + suffix); err == nil {
			files = append(files, path+suffix)
		}
	}
	return files
}

// Examine tells what [Open] would say of the files of a database, of which it looks at every page, however long
// that takes. It changes nothing, beside a daemon or without one, and gives [ErrNotFound] where there is none.
func Examine(ctx context.Context, path string, logger *slog.Logger) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	known, _, err := beside(ctx, path)
	if err == nil {
		err = examine(ctx, path, known, endless, logger)
	}
	if err != nil {
		return fmt.Errorf("examining %s: %w", path, err)
	}
	return nil
}
