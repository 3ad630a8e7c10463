package jira

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// maxHops bounds the way through a workflow.
const maxHops = 10

// SetState opens or closes an issue and adds the labels of the change. It reads first and returns
// at once when the issue is as wanted, walks the configured path or the one transition that leads
// there, reads again after every hop, and verifies the end.
func (t *Tracker) SetState(ctx context.Context, ref ticket.Ref, c ticket.Change) (ticket.Issue, error) {
	ours, err := t.ours(ctx)
	if err != nil {
		return ticket.Issue{}, err
	}
	a, err := t.get(ctx, "read", ref)
	if err != nil {
		return ticket.Issue{}, err
	}
	if a.Fields.Status.open() != c.Open {
		if a, err = t.walk(ctx, ref, a, c); err != nil {
			return ticket.Issue{}, err
		}
	}
	dropped, err := t.addLabels(ctx, ref, a, c.AddLabels)
	if err != nil {
		return ticket.Issue{}, err
	}
	issue := t.issue(a, ours)
	issue.Dropped = dropped
	return issue, nil
}

// walk takes transitions until the issue is as wanted and the configured path has no further step
// on offer.
func (t *Tracker) walk(ctx context.Context, ref ticket.Ref, a answer, c ticket.Change) (answer, error) {
	path := remaining(c.Transitions, a.Fields.Status)
	for range maxHops {
		offered, err := t.transitions(ctx, ref)
		if err != nil {
			return answer{}, err
		}
		next, rest, err := choose(offered, path, a.Fields.Status, c)
		if err != nil {
			if a.Fields.Status.open() == c.Open {
				return a, nil // what is left of the path is not needed
			}
			return answer{}, err
		}
		if a, err = t.hop(ctx, ref, a, next, c); err != nil {
			return answer{}, err
		}
		path = rest
		if a.Fields.Status.open() == c.Open && len(path) == 0 {
			return a, nil
		}
	}
	return answer{}, &ticket.Error{Decision: ticket.Refused, Op: "transition",
		Message: fmt.Sprintf("still in status %q after %d transitions", a.Fields.Status.Name, maxHops), Hint: "shorten transitions for this disposition"}
}

// remaining gives the part of a path after the status in which the issue already is, so that a walk
// that was broken off goes on where it stopped.
func remaining(path []string, at status) []string {
	for i, name := range slices.Backward(path) {
		if at.is(name) {
			return path[i+1:]
		}
	}
	return path
}

// hop takes one transition and reads where it led.
func (t *Tracker) hop(ctx context.Context, ref ticket.Ref, from answer, tr transition, c ticket.Change) (answer, error) {
	cloud, err := t.cloud(ctx)
	if err != nil {
		return answer{}, err
	}
	fields, tentative, err := tr.screen(cloud, c)
	if err != nil {
		return answer{}, err
	}
	err = t.transit(ctx, ref, tr, fields)
	if e, ok := refused(err, http.StatusBadRequest); ok && tentative && e.Fields["resolution"] != "" {
		delete(fields, "resolution")
		err = t.transit(ctx, ref, tr, fields)
	}
	if e, ok := refused(err, http.StatusBadRequest); ok {
		return answer{}, amend(e, func(e *ticket.Error) {
			e.Decision = ticket.Refused
			e.Hint = outbound.Printable(fmt.Sprintf("the workflow refuses transition %q from status %q: %s",
				tr.Name, from.Fields.Status.Name, tr.advice(e.Fields, c.Fields)), 2*messageLimit)
		})
	}
	if err != nil {
		return answer{}, t.missing(ctx, ref, err)
	}
	a, err := t.get(ctx, "read", ref)
	if err != nil {
		return answer{}, err
	}
	if a.Fields.Status.ID != tr.To.ID && a.Fields.Status.ID == from.Fields.Status.ID {
		return answer{}, &ticket.Error{Decision: ticket.Conflict, Op: "transition",
			Message: fmt.Sprintf("Jira reported success for %q but the issue is still in status %q", tr.Name, a.Fields.Status.Name)}
	}
	return a, nil
}

func (t *Tracker) transit(ctx context.Context, ref ticket.Ref, tr transition, fields map[string]any) error {
	path, _, err := t.api(ctx, "issue", ref.ID, "transitions")
	if err != nil {
		return err
	}
	body := map[string]any{"transition": map[string]any{"id": tr.ID}}
	if len(fields) > 0 {
		body["fields"] = fields
	}
	return t.do(ctx, request{op: "transition", method: http.MethodPost, path: path, body: body}, nil)
}

// addLabels adds the labels that are not there yet. A site that has no labels on the screen keeps
// its state all the same.
func (t *Tracker) addLabels(ctx context.Context, ref ticket.Ref, a answer, labels []string) ([]string, error) {
	var add []map[string]any
	for _, l := range ruleLabels(ticket.Draft{Labels: labels}) {
		if !slices.Contains(a.Fields.Labels, l) {
			add = append(add, map[string]any{"add": l})
		}
	}
	if len(add) == 0 {
		return nil, nil
	}
	err := t.edit(ctx, "label", ref, map[string]any{"update": map[string]any{"labels": add}})
	if e, ok := refused(err, http.StatusBadRequest); ok {
		return []string{"labels: " + strings.TrimSpace(e.Message+" "+e.Fields["labels"])}, nil
	}
	return nil, t.missing(ctx, ref, err)
}

// edit changes fields of an issue.
func (t *Tracker) edit(ctx context.Context, op string, ref ticket.Ref, body map[string]any) error {
	path, _, err := t.api(ctx, "issue", ref.ID)
	if err != nil {
		return err
	}
	return t.do(ctx, request{op: op, method: http.MethodPut, path: path, body: body}, nil)
}
