package jira

import (
	"context"
	"maps"
	"slices"

	"ticketd/internal/ticket"
)

// Update brings our part of the description, the priority and the rule's labels up to date, but
// only where the issue still has what we wrote last. Kept says what a person changed, and Written
// what stands now.
func (t *Tracker) Update(ctx context.Context, ref ticket.Ref, d ticket.Draft, w ticket.Written) (ticket.Issue, error) {
	if !reMarker.MatchString(d.Marker) {
		return ticket.Issue{}, malformed("update", "marker")
	}
	ours, err := t.ours(ctx)
	if err != nil {
		return ticket.Issue{}, err
	}
	cloud, err := t.cloud(ctx)
	if err != nil {
		return ticket.Issue{}, err
	}
	a, err := t.get(ctx, "read", ref, "description", "priority")
	if err != nil {
		return ticket.Issue{}, err
	}
	u := &update{now: w, fields: map[string]any{}}
	u.now.Also = nil // what stands was read
	u.description(cloud, a, d, w)
	u.priority(a, d, w)
	u.labels(a, d, w)
	dropped, err := t.apply(ctx, ref, u, w)
	if err != nil {
		return ticket.Issue{}, err
	}
	issue := t.issue(a, ours)
	issue.Written, issue.Kept, issue.Dropped = u.now, u.kept, dropped
	return issue, nil
}

// update collects the difference between the issue and the draft.
type update struct {
	fields map[string]any
	ops    []map[string]any // on labels
	now    ticket.Written   // what stands once it is applied
	kept   []string
}

func (u *update) description(cloud bool, a answer, d ticket.Draft, w ticket.Written) {
	body := renderDescription(cloud, d)
	if body.fence == w.Fence && len(w.Also) == 0 {
		return
	}
	if _, ok := body.within(cloud, a.Fields.Description, d.Marker, body.fence); ok {
		u.now.Fence = body.fence // an earlier update took effect although its answer was lost
		return
	}
	for _, fence := range w.Fences() {
		if value, ok := body.within(cloud, a.Fields.Description, d.Marker, fence); ok {
			u.fields["description"] = value
			u.now.Fence = body.fence
			return
		}
	}
	u.kept = append(u.kept, "description")
}

func (u *update) priority(a answer, d ticket.Draft, w ticket.Written) {
	ours := func(name string) bool { return name != "" && a.Fields.Priority.is(name) }
	switch {
	case d.Priority == "" || (d.Priority == w.Priority && len(w.Also) == 0):
		return
	case w.Priority != "" && a.Fields.Priority.is(d.Priority):
		u.now.Priority = d.Priority // as above
		return
	case a.Fields.Priority.is(d.Priority):
		return
	case !slices.ContainsFunc(w.Priorities(), ours):
		u.kept = append(u.kept, "priority")
		return
	}
	u.fields["priority"] = byNameOrID(d.Priority)
	u.now.Priority = d.Priority
}

// labels adds what is newly wanted and takes away what we put there and nobody wants any more. A
// label of ours that a person took off stays off.
func (u *update) labels(a answer, d ticket.Draft, w ticket.Written) {
	want := ruleLabels(d)
	for _, l := range want {
		if !slices.Contains(w.Labels, l) && !slices.Contains(a.Fields.Labels, l) {
			u.ops = append(u.ops, map[string]any{"add": l})
		}
	}
	for _, l := range w.EveryLabel() {
		if !slices.Contains(want, l) && slices.Contains(a.Fields.Labels, l) {
			u.ops = append(u.ops, map[string]any{"remove": l})
		}
	}
	u.now.Labels = want
}

// apply sends the difference, once more without what Jira says cannot be edited.
func (t *Tracker) apply(ctx context.Context, ref ticket.Ref, u *update, w ticket.Written) ([]string, error) {
	sent := maps.Clone(u.fields)
	if len(u.ops) > 0 {
		sent["labels"] = u.ops
	}
	if len(sent) == 0 {
		return nil, nil
	}
	err := t.edit(ctx, "update", ref, u.body())
	dropped := droppable(err, sent)
	if len(dropped) == 0 {
		return nil, t.missing(ctx, ref, err)
	}
	if _, ok := dropped["priority"]; ok {
		delete(u.fields, "priority")
		u.now.Priority = w.Priority
	}
	if _, ok := dropped["labels"]; ok {
		u.ops, u.now.Labels = nil, w.Labels
	}
	if len(u.fields) == 0 && len(u.ops) == 0 {
		return reasons(dropped), nil
	}
	return reasons(dropped), t.missing(ctx, ref, t.edit(ctx, "update", ref, u.body()))
}

func (u *update) body() map[string]any {
	body := map[string]any{}
	if len(u.fields) > 0 {
		body["fields"] = u.fields
	}
	if len(u.ops) > 0 {
		body["update"] = map[string]any{"labels": u.ops}
	}
	return body
}
