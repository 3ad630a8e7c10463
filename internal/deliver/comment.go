package deliver

import (
	"context"
	"slices"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// comment posts one comment, once: K1 to K3.
func (r *run) comment(ctx context.Context, s Step) error {
	if s.Look && r.t.Applied.TellingOp != s.Op {
		if stop, err := r.closedMeanwhile(ctx); stop || err != nil {
			return err
		}
		r.t.Applied.Opened = r.f.Opened
	}
	r.telling(s)
	c, known := commentOf(r.w, s.Op)
	if !known {
		c = store.Comment{TicketID: r.t.ID, Op: s.Op, Marker: mapping.CommentMarker(r.t.Marker, s.Op)}
	}
	if (known || r.t.Applied.Adopted || !r.t.Applied.Known) && !proof.Without(ctx, proof.CommentSearch) {
		found, err := r.lookForComment(ctx, &c, known)
		if found || err != nil {
			return err
		}
	}

	started := r.o.Now()
	c.State, c.Attempts, c.SendDeadline, c.AttemptEnd = store.CommentIntent, c.Attempts+1, started.Add(r.o.Timing.Call), time.Time{}
	if err := r.keep(ctx, c); err != nil {
		return err
	}
	proof.At(ctx, proof.CommentRecorded)
	call, cancel := r.sending(ctx)
	defer cancel()
	id, err := r.o.Tracker.AddComment(call, r.t.Ref, ticket.Comment{Marker: c.Marker, Body: s.Doc})
	proof.At(ctx, proof.CommentAnswered)
	r.pace.wrote(r.o.Now(), true)
	c.AttemptEnd = r.o.Now()
	if err != nil {
		return r.commentFailed(ctx, c, started, err)
	}
	c.State, c.RemoteID = store.CommentPosted, id
	r.told(s.Op)
	if err := r.succeeded(ctx, ticket.Issue{}); err != nil {
		r.log.Error("clearing pauses", "error", err)
	}
	r.log.Info("comment posted", "op", s.Op)
	return r.done(ctx, r.o.Now(), note("comment", started, r.o.Now(), nil, s.Op), c)
}

// lookForComment sees whether an earlier attempt posted it. Found, or too early to tell: the row is
// given back and true returned.
func (r *run) lookForComment(ctx context.Context, c *store.Comment, tried bool) (bool, error) {
	started := r.o.Now()
	posted, err := r.posted(ctx, c.Marker)
	if err != nil {
		due, serr := r.settleComment(ctx, err)
		if serr != nil {
			return true, serr
		}
		return true, r.done(ctx, due, note("comments", started, r.o.Now(), err, ""))
	}
	if posted != "" {
		c.State, c.RemoteID = store.CommentPosted, posted
		r.told(c.Op)
		return true, r.done(ctx, r.o.Now(), note("comments", started, r.o.Now(), nil, c.Op+" is there"), *c)
	}
	last := c.AttemptEnd
	if last.IsZero() { // its end was never seen: the process died
		last = c.SendDeadline
	}
	if ready := last.Add(r.o.Timing.Settle); tried && r.o.Now().Before(ready) {
		return true, r.done(ctx, ready, note("comments", started, r.o.Now(), nil, c.Op+" not there yet"))
	}
	return false, nil
}

// posted gives the id of our comment with a marker, "" when there is none.
func (r *run) posted(ctx context.Context, marker string) (string, error) {
	call, cancel := r.limited(ctx, r.o.Timing.Call)
	defer cancel()
	all, err := r.o.Tracker.Comments(call, r.t.Ref)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all, func(p ticket.Posted) bool { return p.Marker == marker })
	if i < 0 {
		return "", nil
	}
	return all[i].ID, nil
}

// settleComment is settle for a comment: a ticket that is held stays held for its own reason.
func (r *run) settleComment(ctx context.Context, cause error) (time.Time, error) {
	before := r.t
	due, err := r.settle(ctx, cause)
	if before.State == store.TicketHeld {
		r.t.Reason, r.t.Hint, r.t.Held = before.Reason, before.Hint, before.Held
	}
	return due, err
}

func (r *run) commentFailed(ctx context.Context, c store.Comment, started time.Time, cause error) error {
	state := r.t.State
	due, err := r.settleComment(ctx, cause)
	if err != nil {
		return err
	}
	switch ticket.DecisionOf(cause) {
	case ticket.Doubt:
		c.State = store.CommentDoubt
	case ticket.HoldTicket, ticket.Refused:
		// A comment that the tracker will not take must not keep the issue from being closed.
		c.State, r.t.State, due = store.CommentFailed, state, r.o.Now()
		r.told(c.Op)
	case ticket.Retry, ticket.Pause, ticket.Slow, ticket.HoldDestination, ticket.HoldTracker,
		ticket.Conflict, ticket.Missing, ticket.Gone:
		c.State, c.SendDeadline = store.CommentDoubt, started.Add(-r.o.Timing.Settle) // certainly not posted: no need to wait
		c.AttemptEnd = c.SendDeadline
	}
	return r.done(ctx, due, note("comment", started, r.o.Now(), cause, ""), c)
}

// dropComment removes the comment of a note that was deleted.
func (r *run) dropComment(ctx context.Context, op string) error {
	c, known := commentOf(r.w, op)
	if !known {
		c = store.Comment{TicketID: r.t.ID, Op: op, Marker: mapping.CommentMarker(r.t.Marker, op)}
	}
	if c.State != store.CommentPosted {
		found, err := r.lookForComment(ctx, &c, true)
		if found || err != nil {
			return err
		}
		c.State = store.CommentDeleted
		return r.done(ctx, r.o.Now(), nil, c)
	}
	started := r.o.Now()
	call, cancel := r.sending(ctx)
	defer cancel()
	err := r.o.Tracker.DeleteComment(call, r.t.Ref, c.RemoteID)
	proof.At(ctx, proof.CommentDeleted)
	r.pace.wrote(r.o.Now(), false)
	if err != nil {
		return r.commentFailedToGo(ctx, c, started, err)
	}
	c.State = store.CommentDeleted
	if err := r.succeeded(ctx, ticket.Issue{}); err != nil {
		return err
	}
	r.log.Info("comment deleted", "op", op)
	return r.done(ctx, r.o.Now(), note("delete comment", started, r.o.Now(), nil, op), c)
}

func (r *run) commentFailedToGo(ctx context.Context, c store.Comment, started time.Time, cause error) error {
	state := r.t.State
	due, err := r.settleComment(ctx, cause)
	if err != nil {
		return err
	}
	if d := ticket.DecisionOf(cause); d == ticket.HoldTicket || d == ticket.Refused {
		c.State, r.t.State, due = store.CommentFailed, state, r.o.Now()
	}
	return r.done(ctx, due, note("delete comment", started, r.o.Now(), cause, ""), c)
}
