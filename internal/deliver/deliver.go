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

	"ticketd/internal/finding"
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
	Gather     time.Duration // how old the newest change of a group or a digest's list is before its issue tells of it; 1 min
	GatherMost time.Duration // how long a change waits for that at most; 10 min
}

// filled gives the timing with its defaults.
func (t Timing) filled() Timing {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&t.Quiet, 10*time.Minute)
	def(&t.Settle, min(time.Minute, t.Quiet))
	def(&t.Call, 25*time.Second)
	def(&t.Lease, 60*time.Second)
	def(&t.BackoffMin, 5*time.Second)
	def(&t.BackoffMax, 15*time.Minute)
	def(&t.Probe, 5*time.Minute)
	def(&t.Idle, time.Minute)
	def(&t.Gather, time.Minute)
	def(&t.GatherMost, 10*time.Minute)
	return t
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
	counted  bool            // the lines of tickets that wait for their turn were looked at, and turn holds
	turn     time.Time       // when the next of them may have its turn; zero: none waits
	stopping <-chan struct{} // closed when Run should end; nil: never
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
	s    mapping.Subject
	f    finding.Finding // the subject's
	view mapping.View
	log  *slog.Logger
}

// drive does the next step of a claimed ticket and gives the claim back.
func (d *Deliverer) drive(ctx context.Context, w store.Work) (_ Action, err error) {
	s := about(w)
	r := &run{Deliverer: d, w: w, t: w.Ticket, s: s, f: s.Finding}
	if !followed(w) {
		r.view = d.o.Mapping.For(s, w.Ticket.Destination, w.Ticket.Rule)
	}
	r.log = d.o.Logger.With("ticket", w.Ticket.ID, "finding", w.Ticket.Group)
	if newest := newestEvent(w.Findings); newest > 0 {
		r.log = r.log.With("event", newest)
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
	step := Plan(r.w, r.view, d.o.Timing, d.o.Now())
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
		r.skip()
		return r.done(ctx, time.Time{}, nil)
	case Rest:
		return r.rest(ctx, s.Due)
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
		return r.accept(ctx)
	case Follow:
		return r.follow(ctx)
	case Update:
		return r.update(ctx)
	case Comment:
		return r.comment(ctx, s)
	case DropComment:
		return r.dropComment(ctx, s.Op)
	case Label:
		return r.relabel(ctx, true)
	case Unlabel:
		return r.relabel(ctx, false)
	case Audit:
		return r.auditTicket(ctx)
	}
	return r.rest(ctx, time.Time{})
}

// rest gives the ticket back until something changes, or an audit or the telling of changes is due. A
// held row whose cause is gone is held no longer, and what was refused is tried when it is asked for
// again: the newest closing of a group may be the one of before, once a member was open meanwhile.
func (r *run) rest(ctx context.Context, due time.Time) error {
	if !refused(r.t.Applied, r.f) {
		r.t.Applied.Refused = finding.Stamp{}
		if r.t.State == store.TicketHeld {
			r.t.State, r.t.Reason, r.t.Hint = Implied(r.t), "", ""
		}
	}
	r.gather(due)
	return r.done(ctx, earliest(r.t.AuditAt, due), nil)
}

// skip notes that no issue is needed.
func (r *run) skip() {
	r.t.State, r.t.Reason, r.t.Hint = store.TicketNone, "closed before it had a ticket", ""
	if r.t.Digest {
		r.t.Reason = "nothing waits for its turn"
	}
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
	return r.record(ctx, store.Record{Comments: comments})
}

// done records the row and gives it back. due is when it wants attention next.
func (r *run) done(ctx context.Context, due time.Time, op *store.Op, comments ...store.Comment) error {
	return r.record(ctx, store.Record{Comments: comments, Op: op, Done: true, Due: due})
}

// record writes the row. One that is made, held or needless is in no line.
func (r *run) record(ctx context.Context, rec store.Record) error {
	if r.t.State != store.TicketWanted && r.t.State != store.TicketDoubt {
		r.t.Turn = store.TurnNone
	}
	before := r.w.Ticket.Turn
	if r.t.Turn == store.TurnWaits || before == store.TurnWaits {
		rec.Digest = r.digest(store.Line{Destination: r.t.Destination, Rule: r.t.Rule})
	}
	rec.Ticket = r.t
	if err := r.o.Store.Record(ctx, rec); err != nil {
		return err
	}
	if before == store.TurnReleased && r.t.Turn == store.TurnNone {
		r.counted = false // it was made, or left its place to another
	}
	r.w.Ticket.Turn = r.t.Turn
	return nil
}

func newestEvent(all []store.Finding) (seq int64) {
	for _, f := range all {
		seq = max(seq, f.Event)
	}
	return seq
}
