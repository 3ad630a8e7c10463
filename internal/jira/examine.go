package jira

import (
	"context"

	"ticketd/internal/ticket"
)

// Examine looks whether the site will take what the rules ask of one destination. It changes
// nothing.
func (t *Tracker) Examine(ctx context.Context, n ticket.Need) []ticket.Symptom {
	if _, err := t.identify(ctx); err != nil {
		return []ticket.Symptom{{Severity: ticket.Failing, Check: "credential", Text: err.Error(), Hint: ticket.AsError(err).Hint}}
	}
	if err := t.gate(ctx, "project", n.Destination.Project); err != nil {
		return []ticket.Symptom{{Severity: ticket.Failing, Check: "project", Text: err.Error(), Hint: ticket.AsError(err).Hint}}
	}
	return []ticket.Symptom{{Severity: ticket.Healthy, Check: "project", Text: n.Destination.Project + " can be seen"}}
}
