package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

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
		if !r.t.Applied.Known { // nor is it known what a restored store wrote since it was backed up
			r.t.Applied.Draft = ""
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = r.panicked(ctx, p)
		}
	}()
	if r.unsure() && !proof.Without(ctx, proof.StartAudit) {
		r.begins(Audit)
		return Audit, r.auditFirst(ctx)
	}
	if adopted, err := r.sighted(ctx); adopted || err != nil {
		return Look, err
	}
	step := Plan(r.w, r.view, d.o.Timing, d.o.Now())
	r.begins(step.Action)
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
	return r.hold(ctx, store.HeldInternal, fmt.Sprint("internal error: ", cause), "Report it with the log; then: ticketd tickets retry")
}

func (r *run) perform(ctx context.Context, s Step) error {
	switch s.Action {
	case Skip:
		r.skip()
		return r.done(ctx, r.t.AuditAt, nil)
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
	if r.t.Ref.IsZero() {
		r.t.AuditAt = time.Time{} // of what?
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

// sending gives the context of a call that changes something. It ends before the lease does, and has
// ended already where something stopped us for so long that the ticket may be another's (C4, S2, K2).
func (r *run) sending(ctx context.Context) (context.Context, context.CancelFunc) {
	if proof.Without(ctx, proof.SendDeadline) {
		return r.limited(ctx, r.o.Timing.Call)
	}
	return r.limited(ctx, min(r.o.Timing.Call, r.w.Ticket.Due.Sub(r.o.Now())))
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
	if r.t.State != store.TicketHeld {
		r.t.Held = ""
	}
	before := r.w.Ticket.Turn
	if r.t.Turn == store.TurnWaits || before == store.TurnWaits {
		rec.Digest = r.digest(store.Line{Destination: r.t.Destination, Rule: r.t.Rule})
	}
	rec.Ticket = r.t
	proof.At(ctx, proof.StepRecording)
	if err := r.o.Store.Record(ctx, rec); err != nil {
		return err
	}
	proof.At(ctx, proof.StepRecorded)
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
