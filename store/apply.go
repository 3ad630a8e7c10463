package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// Tx is the transaction of one [Store.Apply]. It must not be kept or used by another goroutine.
type Tx struct {
	store  *Store
	tx     querier
	failed error
}

// Apply runs fn in one transaction: all that it wrote is kept, or nothing when it gives an error.
// fn must not call methods of the Store; those that write would wait for it forever.
func (s *Store) Apply(ctx context.Context, fn func(*Tx) error) error {
	return s.do(ctx, func(_ context.Context, tx querier) error {
		t := &Tx{store: s, tx: tx}
		if err := fn(t); err != nil {
			return err
		}
		return t.failed
	})
}

// run does one step of the transaction. After a failure that may have undone the transaction,
// nothing more is done in it, even if fn overlooks the error.
func (t *Tx) run(ctx context.Context, what string, step func(ctx context.Context) error) error {
	if t.failed != nil {
		return t.failed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := translate(step(context.WithoutCancel(ctx))) // see action
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", what, err)
	if !errors.Is(err, ErrNotFound) {
		t.failed = err
	}
	return err
}

// Finding gives a finding, or [ErrNotFound].
func (t *Tx) Finding(ctx context.Context, key finding.Key) (f Finding, err error) {
	err = t.run(ctx, "reading finding "+key.String(), func(ctx context.Context) error {
		f, err = readFinding(ctx, t.tx, key)
		return err
	})
	return f, err
}

// SaveFinding writes a finding, new or known. A zero Updated counts as now.
func (t *Tx) SaveFinding(ctx context.Context, f Finding) error {
	return t.run(ctx, "saving finding "+f.Key.String(), func(ctx context.Context) error {
		return t.store.saveFinding(ctx, t.tx, f)
	})
}

// FindingsOf gives the finding itself, or all members of a parent, oldest first.
func (t *Tx) FindingsOf(ctx context.Context, subject finding.Key) (all []Finding, err error) {
	err = t.run(ctx, "reading the findings of "+subject.String(), func(ctx context.Context) error {
		all, err = findingsAbout(ctx, t.tx, subject)
		return err
	})
	return all, err
}

// Note gives a note, or [ErrNotFound].
func (t *Tx) Note(ctx context.Context, subject finding.Key, id string) (n finding.Note, err error) {
	err = t.run(ctx, "reading a note on "+subject.String(), func(ctx context.Context) error {
		n, err = readNote(ctx, t.tx, subject, id)
		return err
	})
	return n, err
}

// SaveNote writes a note, new or known.
func (t *Tx) SaveNote(ctx context.Context, n finding.Note) error {
	return t.run(ctx, "saving a note on "+n.Subject.String(), func(ctx context.Context) error {
		return saveNote(ctx, t.tx, n)
	})
}

// SetEvent writes what became of an event: State, Type, Key and Reason. erase empties its body for
// good; the digest stays, so that a repetition is still known.
func (t *Tx) SetEvent(ctx context.Context, e Event, erase bool) error {
	return t.run(ctx, fmt.Sprintf("marking event %d", e.Seq), func(ctx context.Context) error {
		return setEvent(ctx, t.tx, e, erase)
	})
}

// Ticket gives a ticket, or [ErrNotFound].
func (t *Tx) Ticket(ctx context.Context, id int64) (found Ticket, err error) {
	err = t.run(ctx, fmt.Sprintf("reading ticket %d", id), func(ctx context.Context) error {
		found, err = readTicket(ctx, t.tx, id)
		return err
	})
	return found, err
}

// LatestTicket gives the newest generation of a group, or [ErrNotFound].
func (t *Tx) LatestTicket(ctx context.Context, group string) (found Ticket, err error) {
	err = t.run(ctx, "reading the ticket of "+group, func(ctx context.Context) error {
		found, err = latestTicket(ctx, t.tx, group)
		return err
	})
	return found, err
}

// InsertTicket adds a ticket and gives its id. Due is kept as given; a Generation of 0 counts as 1,
// a zero Created as now.
func (t *Tx) InsertTicket(ctx context.Context, row Ticket) (id int64, err error) {
	err = t.run(ctx, "adding a ticket for "+row.Group, func(ctx context.Context) error {
		id, err = t.store.insertTicket(ctx, t.tx, row)
		return err
	})
	return id, err
}

// Redirect sends a ticket that nothing was ever sent for elsewhere. It does nothing once a create
// may have gone out, and to a ticket that a person ignores.
func (t *Tx) Redirect(ctx context.Context, id int64, to ticket.Destination, rule, marker string) error {
	return t.run(ctx, fmt.Sprintf("redirecting ticket %d", id), func(ctx context.Context) error {
		return redirect(ctx, t.tx, t.store.now(), Ticket{ID: id, Destination: to, Rule: rule, Marker: marker})
	})
}

// Leave says that a finding went from a ticket that nothing was ever sent for, to another or to none.
// Where it was the last, the ticket rests and leaves its line. A step under way is stopped before it
// sends anything.
func (t *Tx) Leave(ctx context.Context, id int64, now time.Time) error {
	return t.run(ctx, fmt.Sprintf("leaving ticket %d", id), func(ctx context.Context) error {
		return leave(ctx, t.tx, id, now)
	})
}

// Wake says that something behind a ticket changed: it wants attention at once, or after the step
// that is under way. An ignored ticket stays at rest.
func (t *Tx) Wake(ctx context.Context, ticketID int64, now time.Time) error {
	return t.run(ctx, fmt.Sprintf("waking ticket %d", ticketID), func(ctx context.Context) error {
		return wake(ctx, t.tx, ticketID, now)
	})
}
