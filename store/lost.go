package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
)

// LostError says that the files of a database do not belong together: some know of what was accepted,
// and the database does not. It is never begun anew for that without being asked.
type LostError struct {
	What   string   // is wrong with the database
	By     []string // files that remember what was accepted
	Events int64    // that were accepted, as far as is known; numbers may be left out
	Whole  bool     // the database itself is: only the log beside it is not its own
}

func (e *LostError) Error() string {
	text := e.What + ", but what was accepted is remembered by " + strings.Join(e.By, " and ")
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
		lost.By = append(lost.By, path+highWaterSuffix)
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		lost.By = append(lost.By, path+"-wal")
	}
	if len(lost.By) == 0 {
		return nil
	}
	return lost
}

// beside makes sure that a database is there, and the one that its side file remembers, and changes nothing.
func beside(ctx context.Context, path string) (known memory, ok bool, err error) {
	// The side file first: the daemon writes it after the database.
	if known, ok, err = readHighWater(path + highWaterSuffix); err != nil {
		return memory{}, false, err
	}
	if err := inspect(path, known); err != nil {
		return memory{}, false, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return memory{}, false, fmt.Errorf("%w: there is no database yet", ErrNotFound)
	}
	err = observe(path, false, func(db *sql.DB) error { return recognise(ctx, db, path, known) })
	return known, ok, err
}

// recognise makes sure, before anything is changed in it, that a database is the one that the side file
// remembers, and that the log beside it is its own. One that is only older is let through.
func recognise(ctx context.Context, db *sql.DB, path string, known memory) error {
	m, err := remembered(ctx, db)
	if err != nil {
		return err
	}
	if known.identity == "" || known.identity != m.identity {
		if err := ownLog(ctx, path, m); err != nil {
			return err
		}
	}
	lost := &LostError{By: []string{path + highWaterSuffix}, Events: known.event}
	switch {
	case known.mark != (mark{}) && m.mark == (mark{}):
		lost.What = "the database has nothing in it"
	case known.identity != "" && m.identity != "" && known.identity != m.identity:
		lost.What = "this database is another one"
	default:
		return nil
	}
	return lost
}

// ownLog makes sure that a database says the same of itself without the log beside it. One that was made
// just now says nothing yet.
func ownLog(ctx context.Context, path string, with memory) error {
	return observe(path, true, func(db *sql.DB) error {
		without, err := remembered(ctx, db)
		if err != nil || without.identity == "" || without.identity == with.identity {
			return nil //nolint:nilerr // the file is not whole without its log
		}
		return &LostError{
			What: "the -wal file beside the database is that of another one",
			By:   []string{path}, Events: without.event, Whole: true,
		}
	})
}

// remembered gives what a database of any version says of itself: nothing where it is empty.
func remembered(ctx context.Context, db querier) (m memory, err error) {
	var all, versions, tables, identities int
	err = db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM sqlite_schema),
		(SELECT count(*) FROM sqlite_schema WHERE name = $1),
		(SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'events')),
		(SELECT count(*) FROM pragma_table_info('meta') WHERE name = 'identity')`, goose.DefaultTablename).
		Scan(&all, &versions, &tables, &identities)
	switch {
	case err != nil:
		return memory{}, translate(err)
	case all > 0 && versions == 0: // the table that is made first
		return memory{}, fmt.Errorf("%w: it is that of another program", ErrNoDatabase)
	case tables < 2:
		return memory{}, nil
	}
	err = db.QueryRowContext(ctx, `SELECT
		coalesce((SELECT max(operation) FROM meta), 0),
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)`).Scan(&m.operation, &m.event)
	if err == nil && identities > 0 {
		err = db.QueryRowContext(ctx, `SELECT coalesce(max(identity), '') FROM meta`).Scan(&m.identity)
	}
	return m, translate(err)
}
