package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// LostError says that the files beside a database know of what was accepted, and the database does
// not. It is never begun anew for that: who means it moves those files away.
type LostError struct {
	What   string   // is wrong with the database
	Files  []string // that remember
	Events int64    // that were accepted, as far as is known; numbers may be left out
}

func (e *LostError) Error() string {
	text := e.What + ", but what was accepted into it is remembered by " + strings.Join(e.Files, " and ")
	if e.Events > 0 {
		text += fmt.Sprintf(": events up to number %d", e.Events)
	}
	return text
}

// inspect looks at the files before SQLite does, which takes an empty file for a new database and
// deletes the log beside it.
func inspect(path string, known memory) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%w: %s is a folder", ErrNoDatabase, path)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a regular file", ErrNoDatabase, path)
	case err == nil && info.Size() > 0:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	lost := &LostError{What: "the database is missing", Events: known.event}
	if err == nil {
		lost.What = "the database is an empty file"
	}
	if known.mark != (mark{}) {
		lost.Files = append(lost.Files, path+highWaterSuffix)
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		lost.Files = append(lost.Files, path+"-wal")
	}
	if len(lost.Files) > 0 {
		return lost
	}
	return nil
}

// recognise makes sure, before anything is changed in it, that a database is the one that the side file
// remembers. One that is only older is let through.
func recognise(ctx context.Context, db *sql.DB, path string, known memory) error {
	m, err := remembered(ctx, db)
	if err != nil {
		return translate(err)
	}
	lost := &LostError{Files: []string{path + highWaterSuffix}, Events: known.event}
	switch {
	case known.mark != (mark{}) && m.mark == (mark{}):
		lost.What = "the database has nothing in it"
	case known.identity != "" && m.identity != "" && known.identity != m.identity:
		lost.What = "this database, or the -wal file beside it, is another one"
	default:
		return nil
	}
	return lost
}

// remembered gives what a database of any version says of itself: nothing where it is empty.
func remembered(ctx context.Context, db *sql.DB) (m memory, err error) {
	var tables, identities int
	err = db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'events')),
		(SELECT count(*) FROM pragma_table_info('meta') WHERE name = 'identity')`).Scan(&tables, &identities)
	if err != nil || tables < 2 {
		return memory{}, err
	}
	err = db.QueryRowContext(ctx, `SELECT
		coalesce((SELECT max(operation) FROM meta), 0),
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)`).Scan(&m.operation, &m.event)
	if err == nil && identities > 0 {
		err = db.QueryRowContext(ctx, `SELECT coalesce(max(identity), '') FROM meta`).Scan(&m.identity)
	}
	return m, err
}
