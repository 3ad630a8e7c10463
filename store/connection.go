package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// querier is what operations run their statements on: a snapshot of the readers, or the writer's
// transaction.
type querier interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// What begins and ends a transaction. One that writes takes its lock at once, when nothing can be lost yet.
const (
	beginReading = "BEGIN"
	beginWriting = "BEGIN IMMEDIATE"
	commit       = "COMMIT"
	rollback     = "ROLLBACK"
)

// connection is one connection to the database with the statements that ran on it. All texts are
// constants of this package, and each is parsed once: parsing was two fifths of the time of a delivery.
type connection struct {
	conn   *sql.Conn
	parsed map[string]*sql.Stmt
}

func dial(ctx context.Context, db *sql.DB) (*connection, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn, parsed: make(map[string]*sql.Stmt)}, nil
}

// end ends the transaction that is open, by COMMIT or ROLLBACK, whether or not a context has ended. A
// commit that fails leaves none open.
func (c *connection) end(how string) error {
	_, err := c.ExecContext(context.Background(), how)
	if err != nil && how != rollback {
		_, _ = c.ExecContext(context.Background(), rollback) // fails where SQLite has done it already
	}
	return err
}

func (c *connection) close() error { return errors.Join(c.forget(), c.conn.Close()) }

// discard closes the connection so that nobody gets it again: a transaction may be open on it.
func (c *connection) discard() {
	_ = c.forget()                                               // it is of no use in any case
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // gives that error
}

func (c *connection) forget() error {
	errs := make([]error, 0, len(c.parsed))
	for _, stmt := range c.parsed {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}

// statement gives the parsed text. It is closed with the connection.
func (c *connection) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := c.parsed[text]; ok {
		return stmt, nil
	}
	stmt, err := c.conn.PrepareContext(ctx, text)
	if err == nil {
		c.parsed[text] = stmt
	}
	return stmt, err
}

func (c *connection) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := c.statement(ctx, text) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (c *connection) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := c.statement(ctx, text) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (c *connection) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := c.statement(ctx, text) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return c.conn.QueryRowContext(ctx, text, args...) // fails in the same way, and tells so when scanned
	}
	return stmt.QueryRowContext(ctx, args...)
}

// readers lends connections for reading, at most maxReaders at once. Each is opened when none is idle.
type readers struct {
	db      *sql.DB
	idle    chan *connection
	opened  chan struct{} // holds one for each that is open
	closing chan struct{}
	close   func() error
}

func newReaders(db *sql.DB) *readers {
	r := &readers{
		db: db, idle: make(chan *connection, maxReaders), opened: make(chan struct{}, maxReaders),
		closing: make(chan struct{}),
	}
	r.close = sync.OnceValue(r.closeAll)
	return r
}

// lend gives a connection that is the caller's until it is taken back.
func (r *readers) lend(ctx context.Context) (*connection, error) {
	select {
	case <-r.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case c := <-r.idle:
		return c, nil
	default:
	}
	select {
	case c := <-r.idle:
		return c, nil
	case r.opened <- struct{}{}:
	case <-r.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := dial(ctx, r.db)
	if err != nil {
		<-r.opened
	}
	return c, err
}

// takeBack makes a connection idle. A broken one is not lent again.
func (r *readers) takeBack(c *connection, broken bool) {
	if !broken {
		r.idle <- c
		return
	}
	c.discard()
	<-r.opened
}

// closeAll waits for those that are lent.
func (r *readers) closeAll() error {
	close(r.closing)
	var errs []error
	for range maxReaders {
		select {
		case c := <-r.idle:
			errs = append(errs, c.close())
		case r.opened <- struct{}{}: // and never opened again
		}
	}
	return errors.Join(errs...)
}
