package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// meta is the one row about the database itself.
type meta struct {
	memory
	restored bool
}

// older tells whether the side file shows that the database is older than the world. A side file that
// is missing beside a database with operations cannot vouch for it.
func (m meta) older(known memory, ok bool) bool {
	if !ok {
		return m.operation > 0
	}
	return known.operation > m.operation || known.event > m.event
}

func readMeta(ctx context.Context, db *sql.DB) (meta, error) {
	var m meta
	err := db.QueryRowContext(ctx, `
		SELECT operation, restored,
			coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0), identity
		FROM meta WHERE id = 1`).
		Scan(&m.operation, &m.restored, &m.event, &m.identity)
	return m, translate(err)
}

// save writes the row and where the numbers of events go on.
func (m meta) save(ctx context.Context, db *sql.DB, now time.Time) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing where it was committed
	for _, step := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO meta (id, operation, restored, touched, identity) VALUES (1, $1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET operation = excluded.operation, restored = excluded.restored,
				touched = excluded.touched, identity = excluded.identity`,
			[]any{m.operation, number(m.restored), millis(now), m.identity}},
		{`DELETE FROM sqlite_sequence WHERE name = 'events'`, nil},
		{`INSERT INTO sqlite_sequence (name, seq) VALUES ('events', $1)`, []any{m.event}},
	} {
		if _, err := tx.ExecContext(ctx, step.text, step.args...); err != nil {
			return translate(err)
		}
	}
	return translate(tx.Commit())
}

// nextOperation numbers a tracker operation.
func nextOperation(ctx context.Context, tx querier) (int64, error) {
	var n int64
	err := tx.QueryRowContext(ctx, `UPDATE meta SET operation = operation + 1 WHERE id = 1 RETURNING operation`).Scan(&n)
	return n, err
}

// reached brings the side file to what a commit that is on disk has reached. That commit stands
// whatever happens here; the file catches up with the next one.
func (s *Store) reached(m mark) {
	if s.water == nil {
		return
	}
	if err := s.water.raise(m); err != nil {
		s.logger.Error("high-water file not written: a restored backup might go unnoticed", "error", err)
	}
}

// Restored tells whether the database is older than the trackers: what it says about issues may
// have been overtaken. It stays true, also across restarts, until [Store.ClearRestored].
func (s *Store) Restored() bool { return s.restored.Load() }

// MarkRestored says that what the database tells of issues may have been overtaken, whatever the side file
// says: the trackers have to be looked at before anything is done.
func (s *Store) MarkRestored(ctx context.Context) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE meta SET restored = 1 WHERE id = 1`)
		return err
	})
	if err != nil {
		return fmt.Errorf("marking the database as restored: %w", err)
	}
	s.restored.Store(true)
	return nil
}

// ClearRestored says that the recovery is done.
func (s *Store) ClearRestored(ctx context.Context) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE meta SET restored = 0 WHERE id = 1`)
		return err
	})
	if err != nil {
		return fmt.Errorf("clearing the mark of a restored database: %w", err)
	}
	s.restored.Store(false)
	return nil
}

// Ready writes and commits a row: nil says that an event could be accepted now.
func (s *Store) Ready(ctx context.Context) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE meta SET touched = $1 WHERE id = 1`, millis(s.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing to the store: %w", err)
	}
	return nil
}

// Setting gives a value kept under a name, "" where there is none.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	var value sql.NullString
	err := s.view(ctx, func(tx querier) error {
		return tx.QueryRowContext(ctx, `SELECT max(value) FROM settings WHERE name = $1`, key).Scan(&value)
	})
	if err != nil {
		return "", fmt.Errorf("reading setting %s: %w", key, err)
	}
	return value.String, nil
}

// SetSetting keeps a value under a name.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO settings (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, key, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping setting %s: %w", key, err)
	}
	return nil
}
