// Package apply folds new events into findings and notes, asks the mapping where each finding goes,
// and marks its ticket as wanting attention, all in one transaction with the event's own state.
package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
	"ticketd/internal/proof"
	"ticketd/internal/pulse"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

// batch bounds the events of one transaction. The webhook's commits wait for it, so it is short.
const batch = 64

// Options of an Applier. All but Idle, Count and Pulse are required.
type Options struct {
	Store   *store.Store
	Table   *datatheorem.Table
	Mapping *mapping.Mapping
	Logger  *slog.Logger
	Now     func() time.Time
	Applied func() // called after a commit that may have given a tracker work

	Idle time.Duration // longest sleep, which is what a wake that got lost costs; 0: 1 min

	// Count is told what became of every event, once that is committed; must not block; may be nil.
	Count func(Kind, Outcome)

	// Pulse is where Run promises when it will be back; may be nil.
	Pulse *pulse.Stage
}

// Applier is the middle stage. It is used by one goroutine.
type Applier struct {
	o       Options
	promise *pulse.Promise // of Run
}

// storeLimit is within which time the store has read what is new, or taken a transaction.
const storeLimit = 2 * time.Minute

// New makes an Applier.
func New(o Options) *Applier {
	o.Idle = cmp.Or(o.Idle, time.Minute)
	if o.Count == nil {
		o.Count = func(Kind, Outcome) {}
	}
	return &Applier{o: o}
}

// Run applies what waits, then sleeps until woken; retry is the wait after trouble with the store.
func (a *Applier) Run(ctx context.Context, woken wake.Signal, retry time.Duration) error {
	a.promise = a.o.Pulse.Begin()
	defer a.promise.End()
	for ctx.Err() == nil {
		a.promise.Within(proof.Patience(storeLimit))
		n, err := a.Step(context.WithoutCancel(ctx))
		wait := a.o.Idle
		if err != nil {
			a.o.Logger.Error("applying events", "error", err)
			wait = retry
		}
		if n == 0 { // one that cannot be applied does not make the others wait
			a.promise.Within(wait)
			woken.Sleep(ctx, wait)
		}
	}
	return nil
}

