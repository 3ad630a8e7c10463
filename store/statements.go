package store

import (
	"context"
	"database/sql"
)

// querier is what operations run their statements on: a snapshot of the readers, or the writer's
// transaction.
type querier interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// statements is the writer's transaction. It parses each text once: the operations that share a
// commit run the same few statements, and parsing was a fifth of the writer's time.
type statements struct {
	tx     *sql.Tx
	parsed map[string]*sql.Stmt
}

func newStatements(tx *sql.Tx) *statements {
	return &statements{tx: tx, parsed: make(map[string]*sql.Stmt)}
}

// statement gives the parsed text. It is closed with the transaction.
func (s *statements) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.parsed[text]; ok {
		return stmt, nil
	}
	stmt, err := s.tx.PrepareContext(ctx, text)
	if err == nil {
		s.parsed[text] = stmt
	}
	return stmt, err
}

func (s *statements) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := s.statement(ctx, text) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (s *statements) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := s.statement(ctx, text) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *statements) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := s.statement(ctx, text) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return s.tx.QueryRowContext(ctx, text, args...) // fails in the same way, and tells so when scanned
	}
	return stmt.QueryRowContext(ctx, args...)
}
