package deliver

import (
	"context"
	"strings"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// setState closes or reopens the issue: S1 to S4. An issue that a person closed comes here for a
// closing only by Policy.ClosePersonClosed, and then gets the outcome's labels: its state is reached
// already, and a resolution or fields can only be set on the way to one.
func (r *run) setState(ctx context.Context, open bool) error {
	name, to := "close", r.f.Disposition
	if open {
		name, to = "reopen", finding.Open
	}
	closing, err := r.view.Closing(r.s, to)
	if err != nil {
		return r.hold(ctx, store.HeldTemplate, "rendering the closing: "+err.Error(), "Correct the rule's templates, then: ticketd tickets retry")
	}
	r.t.State = Implied(r.t)
	if !open && r.t.State == store.TicketLive && r.t.Applied.Known && len(closing.AddLabels) > 0 && !r.view.Policy().ClosePersonClosed {
		// The adapter leaves an issue alone that is closed already, but for the labels.
		if stop, err := r.closedMeanwhile(ctx); stop || err != nil {
			return err
		}
	}

	// S1: from here on nothing is known about the issue's state until the tracker says so.
	r.t.Applied.Known = false
	if !proof.Without(ctx, proof.UnknownFirst) {
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
	proof.At(ctx, proof.UnknownRecorded)

	// S2, S3: the adapter reads, does nothing where the issue is there already, and verifies.
	started := r.o.Now()
	call, cancel := r.sending(ctx)
	defer cancel()
	issue, err := r.o.Tracker.SetState(call, r.t.Ref, ticket.Change{Open: open, Closing: closing})
	proof.At(ctx, proof.StateAnswered)
	r.pace.wrote(r.o.Now(), false)
	if err != nil {
		return r.stateFailed(ctx, name, started, err)
	}

	// S4
	a := &r.t.Applied
	a.Known, a.Disposition, a.Status, a.Refused, a.Opened = true, to, r.f.Status, finding.Stamp{}, r.f.Opened
	reopened := open && (r.t.State == store.TicketClosed || r.saidClosed())
	if !open || reopened || a.Told == nil {
		r.toldAll()
	} // else it may have been open all the time: no comment on its state is due, and one on its members is
	if open {
		if reopened {
			a.Reopened = r.f.Status
		}
		r.t.State, a.ClosedAt, a.ByPerson = store.TicketLive, 0, false
	} else {
		a.ByPerson = a.ByPerson && r.t.State == store.TicketClosed // then there was nothing to close
		r.t.State, a.ClosedAt = store.TicketClosed, r.o.Now().Unix()
	}
	if err := r.succeeded(ctx, issue); err != nil {
		return err
	}
	r.log.Info("issue state set", "to", string(to), "status", issue.Status, "url", issue.Ref.URL)
	return r.done(ctx, r.o.Now(), note(name, started, r.o.Now(), nil, string(to)+": now "+issue.Status))
}

// saidClosed tells whether the newest that the issue's comments say of its state is that it closed: a
// closing of which nothing more is known, because the process died over it, or none at all.
func (r *run) saidClosed() bool {
	var newest store.Comment
	for _, c := range r.w.Comments {
		if strings.HasPrefix(c.Op, "state/") && c.State == store.CommentPosted && !c.Updated.Before(newest.Updated) {
			newest = c
		}
	}
	return newest.Op != "" && newest.Op != stateOp("state", r.t.Applied.Reopened)
}

func (r *run) stateFailed(ctx context.Context, name string, started time.Time, cause error) error {
	due, err := r.settle(ctx, cause)
	if err != nil {
		return err
	}
	if ticket.DecisionOf(cause) == ticket.Refused {
		// Certain: nothing was changed on the last hop. Say so in the issue, then leave it held.
		r.t.Applied.Known, r.t.Applied.Refused = true, r.f.Status
		if r.t.Applied.Told == nil { // adopted, and nobody remembers what was told
			r.toldAll()
		}
		due = r.o.Now()
	}
	return r.done(ctx, due, note(name, started, r.o.Now(), cause, ""))
}

// check sees whether a person closed the issue that the finding was opened for anew, or that was not
// looked at since the store was restored.
func (r *run) check(ctx context.Context) error {
	started := r.o.Now()
	call, cancel := r.limited(ctx, r.o.Timing.Call)
	defer cancel()
	issue, err := r.o.Tracker.Read(call, r.t.Ref)
	if err != nil {
		return r.callFailed(ctx, "read", started, err)
	}
	text := "open, as it should be"
	a := &r.t.Applied
	a.Known = true
	if issue.Open {
		if r.t.State == store.TicketLive && (a.Disposition.Closed() || r.saidClosed()) && !r.f.Disposition.Closed() {
			a.Reopened = r.f.Status // that it closed was only said; so is that it is open again
		}
		r.t.State, a.ByPerson, a.ClosedAt = store.TicketLive, false, 0
		a.Disposition, a.Opened = finding.Open, r.f.Opened
	} else {
		text = r.closedByPerson(issue)
	}
	if a.Told == nil { // adopted, and nobody remembers what was told
		r.toldAll()
	}
	if err := r.succeeded(ctx, issue); err != nil {
		return err
	}
	return r.done(ctx, r.o.Now(), note("read", started, r.o.Now(), nil, text))
}

// closedMeanwhile looks whether a person closed the issue that should be open. Closed, or not to be
// read: the row is given back and true returned.
func (r *run) closedMeanwhile(ctx context.Context) (bool, error) {
	started := r.o.Now()
	call, cancel := r.limited(ctx, r.o.Timing.Call)
	defer cancel()
	issue, err := r.o.Tracker.Read(call, r.t.Ref)
	if err != nil {
		return true, r.callFailed(ctx, "read", started, err)
	}
	if issue.Open {
		return false, nil
	}
	text := r.closedByPerson(issue)
	if err := r.succeeded(ctx, issue); err != nil {
		return true, err
	}
	return true, r.done(ctx, r.o.Now(), note("read", started, r.o.Now(), nil, text))
}

// accept takes note of what the issue's state is not changed for: a regression that the rule leaves
// alone, a closing that is only commented, what happens behind an issue that a person closed.
func (r *run) accept(ctx context.Context) error {
	a := &r.t.Applied
	a.Disposition, a.Status, a.Opened, a.Refused = r.f.Disposition, r.f.Status, r.f.Opened, finding.Stamp{}
	r.toldAll()
	return r.done(ctx, r.o.Now(), nil)
}

// closedByPerson notes that somebody else closed the issue.
func (r *run) closedByPerson(issue ticket.Issue) string {
	r.t.State, r.t.Applied.ByPerson = store.TicketClosed, true
	r.log.Info("issue was closed by a person", "status", issue.Status)
	return "closed by a person: " + issue.Status
}

// update rewrites what still stands as written.
func (r *run) update(ctx context.Context) error {
	draft, err := r.view.Draft(r.s, r.t.Marker, r.t.Previous)
	if err != nil {
		return r.hold(ctx, store.HeldTemplate, "rendering the ticket: "+err.Error(), "Correct the rule's templates, then: ticketd tickets retry")
	}
	// What may stand in the issue from here on is on disk before it is sent, and that it may not be what
	// it should be.
	r.t.Applied.Draft = ""
	r.t.Applied.Written = r.t.Applied.Written.Or(r.o.Tracker.Writes(draft))
	if err := r.keep(ctx); err != nil {
		return err
	}
	before := r.t.State
	r.t.State = Implied(r.t)
	started := r.o.Now()
	proof.At(ctx, proof.UpdateRecorded)
	call, cancel := r.sending(ctx)
	defer cancel()
	issue, err := r.o.Tracker.Update(call, r.t.Ref, draft, r.t.Applied.Written)
	proof.At(ctx, proof.UpdateAnswered)
	r.pace.wrote(r.o.Now(), false)
	if err != nil && r.f.Disposition.Closed() && certainly(err) {
		// What cannot be written must not keep the issue from being closed.
		r.t.State, r.t.Applied.Unwritten = before, r.view.Digest(draft)
		r.log.Warn("the list of findings cannot be brought up to date before closing", "error", err)
		return r.done(ctx, r.o.Now(), note("update", started, r.o.Now(), err, ""))
	}
	if err != nil {
		return r.callFailed(ctx, "update", started, err)
	}
	r.t.Applied.Draft, r.t.Applied.Written = r.view.Digest(draft), issue.Written
	if err := r.succeeded(ctx, issue); err != nil {
		return err
	}
	told := []string{"updated"}
	for _, kept := range issue.Kept {
		told = append(told, "a person's "+kept+" kept")
	}
	if !issue.Open && r.t.Applied.Known { // else it may be a closing of ours whose answer was lost
		told = append(told, r.closedByPerson(issue))
	}
	r.log.Info("issue updated", "kept", issue.Kept, "url", issue.Ref.URL)
	return r.done(ctx, r.o.Now(), note("update", started, r.o.Now(), nil, strings.Join(told, "; ")))
}
