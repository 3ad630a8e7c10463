package deliver

import (
	"context"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// relabel puts the label on that says that the workflow refused, or takes it off once the issue is
// where it should be. That it may be there is on disk before it is sent. A tracker that will not take it
// is asked once: the comment says the same.
func (r *run) relabel(ctx context.Context, on bool) error {
	a := &r.t.Applied
	before := a.Labelled
	name, label, add, remove := "unlabel", before, []string(nil), []string{before}
	if on {
		name, label = "label", r.view.Policy().RefusedLabel
		add, remove = []string{label}, nil
		if before != "" && before != label {
			remove = []string{before}
		}
		a.Labelled = label
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
	started := r.o.Now()
	call, cancel := r.sending(ctx)
	defer cancel()
	err := r.o.Tracker.Relabel(call, r.t.Ref, add, remove)
	r.pace.wrote(r.o.Now(), false)
	switch {
	case err != nil && !certainly(err):
		due, serr := r.settleComment(ctx, err)
		if serr != nil {
			return serr
		}
		return r.done(ctx, due, note(name, started, r.o.Now(), err, label))
	case err != nil:
		r.log.Warn("the tracker does not take a label", "label", label, "error", err)
	default:
		if err := r.succeeded(ctx, ticket.Issue{}); err != nil {
			return err
		}
	}
	switch {
	case !on:
		a.Labelled, a.LabelledFor = "", finding.Stamp{}
	case err != nil:
		a.Labelled, a.LabelledFor = before, r.f.Status
	default:
		a.LabelledFor = r.f.Status
	}
	return r.done(ctx, r.o.Now(), note(name, started, r.o.Now(), err, label))
}

// certainly tells whether a call that the issue can do without was refused for certain, so that to
// repeat it is of no use, and not even worth a pause of the project.
func certainly(err error) bool {
	d := ticket.DecisionOf(err)
	return d == ticket.HoldTicket || d == ticket.HoldDestination || d == ticket.Refused
}
