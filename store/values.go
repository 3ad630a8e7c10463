package store

import (
	"context"
	"database/sql"
	"time"
)

// millis turns a time into what a column holds: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment turns a column back into a time.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// optional turns a time into a column that is NULL for the zero time.
func optional(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: millis(t), Valid: !t.IsZero()}
}

// number turns a truth value into a column; SQLite and PostgreSQL differ on BOOLEAN.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// atMost gives the limit of a list, where 0 means 100.
func atMost(limit int) int {
	if limit <= 0 {
		return 100
	}
	return limit
}

// do runs an operation through the writer.
func (s *Store) do(ctx context.Context, fn func(ctx context.Context, tx querier) error) error {
	return s.writer.write(ctx, func(ctx context.Context, tx querier) (mark, error) {
		return mark{}, fn(ctx, tx)
	})
}

// view runs reads in one snapshot.
func (s *Store) view(ctx context.Context, fn func(tx querier) error) error {
	c, err := s.readers.lend(ctx)
	if err != nil {
		return s.noted(err)
	}
	broken := true
	defer func() { s.readers.takeBack(c, broken) }()
	// It waits for nothing. The end of its context could hide that it has begun.
	if _, err = c.ExecContext(context.WithoutCancel(ctx), beginReading); err != nil {
		return s.noted(err)
	}
	defer func() { broken = c.end(rollback) != nil }() // nothing was written
	return s.noted(fn(c))
}

// look runs a single read, which sees one state of the database without a snapshot around it.
func (s *Store) look(ctx context.Context, fn func(tx querier) error) error {
	c, err := s.readers.lend(ctx)
	if err != nil {
		return s.noted(err)
	}
	defer s.readers.takeBack(c, false)
	return s.noted(fn(c))
}

// noted translates the error of a read, which may be the first to meet damage.
func (s *Store) noted(err error) error {
	err = translate(err)
	s.trouble.note(err)
	return err
}

// row is what a scan function reads from: *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

// query gives all rows of a query.
func query[T any](ctx context.Context, tx querier, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// change runs a statement and gives the number of rows it changed.
func change(ctx context.Context, tx querier, text string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
