package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ticketd/internal/proof"
)

// Limits of the writer: 256 operations a commit is where throughput stops growing
// (facts/store.md 2); the queue bounds memory, and what does not fit is refused at once.
const (
	maxBatch = 256
	maxQueue = 1024
)

// writer owns the one writing connection. What waits is done in one transaction, each operation in
// a savepoint of its own, and all are answered after the one commit.
type writer struct {
	db      *sql.DB
	conn    *connection // of the writer's goroutine; nil until there is anything to write
	logger  *slog.Logger
	reached func(mark) // is told, after a commit, the highest numbers in it
	trouble *trouble

	committed func(operations int, took time.Duration, err error) // see Options; may be nil

	mu     sync.RWMutex // guards closed, and queue against being closed while sent to
	closed bool
	queue  chan *job
	ended  chan struct{}
}

// action is one operation. It gives the numbers that it used, 0 for none.
// Its context never ends: SQLite answers an interrupted statement by rolling back the whole
// transaction, and with it the operations of others.
type action func(ctx context.Context, tx querier) (mark, error)

type job struct {
	do      func(tx querier) (mark, error)
	ended   func() error // tells why its owner does not want it any more
	taken   atomic.Bool  // by the writer, or by its owner who gave up waiting
	reached mark
	err     error
	done    chan struct{}
}

// startWriter starts a writer that knows its database and whom to tell.
func startWriter(w *writer) *writer {
	w.queue, w.ended = make(chan *job, maxQueue), make(chan struct{})
	go w.run()
	return w
}

// write runs an operation and returns after its commit. A context that ends while the operation
// waits takes it out of the queue: an error of the context means that nothing was written.
func (w *writer) write(ctx context.Context, do action) error {
	endless := context.WithoutCancel(ctx)
	j := &job{
		do:    func(tx querier) (mark, error) { return do(endless, tx) },
		ended: ctx.Err,
		done:  make(chan struct{}),
	}
	if err := w.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
	}
	if j.taken.CompareAndSwap(false, true) {
		return ctx.Err()
	}
	<-j.done // under way: its outcome is known in a moment
	return j.err
}

func (w *writer) enqueue(j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.queue <- j:
		return nil
	default:
		return fmt.Errorf("%w: %d operations are waiting", ErrBusy, maxQueue)
	}
}

// close finishes what is queued and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	for first := range w.queue {
		w.commit(w.gather(first))
	}
	if w.conn != nil {
		_ = w.conn.close() // all that was written is committed
	}
}

// gather takes what waits, without waiting for more.
func (w *writer) gather(first *job) []*job {
	batch := make([]*job, 0, maxBatch)
	for j, more := first, true; more; {
		if j.taken.CompareAndSwap(false, true) {
			batch = append(batch, j)
		}
		if len(batch) == maxBatch {
			break
		}
		select {
		case j, more = <-w.queue:
		default:
			more = false
		}
	}
	return batch
}

// commit runs a batch in one transaction and answers its operations.
func (w *writer) commit(batch []*job) {
	if len(batch) == 0 {
		return
	}
	began := time.Now()
	err := translate(w.transact(context.Background(), batch))
	w.trouble.note(err)
	if w.committed != nil {
		w.committed(len(batch), time.Since(began), err)
	}
	var reached mark
	for _, j := range batch {
		switch {
		case err != nil && j.err == nil:
			j.err = fmt.Errorf("committing: %w", err)
		case err == nil && j.err == nil:
			reached = reached.max(j.reached)
		}
	}
	if err != nil {
		w.logger.Error("store did not commit", "operations", len(batch), "error", err)
	} else {
		w.logger.Debug("store committed", "operations", len(batch))
	}
	proof.At(context.Background(), proof.Committed)
	if reached != (mark{}) {
		w.reached(reached)
		proof.At(context.Background(), proof.Marked)
	}
	for _, j := range batch {
		w.trouble.note(j.err)
		close(j.done)
	}
}

func (w *writer) transact(ctx context.Context, batch []*job) (err error) {
	if err := w.trouble.get(); err != nil {
		return err
	}
	if w.conn == nil {
		if w.conn, err = dial(ctx, w.db); err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
	}
	if _, err := w.conn.ExecContext(ctx, beginWriting); err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	if len(batch) == 1 {
		return w.alone(ctx, batch[0])
	}
	for _, j := range batch {
		if j.err = j.ended(); j.err != nil {
			continue
		}
		if err := perform(ctx, w.conn, j); err != nil {
			_ = w.conn.end(rollback) // the error that led here says more
			return err
		}
	}
	proof.At(ctx, proof.Committing)
	return w.conn.end(commit)
}

// alone runs the one operation of a transaction, which needs no savepoint, and ends it.
func (w *writer) alone(ctx context.Context, j *job) error {
	if j.err = j.ended(); j.err == nil {
		j.reached, j.err = j.do(w.conn)
	}
	if j.err == nil {
		proof.At(ctx, proof.Committing)
		return w.conn.end(commit)
	}
	cause := j.err
	j.err = translate(cause)
	if undo := w.conn.end(rollback); undo != nil {
		return fmt.Errorf("undoing an operation that failed with %w: %w", cause, undo)
	}
	return nil
}

// perform runs one operation in a savepoint and keeps its error in the job. The error it returns is
// one of the transaction itself: a full disk makes SQLite roll back all of it, after which further
// statements would commit one by one.
func perform(ctx context.Context, tx querier, j *job) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT operation"); err != nil {
		return fmt.Errorf("setting a savepoint: %w", err)
	}
	var err error
	if j.reached, err = j.do(tx); err != nil {
		j.err = translate(err)
		if _, undo := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT operation"); undo != nil {
			return fmt.Errorf("undoing an operation that failed with %w: %w", err, undo)
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT operation"); err != nil {
		return fmt.Errorf("releasing a savepoint: %w", err)
	}
	return nil
}