// Step applies up to a batch of new events in the order of their arrival and gives their number.
// An event that cannot be applied is left for later and holds up no other.
func (a *Applier) Step(ctx context.Context) (int, error) {
	events, err := a.o.Store.PendingEvents(ctx, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	work := make([]pending, len(events)) // decoded before the transaction, which others wait for
	for i, e := range events {
		work[i] = pending{e, a.o.Table.Decode(e.Body, e.Received)}
	}
	if err = a.apply(ctx, work); err == nil {
		return len(work), nil
	}
	applied := 0
	for _, one := range work {
		if len(work) > 1 && a.apply(ctx, []pending{one}) == nil {
			applied++
		}
	}
	if applied == len(work) {
		err = nil
	}
	return applied, err
}

// damaged says what a person can do about a body that the disk changed.
const damaged = "damaged on the disk, and not applied: if the portal sends it again it is put right"

// pending is an event that waits, with what it means.
type pending struct {
	store.Event

	decoded datatheorem.Decoded
}

// apply applies events in one transaction, all or none.
func (a *Applier) apply(ctx context.Context, work []pending) error {
	a.promise.Within(proof.Patience(storeLimit))
	var told []func()
	err := a.o.Store.Apply(ctx, func(tx *store.Tx) error {
		told = told[:0] // a transaction may run again
		for _, one := range work {
			say, err := a.event(ctx, tx, one.Event, one.decoded)
			if err != nil {
				return fmt.Errorf("applying event %d: %w", one.Seq, err)
			}
			told = append(told, say)
		}
		proof.At(ctx, proof.EventsDecided)
		return nil
	})
	if err != nil {
		return err
	}
	proof.At(ctx, proof.EventsApplied)
	for _, say := range told {
		say()
	}
	a.o.Applied()
	return nil
}

// event applies one event and gives what to log once it is committed.
func (a *Applier) event(ctx context.Context, tx *store.Tx, e store.Event, d datatheorem.Decoded) (func(), error) {
	e.Type, e.Reason = d.Type, d.Reason
	log := a.o.Logger.With("event", e.Seq, "type", d.Type)
	if e.Damaged {
		e.State, e.Type, e.Reason = store.EventUnparsed, "", damaged
		return a.counting(KindOther, Damaged, func() { log.Error("event damaged", "reason", damaged) }), tx.SetEvent(ctx, e, false)
	}
	switch d.Verdict {
	case datatheorem.VerdictProbe:
		e.State = store.EventProbe
		return a.counting(KindOther, Probe, func() { log.Info("event probe") }), tx.SetEvent(ctx, e, false)
	case datatheorem.VerdictPersonal:
		e.State = store.EventPersonal
		return a.counting(KindOther, Personal, func() { log.Info("event personal") }), tx.SetEvent(ctx, e, true)
	case datatheorem.VerdictUnhandled:
		e.State = store.EventUnhandled
		say := func() { log.Warn("event unhandled", "reason", e.Reason) }
		return a.counting(KindOther, unhandled(d), say), tx.SetEvent(ctx, e, false)
	case datatheorem.VerdictUnparsed:
		e.State = store.EventUnparsed
		return a.counting(KindOther, Unparsed, func() { log.Warn("event unparsed", "reason", e.Reason) }), tx.SetEvent(ctx, e, false)
	case datatheorem.VerdictEvent:
	}
	e.State, e.Key = store.EventApplied, d.Event.Key
	if proof.Without(ctx, proof.TimeGuard) {
		d.Event.Time = e.Received.Unix()
	}
	if err := tx.SetEvent(ctx, e, false); err != nil {
		return nil, err
	}
	log = log.With("finding", d.Event.Key.String())
	if d.Event.Class == finding.Status {
		return a.status(ctx, tx, d.Event, e.Seq, log)
	}
	return a.note(ctx, tx, d.Event, e.Seq, log)
}

func (a *Applier) status(ctx context.Context, tx *store.Tx, e finding.Event, seq int64, log *slog.Logger) (func(), error) {
	old, err := tx.Finding(ctx, e.Key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	row := old
	row.Finding = finding.Fold(old.Finding, e)
	if reflect.DeepEqual(row.Finding, old.Finding) {
		return a.counting(kindOf(e), Unchanged, func() { log.Info("event applied", "change", "none") }), nil
	}
	row.Updated, row.Event = a.o.Now(), seq
	unrouted, err := a.place(ctx, tx, &row)
	if err != nil {
		return nil, err
	}
	if row.TicketID != 0 {
		if err := tx.Wake(ctx, row.TicketID, row.Updated); err != nil {
			return nil, err
		}
	}
	log = log.With("disposition", row.Disposition, "ticket", row.TicketID)
	if unrouted != nil && (row.TicketID == 0 || !errors.Is(unrouted, mapping.ErrUnrouted)) {
		say := func() { log.Warn("event applied, but the finding is not routed", "reason", unrouted) }
		return a.counting(kindOf(e), Unrouted, say), nil
	}
	return a.counting(kindOf(e), Applied, func() { log.Info("event applied", "rule", row.Rule) }), nil
}

func (a *Applier) note(ctx context.Context, tx *store.Tx, e finding.Event, seq int64, log *slog.Logger) (func(), error) {
	old, err := tx.Note(ctx, e.Key, e.Note.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	n := finding.FoldNote(old, e)
	if n == old {
		return a.counting(KindNote, Unchanged, func() { log.Info("event applied", "change", "none") }), nil
	}
	if err := tx.SaveNote(ctx, n); err != nil {
		return nil, err
	}
	members, err := tx.FindingsOf(ctx, e.Key)
	if err != nil {
		return nil, err
	}
	for _, f := range members {
		if f.TicketID == 0 {
			continue
		}
		f.Event = seq
		if err := tx.SaveFinding(ctx, f); err != nil {
			return nil, err
		}
		if err := tx.Wake(ctx, f.TicketID, a.o.Now()); err != nil {
			return nil, err
		}
	}
	say := func() { log.Info("event applied", "note", n.ID, "deleted", n.Deleted, "findings", len(members)) }
	return a.counting(KindNote, Applied, say), nil
}
