package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"ticketd/internal/proof"
)

const (
	driverName  = "sqlite"
	busyTimeout = "5000" // milliseconds that a lock of another process is waited for
	maxReaders  = 4
	mostLog     = "67108864" // bytes that the log keeps once it was brought into the file; a backup has it grow
)

// minVersion is the first SQLite without the WAL-reset bug (sqlite.org/wal.html#walresetbug).
func minVersion() [3]int { return [3]int{3, 51, 3} }

// dsn gives the data source name. All options live in it, so that a connection which database/sql
// opens later has them too. The journal mode has a key of its own because values of _pragma run in
// alphabetical order, and a page size set after journal_mode(WAL) silently does nothing.
func dsn(path, synchronous string, reader bool) string {
	q := url.Values{
		"mode":          {"rw"}, // never creates: the file is made private beforehand
		"_busy_timeout": {busyTimeout},
		"_foreign_keys": {"on"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {synchronous},
		"_pragma":       {"journal_size_limit(" + mostLog + ")", "page_size(8192)", "secure_delete(on)"},
		"_txlock":       {"immediate"},
		"_dqs":          {"false"},
		"_defensive":    {"true"},
		"_error_rc":     {"true"},
	}
	if reader {
		q.Set("_query_only", "on")
		q.Set("_txlock", "deferred")
	}
	return fileURI(path, q)
}

// fileURI names a database file with options, for the driver.
func fileURI(path string, options url.Values) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String()
}

// connect opens the writing connection and the pool of readers, and makes sure that they are what
// was asked for.
func connect(ctx context.Context, path string) (write, read *sql.DB, err error) {
	synchronous := "2" // FULL: a 2xx is sent after the commit, which must survive a power loss
	if proof.Without(ctx, proof.FullSync) {
		synchronous = "1"
	}
	if write, err = sql.Open(driverName, dsn(path, synchronous, false)); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err := verify(ctx, write, synchronous); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	if read, err = sql.Open(driverName, dsn(path, synchronous, true)); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(maxReaders)
	read.SetMaxIdleConns(maxReaders)
	return write, read, nil
}

// verify reads the settings back: one that did not take hold must not be found out at a power loss.
func verify(ctx context.Context, db *sql.DB, synchronous string) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("asking SQLite for its version: %w", translate(err))
	}
	if !recent(version) {
		return fmt.Errorf("SQLite %s can lose a write-ahead log: 3.51.3 or later is needed", version)
	}
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"},
		{"synchronous", synchronous},
		{"foreign_keys", "1"},
		{"secure_delete", "1"},
		{"busy_timeout", busyTimeout},
		{"journal_size_limit", mostLog},
	} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return fmt.Errorf("reading PRAGMA %s: %w", want.pragma, translate(err))
		}
		if got != want.value {
			return fmt.Errorf("PRAGMA %s is %s instead of %s", want.pragma, got, want.value)
		}
	}
	return nil
}

// recent tells whether a version like "3.54.1" is at least minVersion.
func recent(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	for i, least := range minVersion() {
		if i >= len(parts) {
			return false
		}
		n, err := strconv.Atoi(parts[i])
		switch {
		case err != nil || n < least:
			return false
		case n > least:
			return true
		}
	}
	return true
}
