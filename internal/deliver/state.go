package deliver

import (
	"context"
	"strings"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// setState closes or reopens the issue: S1 to S4.
func (r *run) setState(ctx context.Context, open bool) error {
	f := r.w.Findings[0].Finding
	name, to := "close", f.Disposition
	if open {
		name, to = "reopen", finding.Open
	}
	closing, err := r.view.Closing(mapping.One(f), to)
	if err != nil {
		return r.hold(ctx, "rendering the closing: "+err.Error(), "Correct the rule's templates, then: ticketd tickets retry")
	}
	r.t.State = Implied(r.t)

	// S1: from here on nothing is known about the issue's state until the tracker says so.
	r.t.Applied.Known = false
	if err := r.keep(ctx); err != nil {
		return err
	}

	// S2, S3: the adapter reads, does nothing where the issue is there already, and verifies.
	started := r.o.Now()
	call, cancel := context.WithTimeout(ctx, r.o.Timing.Call)
	defer cancel()
	issue, err := r.o.Tracker.SetState(call, r.t.Ref, ticket.Change{Open: open, Closing: closing})
	r.pace.wrote(r.o.Now(), false)
	if err != nil {
		return r.stateFailed(ctx, f, name, started, err)
	}

	// S4
	a := &r.t.Applied
	a.Known, a.Disposition, a.Status, a.Refused, a.Opened = true, to, f.Status, finding.Stamp{}, f.Opened
	if open {
		if r.t.State == store.TicketClosed {
			a.Reopened = f.Status
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

func (r *run) stateFailed(ctx context.Context, f finding.Finding, name string, started time.Time, cause error) error {
	due, err := r.settle(ctx, cause)
	if err != nil {
		return err
	}
	if ticket.DecisionOf(cause) == ticket.Refused {
		// Certain: nothing was changed on the last hop. Say so in the issue, then leave it held.
		r.t.Applied.Known, r.t.Applied.Refused = true, f.Status
		due = r.o.Now()
	}
	return r.done(ctx, due, note(name, started, r.o.Now(), cause, ""))
}

// check sees whether a person closed the issue that the finding was opened for anew, or that was not
// looked at since the store was restored.
func (r *run) check(ctx context.Context) error {
	started := r.o.Now()
	call, cancel := context.WithTimeout(ctx, r.o.Timing.Call)
	defer cancel()
	issue, err := r.o.Tracker.Read(call, r.t.Ref)
	if err != nil {
		return r.callFailed(ctx, "read", started, err)
	}
	text := "open, as it should be"
	r.t.Applied.Known = true
	if issue.Open {
		r.t.State = store.TicketLive
		r.t.Applied.Disposition, r.t.Applied.Opened = finding.Open, r.w.Findings[0].Opened
	} else {
		text = r.closedByPerson(issue)
	}
	if err := r.succeeded(ctx, issue); err != nil {
		return err
	}
	return r.done(ctx, r.o.Now(), note("read", started, r.o.Now(), nil, text))
}

// closedByPerson notes that somebody else closed the issue.
func (r *run) closedByPerson(issue ticket.Issue) string {
	r.t.State, r.t.Applied.ByPerson = store.TicketClosed, true
	r.log.Info("issue was closed by a person", "status", issue.Status)
	return "closed by a person: " + issue.Status
}

// update rewrites what still stands as written.
func (r *run) update(ctx context.Context) error {
	f := r.w.Findings[0].Finding
	draft, err := r.view.Draft(mapping.One(f), r.t.Marker, r.t.Previous)
	if err != nil {
		return r.hold(ctx, "rendering the ticket: "+err.Error(), "Correct the rule's templates, then: ticketd tickets retry")
	}
	r.t.State = Implied(r.t)
	started := r.o.Now()
	call, cancel := context.WithTimeout(ctx, r.o.Timing.Call)
	defer cancel()
	issue, err := r.o.Tracker.Update(call, r.t.Ref, draft, r.t.Applied.Written)
	r.pace.wrote(r.o.Now(), false)
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
	if !issue.Open {
		told = append(told, r.closedByPerson(issue))
	}
	r.log.Info("issue updated", "kept", issue.Kept, "url", issue.Ref.URL)
	return r.done(ctx, r.o.Now(), note("update", started, r.o.Now(), nil, strings.Join(told, "; ")))
}
