package deliver

import (
	"context"
	"strings"
	"time"

	"ticketd/internal/ticket"
	"ticketd/store"
)

// Bounds of "gone": a single miss proves nothing (facts: jira.md section 6).
const (
	goneMisses = 3
	goneAfter  = 24 * time.Hour
)

// settle turns a failed call into the row's next attention, its reason, and the pauses that the
// failure asks for. What the failure means for the row's state beyond "held" and "gone" is the
// caller's business.
func (r *run) settle(ctx context.Context, err error) (due time.Time, _ error) {
	e := ticket.AsError(err)
	now := r.o.Now()
	r.t.Failures++
	r.t.Reason, r.t.Hint = e.Error(), e.Hint
	r.log.Warn("tracker call did not succeed", "decision", e.Decision.String(), "error", e)
	if !r.movedAway() || e.Decision != ticket.HoldDestination {
		if perr := r.pauseFor(ctx, r.t.Destination.Project, e); perr != nil {
			return time.Time{}, perr
		}
	}
	switch e.Decision {
	case ticket.HoldTracker, ticket.HoldDestination:
		// After the pause the others go first: it may be this issue alone that is refused.
		return now.Add(r.o.Timing.Probe + r.backoff(r.t.Failures)), nil
	case ticket.Slow:
		return now.Add(r.throttle(e)), nil
	case ticket.HoldTicket:
		r.t.State, r.t.Held = store.TicketHeld, store.HeldRejected
		return r.t.AuditAt, nil
	case ticket.Refused:
		r.t.State, r.t.Held = store.TicketHeld, store.HeldWorkflow
		return r.t.AuditAt, nil
	case ticket.Gone, ticket.Missing:
		switch {
		case r.t.Ref.IsZero(): // of what? nothing can be concluded
		case e.Decision == ticket.Gone:
			return r.gone(now), nil
		default:
			return r.missed(now), nil
		}
	case ticket.Pause, ticket.Conflict, ticket.Retry, ticket.Doubt:
	}
	return now.Add(r.backoff(r.t.Failures)), nil
}

// callFailed settles a call and gives the row back, where nothing else follows from the failure.
func (r *run) callFailed(ctx context.Context, name string, started time.Time, cause error) error {
	due, err := r.settle(ctx, cause)
	if err != nil {
		return err
	}
	return r.done(ctx, due, note(name, started, r.o.Now(), cause, ""))
}

// movedAway tells whether the issue is in another project than the one that new issues go to, of
// which its troubles say nothing.
func (r *run) movedAway() bool {
	return r.t.Ref.Project != "" && !strings.EqualFold(r.t.Ref.Project, r.t.Destination.Project)
}

// missed counts a read that did not find the issue; three over a day make it gone.
func (r *run) missed(now time.Time) time.Time {
	if r.t.Misses == 0 {
		r.t.FirstMiss = now
	}
	r.t.Misses++
	if r.t.Misses >= goneMisses && now.Sub(r.t.FirstMiss) >= goneAfter {
		r.t.Reason = "not to be seen for a day with a good credential and project: deleted, or moved out of sight"
		return r.gone(now)
	}
	return now.Add(goneAfter / (goneMisses - 1))
}

// gone gives up an issue, and the audits of it. The row is due at once: the finding may have opened
// anew meanwhile, and then another issue follows.
func (r *run) gone(now time.Time) time.Time {
	r.t.State, r.t.AuditAt = store.TicketGone, time.Time{}
	return now
}

// succeeded clears what failures left behind. A row that is still held keeps its reason.
func (r *run) succeeded(ctx context.Context, at ticket.Issue) error {
	r.t.Failures, r.t.Misses, r.t.FirstMiss = 0, 0, time.Time{}
	if r.t.State != store.TicketHeld {
		r.t.Reason, r.t.Hint = "", ""
	}
	if !at.Ref.IsZero() {
		r.t.Ref = at.Ref // a moved issue has a new key
	}
	return r.healthy(ctx, r.t.Destination.Project)
}
