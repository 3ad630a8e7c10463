package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"

	"ticketd/internal/ticket"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

// Timing is every wait of the protocol. The zero value of a member means its default.
type Timing struct {
	Quiet      time.Duration // Q: no second create before this long after a doubtful one; 10 min
	Settle     time.Duration // how long after a doubtful comment its absence is believed: comments are read by id, from no index; 1 min, at most Quiet
	Call       time.Duration // T: one tracker call; 25 s, so that it ends within the time that a stop may take
	Lease      time.Duration // of a claimed ticket, longer than Call; 60 s
	BackoffMin time.Duration // first wait after a failure; 5 s
	BackoffMax time.Duration // longest wait after failures; 15 min
	Probe      time.Duration // between tries of a refused credential, project or repository; 5 min
	Idle       time.Duration // longest sleep, which is what a wake that got lost costs; 1 min
}

// Options of a Deliverer. All but Skew and Rand are required.
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
}

// Deliverer drives one tracker. It is used by one goroutine.
type Deliverer struct {
	o        Options
	pace     *pacer
	scopes   []store.Scope   // as read at the start of the step, and as saved since
	known    bool            // the credential was seen to be good since the last refusal
	audited  map[string]bool // projects whose existing tickets were listed since start
	down     time.Time       // until when an unreachable or unwell tracker is left alone
	failed   atomic.Int64    // consecutive calls that ended so; read by others too
	stopping <-chan struct{} // closed when Run should end; nil: never
}

// New makes a Deliverer.
func New(o Options) *Deliverer {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&o.Timing.Quiet, 10*time.Minute)
	def(&o.Timing.Settle, min(time.Minute, o.Timing.Quiet))
	def(&o.Timing.Call, 25*time.Second)
	def(&o.Timing.Lease, 60*time.Second)
	def(&o.Timing.BackoffMin, 5*time.Second)
	def(&o.Timing.BackoffMax, 15*time.Minute)
	def(&o.Timing.Probe, 5*time.Minute)
	def(&o.Timing.Idle, time.Minute)
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Skew == nil {
		o.Skew = func() time.Duration { return 0 }
	}
	o.Logger = o.Logger.With("tracker", o.Name)
	return &Deliverer{o: o, audited: make(map[string]bool)}
}

// Unwell tells whether the tracker's last answer was none, or one that says nothing. It may be asked
// by any goroutine.
func (d *Deliverer) Unwell() bool { return d.failed.Load() > 0 }

