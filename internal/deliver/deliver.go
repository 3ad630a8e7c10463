package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/pulse"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

// Options of a Deliverer. All but Skew, Rand, Observe, Credential and Pulse are required.
type Options struct {
	Name    string // of the tracker, as configured
	Tracker Tracker
	Store   *store.Store
	Mapping *mapping.Mapping
	Pace    Pace
	Timing  Timing
	Logger  *slog.Logger
	Now     func() time.Time
	Skew    func() time.Duration // how far the tracker's clock is ahead of Now; nil: not at all
	Rand    func() float64       // jitter in [0, 1); nil: the runtime's
	Observe Observer

	// Credential tells the tracker's credential from another, as it is now. Where one that was refused is
	// replaced, the tracker is tried at once. nil: that is not seen.
	Credential func() [sha256.Size]byte

	Pulse *pulse.Stage // where Run promises when it will be back; may be nil
}

// Deliverer drives one tracker. It is used by one goroutine.
type Deliverer struct {
	o        Options
	pace     *pacer
	scopes   []store.Scope             // as read at the start of the step, and as saved since
	known    bool                      // the credential was seen to be good since the last refusal
	used     [sha256.Size]byte         // the credential as it was before the last step that called the tracker
	audited  map[string]bool           // projects whose existing tickets were listed since start
	down     time.Time                 // until when an unreachable or unwell tracker is left alone
	failed   int                       // consecutive calls that ended so
	unwell   atomic.Pointer[time.Time] // when the first of them did, nil for none; read by others too
	doing    atomic.Pointer[Doing]
	counted  bool            // the lines of tickets that wait for their turn were looked at, and turn holds
	turn     time.Time       // when the next of them may have its turn; zero: none waits
	stopping <-chan struct{} // closed when Run should end; nil: never
	promise  *pulse.Promise  // of Run
}

// New makes a Deliverer.
func New(o Options) *Deliverer {
	o.Timing = o.Timing.filled()
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Skew == nil {
		o.Skew = func() time.Duration { return 0 }
	}
	if o.Credential == nil {
		o.Credential = func() (same [sha256.Size]byte) { return same }
	}
	o.Observe = o.Observe.filled()
	o.Logger = o.Logger.With("tracker", o.Name)
	return &Deliverer{o: o, audited: make(map[string]bool)}
}

// Unwell tells since when every answer of the tracker was none, or one that says nothing; ok is false where
// the last one was well. It may be asked by any goroutine.
func (d *Deliverer) Unwell() (since time.Time, ok bool) {
	if at := d.unwell.Load(); at != nil {
		return *at, true
	}
	return time.Time{}, false
}

// Run steps until the context ends. A step that is under way is finished, never cut: cancelling a
// create would make its outcome unknown.
func (d *Deliverer) Run(ctx context.Context, woken wake.Signal) error {
	d.stopping, d.promise = ctx.Done(), d.o.Pulse.Begin()
	defer d.promise.End()
	for ctx.Err() == nil {
		d.promise.Within(proof.Patience(storeLimit))
		did, err := d.Step(context.WithoutCancel(ctx))
		wait := time.Duration(0)
		switch {
		case err != nil:
			d.o.Logger.Error("delivering", "error", err)
			wait = d.o.Timing.BackoffMin
		case did.Action == "":
			wait = d.o.Timing.Idle
			if !did.Next.IsZero() {
				wait = min(max(did.Next.Sub(d.o.Now()), 0), d.o.Timing.Idle)
			}
		}
		if wait > 0 {
			d.promise.Within(wait)
			woken.Sleep(ctx, wait)
		}
	}
	return nil
}

// Did tells what a step did. Action is "" when there was nothing to do before Next (zero: nothing
// is scheduled).
type Did struct {
	Action Action
	Ticket int64
	Next   time.Time
}

// Step does one thing for one ticket. Its error is the store's; a tracker's failure is recorded and
// scheduled, not returned.
func (d *Deliverer) Step(ctx context.Context) (Did, error) {
	now := d.o.Now()
	var err error
	if d.scopes, err = d.o.Store.Scopes(ctx, d.o.Name); err != nil {
		return Did{}, err
	}
	if err := d.renewed(ctx, now); err != nil {
		return Did{}, err
	}
	p := d.pauses(now)
	if d.pace == nil {
		d.pace = newPacer(d.o.Pace, p.tracker.Slowed, now)
	}
	for _, at := range []time.Time{p.tracker.PausedUntil, d.down, d.pace.next(now)} {
		if at.After(now) {
			return Did{Next: d.sooner(at, now)}, nil
		}
	}
	d.used = d.o.Credential()
	if !d.known {
		if err := d.identify(ctx); err != nil || !d.known {
			return Did{Next: now}, err
		}
	}
	if err := d.release(ctx, now); err != nil {
		return Did{}, err
	}
	w, next, err := d.o.Store.Claim(ctx, store.Claim{
		Tracker: d.o.Name, Now: now, Lease: d.o.Timing.Lease, Skip: p.projects,
	})
	if err != nil {
		return Did{}, err
	}
	if w.Ticket.ID == 0 {
		return Did{Next: earliest(earliest(next, p.ends), d.turn)}, d.rested(ctx, now)
	}
	proof.At(ctx, proof.TicketClaimed)
	defer d.doing.Store(nil)
	action, err := d.drive(ctx, w)
	if errors.Is(err, store.ErrFenced) {
		d.o.Logger.Warn("lease lost, leaving the ticket to its new owner", "ticket", w.Ticket.ID)
		err = nil
	}
	return Did{Action: action, Ticket: w.Ticket.ID, Next: now}, err
}

// identify sees whose credential it is, before anything is done with it.
func (d *Deliverer) identify(ctx context.Context) error {
	call, cancel := d.limited(ctx, d.o.Timing.Call)
	defer cancel()
	me, err := d.o.Tracker.Identity(call)
	if err != nil {
		d.o.Logger.Warn("the tracker does not take the credential or cannot be reached", "error", err)
		if err := d.pauseFor(ctx, "", err); err != nil {
			return err
		}
		if !d.down.After(d.o.Now()) {
			d.leaveAlone() // whatever the answer was: it is not asked for again at once
		}
		return nil
	}
	d.known = true
	d.o.Logger.Info("tracker ready", "account", me.Name)
	return d.healthy(ctx, "")
}

// storeLimit is within which time a step has had its answers from the store.
const storeLimit = 2 * time.Minute

// limited gives the context of a call, and promises to be back once that is over and recorded.
func (d *Deliverer) limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	d.promise.Within(limit + proof.Patience(storeLimit))
	return context.WithTimeout(ctx, limit)
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
