package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// Copy tells of a copy of a database that was checked: it is whole, ticketd's, and of a schema that this
// program knows.
type Copy struct {
	Size          int64     // bytes
	Schema        int64     // version
	Identity      string    // of the database that it is a copy of; "" where it is from before one was kept
	LastEvent     int64     // number of the last event that was ever accepted; numbers may be left out
	LastOperation int64     // number of the last recorded tracker operation
	Newest        time.Time // when the newest event in it was received; zero where it has none
	Events        int
	Findings      int
	Tickets       int
}

// Copying takes turns with resting, and each turn is brought to the disk: what is written in bulk would
// otherwise be in the way of the commits that senders wait for, all at once.
const (
	copyPages = 128 // 1 MiB
	copyRest  = 100 * time.Millisecond
)

// duplicate copies the database as it is at one moment into an empty file, beside whoever writes to it,
// and tells what it saw. The source may be read alone, without its log: see [observe].
func duplicate(ctx context.Context, from string, alone bool, to *os.File) (c Copy, err error) {
	err = observe(from, alone, func(db *sql.DB) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it only read
		// The transaction keeps the moment: without it a write of another would begin the copy anew.
		if _, err := conn.ExecContext(ctx, beginReading); err != nil {
			return err
		}
		if c, err = survey(ctx, conn); err != nil {
			return err
		}
		return copyInto(ctx, conn, to)
	})
	return c, translate(err)
}

func copyInto(ctx context.Context, from *sql.Conn, to *os.File) error {
	return from.Raw(func(driverConn any) (err error) {
		source, ok := driverConn.(interface {
			NewBackup(target string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("%T cannot copy a database", driverConn)
		}
		b, err := source.NewBackup(fileURI(to.Name(), url.Values{ // a copy that is cut off is thrown away
			"mode": {"rw"}, "_journal_mode": {"OFF"}, "_synchronous": {"0"}, "_error_rc": {"true"},
		}))
		if err != nil {
			return err
		}
		defer func() {
			if err = errors.Join(err, b.Finish()); err == nil {
				err = to.Sync()
			}
		}()
		return copySteps(ctx, b, to)
	})
}

func copySteps(ctx context.Context, b *sqlite.Backup, to *os.File) error {
	for {
		began := time.Now()
		more, err := b.Step(copyPages)
		if err != nil || !more {
			return err
		}
		if err := to.Sync(); err != nil {
			return err
		}
		rest := time.NewTimer(min(time.Since(began), copyRest))
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return ctx.Err()
		}
	}
}

// survey tells what is in a database of any version of the schema.
func survey(ctx context.Context, db querier) (c Copy, err error) {
	m, err := remembered(ctx, db)
	if err != nil {
		return Copy{}, err
	}
	c.Identity, c.LastEvent, c.LastOperation = m.identity, m.event, m.operation
	var tables int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema
		WHERE type = 'table' AND name IN ('meta', 'events', 'findings', 'tickets')`).Scan(&tables)
	if err == nil && tables < 4 {
		return Copy{}, fmt.Errorf("%w: there is nothing in it", ErrNoDatabase)
	}
	var newest int64
	if err == nil {
		err = db.QueryRowContext(ctx, `SELECT
			(SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename+`),
			(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),
			(SELECT count(*) FROM events), (SELECT count(*) FROM findings), (SELECT count(*) FROM tickets),
			coalesce((SELECT received FROM events ORDER BY seq DESC LIMIT 1), 0)`).
			Scan(&c.Schema, &c.Size, &c.Events, &c.Findings, &c.Tickets, &newest)
	}
	c.Newest = moment(newest)
	return c, translate(err)
}

// attest looks at every page of a file that nobody writes to, with the log that may lie beside it, and
// tells what is in it. One that is damaged, of another program or of a newer ticketd is refused.
func attest(ctx context.Context, path string) (c Copy, err error) {
	if info, err := os.Stat(path); err != nil {
		return Copy{}, err
	} else if !info.Mode().IsRegular() {
		return Copy{}, fmt.Errorf("%w: it is not a regular file", ErrNoDatabase)
	}
	err = observe(path, !hasLog(path), func(db *sql.DB) error {
		if err := checkSize(ctx, db, path); err != nil {
			return err
		}
		if err := integrity(ctx, db); err != nil {
			return err
		}
		if c, err = survey(ctx, db); err != nil {
			return err
		}
		target, err := newestSchema(db)
		switch {
		case err != nil:
			return err
		case c.Schema > target:
			return newer(c.Schema, target)
		case c.Schema < target:
			return nil // it is migrated when it is opened
		}
		return checkSchema(ctx, db)
	})
	return c, translate(err)
}

// hasLog tells whether there is a log beside a database with something in it.
func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}
