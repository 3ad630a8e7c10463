package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

// Create makes the issue with one POST. Where Jira refuses decorations (labels, priority,
// components, versions, due date, assignee) because they are not on the screen or unknown, it asks
// a second time without them and says so in Dropped: a 400 is certain to have had no effect.
//
// A rule's field that is named by its name, and a parent on Data Center, need a look at the site
// first, once per process. What fails before the POST is certain not to have been sent.
//
// The marker stands in a label, in an issue property and in the text, so that a site without a
// labels field can be searched too.
func (t *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Issue, error) {
	switch {
	case !reMarker.MatchString(d.Marker):
		return ticket.Issue{}, malformed("create", "marker")
	case !reProject.MatchString(d.Destination.Project):
		return ticket.Issue{}, malformed("create", "project key")
	}
	path, cloud, err := t.api(ctx, "issue")
	if err != nil {
		return ticket.Issue{}, err
	}
	fields, err := t.fieldValues(ctx, cloud, d.Fields)
	if err != nil {
		return ticket.Issue{}, err
	}
	parent, err := t.parentFields(ctx, cloud, d)
	if err != nil {
		return ticket.Issue{}, err
	}
	body := renderDescription(cloud, d)
	maps.Copy(fields, parent)
	maps.Copy(fields, ownFields(cloud, d))
	fields["description"] = body.value(cloud)
	created, dropped, err := t.post(ctx, path, d, fields)
	if err != nil {
		return ticket.Issue{}, err
	}
	return ticket.Issue{
		Ref: t.ref(created.ID, created.Key, ""), Marker: d.Marker, Open: true, Ours: true, Created: t.o.Now(),
		Written: written(d, body.fence, dropped), Dropped: reasons(dropped),
	}, nil
}

// Writes tells what a draft leaves in an issue, nothing while it is not known what Jira the site is.
func (t *Tracker) Writes(d ticket.Draft) ticket.Written {
	t.mu.Lock()
	known := t.deployment
	t.mu.Unlock()
	if known == "" {
		return ticket.Written{}
	}
	return written(d, renderDescription(known == Cloud, d).fence, nil)
}

// written tells what of a draft was written, without what was dropped.
func written(d ticket.Draft, fence string, dropped map[string]string) ticket.Written {
	w := ticket.Written{Fence: fence, Priority: d.Priority, Labels: ruleLabels(d)}
	if _, ok := dropped["labels"]; ok {
		w.Labels = nil
	}
	if _, ok := dropped["priority"]; ok {
		w.Priority = ""
	}
	return w
}

func (t *Tracker) post(ctx context.Context, path string, d ticket.Draft, fields map[string]any) (answer, map[string]string, error) {
	r := request{op: "create", method: http.MethodPost, path: path, body: map[string]any{
		"fields": fields,
		"properties": []map[string]any{
			{"key": propertyRef, "value": reference{Marker: d.Marker, Instance: t.o.Instance}},
		},
	}}
	var created answer
	err := t.do(ctx, r, &created)
	dropped := droppable(err, fields)
	if len(dropped) > 0 {
		for name := range dropped {
			delete(fields, name)
		}
		t.log.Warn("jira refused decorations of an issue", "dropped", reasons(dropped))
		created = answer{}
		err = t.do(ctx, r, &created)
	}
	if err != nil {
		return answer{}, nil, t.advise(ctx, atDestination(err), d.Fields)
	}
	if !reID.MatchString(created.ID) || !reKey.MatchString(created.Key) {
		return answer{}, nil, &ticket.Error{Decision: ticket.Doubt, Op: r.op, Status: http.StatusCreated, Err: errNoIssue}
	}
	return created, dropped, nil
}

// decorations are the fields that a ticket can do without. The security level is none of them: a
// ticket that everybody can read is worse than one that is held. Neither is the parent, nor a field
// that the rule names itself.
func decorations() []string {
	return []string{"labels", "priority", "components", "assignee", "fixVersions", "duedate"}
}

// droppable gives the fields with Jira's words about them, when a refusal is about nothing but
// decorations that were sent.
func droppable(err error, sent map[string]any) map[string]string {
	e, ok := refused(err, http.StatusBadRequest)
	if !ok || len(e.Fields) == 0 {
		return nil
	}
	for name := range e.Fields {
		if _, was := sent[name]; !was || !slices.Contains(decorations(), name) {
			return nil
		}
	}
	return e.Fields
}

func reasons(dropped map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(dropped)) {
		out = append(out, fmt.Sprintf("%s: %s", name, dropped[name]))
	}
	return out
}

// atDestination finds the refusals of a create that concern every ticket for the project, and says
// what to do about those that concern the rule.
func atDestination(err error) error {
	return amend(err, func(e *ticket.Error) {
		_, project := e.Fields["project"]
		_, issueType := e.Fields["issuetype"]
		switch {
		case e.Decision == ticket.HoldTicket && project:
			e.Decision, e.Hint = ticket.HoldDestination, hintProject
		case e.Decision == ticket.HoldTicket && issueType: // one rule's mistake: the others go on
			e.Hint = hintIssueType
		case e.Decision == ticket.HoldDestination && e.Status == http.StatusNotFound:
			e.Hint = hintProject
		}
		if strings.Contains(strings.ToLower(e.Message+e.Fields["project"]), "archived") {
			e.Hint = hintArchived
		}
	})
}

// ownFields gives the fields of a new issue that make it ours and those that a rule has keys of its
// own for, but its description. They come over the rule's further fields: none of those may replace
// what makes the issue ours.
func ownFields(cloud bool, d ticket.Draft) map[string]any {
	fields := map[string]any{
		"project":   map[string]any{"key": d.Destination.Project},
		"issuetype": byNameOrID(d.Destination.IssueType),
		"summary":   summary(d.Title),
		"labels":    slices.Concat([]string{constantLabel, d.Marker}, ruleLabels(d)),
	}
	if d.Priority != "" {
		fields["priority"] = byNameOrID(d.Priority)
	}
	if len(d.Components) > 0 {
		var components []any
		for _, name := range d.Components {
			components = append(components, map[string]any{"name": name})
		}
		fields["components"] = components
	}
	if len(d.FixVersions) > 0 {
		var versions []any
		for _, name := range d.FixVersions {
			versions = append(versions, byNameOrID(name))
		}
		fields["fixVersions"] = versions
	}
	if d.DueDate != "" {
		fields["duedate"] = d.DueDate
	}
	if d.SecurityLevel != "" {
		fields["security"] = byNameOrID(d.SecurityLevel)
	}
	if d.Assignee != "" {
		fields["assignee"] = person(cloud, d.Assignee)
	}
	return fields
}

// ruleLabels gives the valid labels of a draft without those of the adapter.
func ruleLabels(d ticket.Draft) []string {
	var out []string
	for _, l := range d.Labels {
		if l = label(l); l != "" && l != constantLabel && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func byNameOrID(s string) map[string]any {
	if reID.MatchString(s) {
		return map[string]any{"id": s}
	}
	return map[string]any{"name": s}
}

func person(cloud bool, name string) map[string]any {
	if cloud {
		return map[string]any{"accountId": name}
	}
	return map[string]any{"name": name}
}
