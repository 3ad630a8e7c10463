package jira

import (
	"context"
	"slices"

	"ticketd/internal/ticket"
)

// Relabel adds and takes off labels with one PUT. What is already so is no mistake, so that it may
// be repeated. The labels that make an issue ours cannot be taken off. A project without labels on
// its edit screen refuses it with HoldTicket, and nothing has changed.
func (t *Tracker) Relabel(ctx context.Context, ref ticket.Ref, add, remove []string) error {
	const op = "label"
	if err := checkRef(op, ref); err != nil {
		return err
	}
	var ops []map[string]any
	added := ruleLabels(ticket.Draft{Labels: add})
	for _, l := range added {
		ops = append(ops, map[string]any{"add": l})
	}
	for _, l := range ruleLabels(ticket.Draft{Labels: remove}) {
		if !slices.Contains(added, l) {
			ops = append(ops, map[string]any{"remove": l})
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return t.missing(ctx, ref, t.edit(ctx, op, ref, map[string]any{"update": map[string]any{"labels": ops}}))
}
