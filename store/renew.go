package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// RenewOptions say which database is made anew, and why.
type RenewOptions struct {
	Path  string
	Cause error // of [Open]
	Now   func() time.Time
}

// Removable tells which files of a database [Renew] moves aside. ok is false where cause, the error of
// [Open], is none that it can end.
func Removable(path string, cause error) (files []string, ok bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, false
	}
	if lost, ok := errors.AsType[*LostError](cause); ok && lost.Whole {
		return []string{path + "-wal"}, true
	} else if !ok && !errors.Is(cause, ErrDamaged) {
		return nil, false
	}
	return present(path, "", "-wal", "-shm"), true
}

// Renew ends what keeps a database from being opened. A log that is that of another database is moved aside.
// A database that is lost or damaged is too, and a new one takes its place, which is marked as restored: see
// [Store.MarkRestored]. It takes up the identity and the numbers that the side file remembers, so that
// backups of the old one are its own, and no number means two events.
//
// It tells where the files are now that were there. A crash leaves what Open refuses, or the new database.
// It gives [ErrLocked] when a daemon has the database open.
func Renew(ctx context.Context, o RenewOptions) (aside []string, err error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	if _, ok := Removable(path, o.Cause); !ok {
		return nil, fmt.Errorf("making %s anew does not end this: %w", o.Path, o.Cause)
	}
	l, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	base := asideName(path, o.Now())
	if lost, ok := errors.AsType[*LostError](o.Cause); ok && lost.Whole {
		return moveAside(path, base, "-wal")
	}
	if aside, err = renew(ctx, path, base, o.Now()); err != nil {
		return aside, fmt.Errorf("making %s anew: %w", o.Path, err)
	}
	return aside, nil
}

func renew(ctx context.Context, path, base string, now time.Time) (aside []string, err error) {
	known, _, err := readHighWater(path + highWaterSuffix)
	if err != nil {
		return nil, err
	}
	known.identity = cmp.Or(known.identity, rand.Text())
	part, err := openPart(path + ".recovering")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, discard(part, err)) }()
	if err := begin(ctx, part.Name(), meta{memory: known, restored: true}, now); err != nil {
		return nil, err
	}
	if err := errors.Join(ownLike(path, part), part.Sync()); err != nil {
		return nil, err
	}
	return supplant(path, base, part.Name())
}

// begin makes a database in an empty file.
func begin(ctx context.Context, path string, m meta, now time.Time) error {
	db, err := sql.Open(driverName, fileURI(path, url.Values{ // one that is cut off is thrown away
		"mode": {"rw"}, "_pragma": {"page_size(8192)"}, "_journal_mode": {"MEMORY"}, "_error_rc": {"true"},
	}))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err = migrate(ctx, db, slog.New(slog.DiscardHandler)); err == nil {
		err = m.save(ctx, db, now)
	}
	return errors.Join(err, db.Close())
}

// supplant moves a database aside and puts a file in its place. What is there keeps its place to the last
// moment where the file system has hard links.
func supplant(path, base, part string) (aside []string, err error) {
	suffixes := []string{"", "-wal", "-shm"}
	if os.Link(path, base) == nil {
		aside, suffixes = []string{base}, suffixes[1:]
	}
	moved, err := moveAside(path, base, suffixes...)
	if aside = append(aside, moved...); err != nil {
		return aside, err
	}
	if err := os.Rename(part, path); err != nil {
		return aside, err
	}
	return aside, syncFolder(filepath.Dir(path))
}