// Run steps until the context ends. A step that is under way is finished, never cut: cancelling a
// create would make its outcome unknown.
func (d *Deliverer) Run(ctx context.Context, woken wake.Signal) error {
	d.stopping = ctx.Done()
	for ctx.Err() == nil {
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
	p := d.pauses(now)
	if d.pace == nil {
		d.pace = newPacer(d.o.Pace, p.tracker.Slowed, now)
	}
	for _, at := range []time.Time{p.tracker.PausedUntil, d.down, d.pace.next(now)} {
		if at.After(now) {
			return Did{Next: at}, nil
		}
	}
	if !d.known {
		if err := d.identify(ctx); err != nil || !d.known {
			return Did{Next: now}, err
		}
	}
	w, next, err := d.o.Store.Claim(ctx, store.Claim{
		Tracker: d.o.Name, Now: now, Lease: d.o.Timing.Lease, Skip: p.projects,
	})
	if err != nil {
		return Did{}, err
	}
	if w.Ticket.ID == 0 {
		return Did{Next: earliest(next, p.ends)}, d.rested(ctx, now)
	}
	action, err := d.drive(ctx, w)
	if errors.Is(err, store.ErrFenced) {
		d.o.Logger.Warn("lease lost, leaving the ticket to its new owner", "ticket", w.Ticket.ID)
		err = nil
	}
	return Did{Action: action, Ticket: w.Ticket.ID, Next: now}, err
}

// identify sees whose credential it is, before anything is done with it.
func (d *Deliverer) identify(ctx context.Context) error {
	call, cancel := context.WithTimeout(ctx, d.o.Timing.Call)
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

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// run is the work on one claimed ticket.
type run struct {
	*Deliverer

	w    store.Work
	t    store.Ticket // the row as it will be recorded
	view mapping.View
	log  *slog.Logger
}

// drive does the next step of a claimed ticket and gives the claim back.
func (d *Deliverer) drive(ctx context.Context, w store.Work) (_ Action, err error) {
	r := &run{Deliverer: d, w: w, t: w.Ticket}
	if len(w.Findings) > 0 {
		r.view = d.o.Mapping.For(mapping.One(w.Findings[0].Finding), w.Ticket.Destination, w.Ticket.Rule)
	}
	r.log = d.o.Logger.With("ticket", w.Ticket.ID, "finding", w.Ticket.Group)
	if len(w.Findings) > 0 {
		r.log = r.log.With("event", w.Findings[0].Event)
	}
	if r.t.Ref.Key != "" {
		r.log = r.log.With("issue", r.t.Ref.Key)
		// Not known at a claim: a step was cut off, or the store was restored. Either way comments
		// may exist that no row tells of.
		r.t.Applied.Adopted = r.t.Applied.Adopted || !r.t.Applied.Known
	}
	defer func() {
		if p := recover(); p != nil {
			err = r.panicked(ctx, p)
		}
	}()
	if r.unsure() {
		return Audit, r.auditFirst(ctx)
	}
	if adopted, err := r.sighted(ctx); adopted || err != nil {
		return Look, err
	}
	step := Plan(r.w, r.view, d.o.Now())
	return step.Action, r.perform(ctx, step)
}

// unsure tells whether there may be issues that the row does not know of, because the store is new
// or restored or the row's last step was cut off, and nobody has looked yet.
func (r *run) unsure() bool {
	t := r.w.Ticket
	forgotten := !t.Applied.Known && (!t.Ref.IsZero() || t.State == store.TicketNone)
	never := r.scope(t.Destination.Project).AuditedAt.IsZero()
	return (forgotten || never) && !r.audited[t.Destination.Project]
}

// panicked holds a ticket that the program itself cannot deal with, so that the others go on: a
// restart would only meet it again. What the row says of a create under way stays true.
func (r *run) panicked(ctx context.Context, cause any) error {
	r.log.Error("panic while delivering", "cause", cause, "stack", string(debug.Stack()))
	return r.hold(ctx, fmt.Sprint("internal error: ", cause), "Report it with the log; then: ticketd tickets retry")
}

func (r *run) perform(ctx context.Context, s Step) error {
	switch s.Action {
	case Skip:
		r.t.State, r.t.Reason, r.t.Hint = store.TicketNone, "closed before it had a ticket", ""
		return r.done(ctx, time.Time{}, nil)
	case Rest:
		return r.rest(ctx)
	case Look:
		return r.look(ctx)
	case Create:
		return r.create(ctx)
	case Check:
		return r.check(ctx)
	case Close:
		return r.setState(ctx, false)
	case Reopen:
		return r.setState(ctx, true)
	case Accept:
		r.t.Applied.Opened = r.w.Findings[0].Opened
		return r.done(ctx, r.o.Now(), nil)
	case Follow:
		return r.follow(ctx)
	case Update:
		return r.update(ctx)
	case Comment:
		return r.comment(ctx, s)
	case DropComment:
		return r.dropComment(ctx, s.Op)
	case Audit:
		return r.auditTicket(ctx)
	}
	return r.rest(ctx)
}

// rest gives the ticket back until something changes or an audit is due. A held row whose cause is
// gone is held no longer.
func (r *run) rest(ctx context.Context) error {
	stillRefused := len(r.w.Findings) > 0 && refused(r.t.Applied, r.w.Findings[0].Finding)
	if r.t.State == store.TicketHeld && !stillRefused {
		r.t.State, r.t.Reason, r.t.Hint = Implied(r.t), "", ""
	}
	return r.done(ctx, r.t.AuditAt, nil)
}

// note is the line of the operations record for a call.
func note(name string, started, ended time.Time, err error, text string) *store.Op {
	op := &store.Op{Name: name, Started: started, Ended: ended, Outcome: "ok", Text: text}
	if err != nil {
		e := ticket.AsError(err)
		op.Outcome, op.Text, op.Status, op.RequestID = e.Decision.String(), err.Error(), e.Status, e.RequestID
	}
	return op
}

// keep records the row without giving it back: what must be durable before a call.
func (r *run) keep(ctx context.Context, comments ...store.Comment) error {
	return r.o.Store.Record(ctx, store.Record{Ticket: r.t, Comments: comments})
}

// done records the row and gives it back. due is when it wants attention next.
func (r *run) done(ctx context.Context, due time.Time, op *store.Op, comments ...store.Comment) error {
	return r.o.Store.Record(ctx, store.Record{Ticket: r.t, Comments: comments, Op: op, Done: true, Due: due})
}
