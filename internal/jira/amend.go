package jira

import (
	"context"
	"errors"
	"net/http"

	"ticketd/internal/ticket"
)

// amend gives a copy of a tracker error with a change made; other errors stay as they are.
func amend(err error, change func(*ticket.Error)) error {
	e, ok := errors.AsType[*ticket.Error](err)
	if !ok {
		return err
	}
	amended := *e
	change(&amended)
	return &amended
}

// refused tells whether an error is Jira's own refusal with the given status, which is certain to
// have had no effect.
func refused(err error, status int) (*ticket.Error, bool) {
	e, ok := errors.AsType[*ticket.Error](err)
	return e, ok && e.Status == status && e.Decision != ticket.HoldTracker && e.Decision != ticket.Doubt
}

// missing decides about the error of a call on an issue. A 404 means deleted, out of sight, or that
// the credential died; only after both gates are good does it mean that the issue is missing.
func (t *Tracker) missing(ctx context.Context, ref ticket.Ref, err error) error {
	e, ok := refused(err, http.StatusNotFound)
	if !ok {
		return err
	}
	if ref.Project == "" {
		ref = t.ref(ref.ID, ref.Key, "")
	}
	if gate := t.gate(ctx, e.Op, ref.Project); gate != nil {
		return gate
	}
	return amend(err, func(e *ticket.Error) {
		e.Decision = ticket.Missing
		e.Hint = "the issue was deleted, moved to a project that the account cannot see, or hidden by issue security"
	})
}
