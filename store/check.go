package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
)

// How long the check of a database at its opening may take. SQLite reads about 100 MB, which are 30,000
// events, in a second.
const (
	checkLimit = 2 * time.Second
	endless    = 24 * time.Hour // for who would rather know than start
)

// examine refuses a database that is damaged or not the one that is known, before anything is changed in
// it.
func examine(ctx context.Context, path string, known memory, limit time.Duration, logger *slog.Logger) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return err // new
	}
	err := observe(path, false, func(db *sql.DB) error {
		strange := recognise(ctx, db, path, known)
		if _, ok := errors.AsType[*LostError](strange); ok {
			return strange // the log of another database would also look like damage
		}
		return cmp.Or(check(ctx, db, path, limit, logger), strange)
	})
	if failure, ok := errors.AsType[*sqlite.Error](err); !ok || failure.Code() != codeHotJournal {
		return err
	}
	if err := undo(ctx, path); err != nil {
		return err
	}
	return examine(ctx, path, known, limit, logger)
}

// undo lets SQLite take back a transaction that was cut off before the database had its log, at its
// making: who only reads may not.
func undo(ctx context.Context, path string) (err error) {
	q := url.Values{"mode": {"rw"}, "_busy_timeout": {busyTimeout}}
	db, err := sql.Open(driverName, fileURI(path, q))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&n); err != nil {
		return fmt.Errorf("taking back a transaction that was cut off: %w", translate(err))
	}
	return nil
}

// observe lends a connection that only reads: another one would bring the log into the file when it is
// closed. It may see the file alone, as it is without its log.
func observe(path string, alone bool, look func(*sql.DB) error) (err error) {
	q := url.Values{"mode": {"ro"}, "_busy_timeout": {busyTimeout}, "_query_only": {"on"}, "_error_rc": {"true"}}
	if alone {
		q.Set("immutable", "1")
	}
	db, err := sql.Open(driverName, fileURI(path, q))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return look(db)
}

// check refuses a damaged database. What it cannot see is damage inside a value, for which the body of
// an event has its digest.
func check(ctx context.Context, db *sql.DB, path string, limit time.Duration, logger *slog.Logger) error {
	if err := checkSize(ctx, db, path); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := integrity(limited, db)
	if err != nil && !errors.Is(err, ErrDamaged) && limited.Err() != nil && ctx.Err() == nil {
		logger.Warn("the database was not checked whole at the start, for it is large or the disk is slow: what was looked at is well", "limit", limit.String())
		return nil
	}
	return err
}

// integrity looks at every page, until its context ends.
func integrity(ctx context.Context, db *sql.DB) error {
	var verdict string
	err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict)
	switch {
	case err != nil:
		return fmt.Errorf("checking the database: %w", translate(err))
	case verdict != "ok":
		return fmt.Errorf("checking the database: %w: SQLite says %q", ErrDamaged, verdict)
	}
	return nil
}

// checkSize refuses a file that was cut off, however large it is. SQLite does so by itself, but not
// where there is a log, which may hold the pages that the file has not.
func checkSize(ctx context.Context, db *sql.DB, path string) error {
	var want, have int64
	err := db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&want)
	if err != nil {
		return fmt.Errorf("asking for the size of the database: %w", translate(err))
	}
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			have += info.Size()
		}
	}
	if have < want {
		return fmt.Errorf("%w: it was cut off: %d bytes are there of %d", ErrDamaged, have, want)
	}
	return nil
}
