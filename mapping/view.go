package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// View is how the mapping wants one ticket to look and to be kept. It is a value; [Mapping.For]
// makes it.
type View struct {
	m    *Mapping
	rule *rule
	dest ticket.Destination
}

func (v View) service() Service { return v.m.trackers[v.dest.Tracker] }

// Policy says when the ticket is made, reopened and commented.
func (v View) Policy() Policy {
	p := Policy{OnRegression: RegressionReopen, ReopenWithin: DefaultReopenWithin, Notes: true, RefusedLabel: DefaultRefusedLabel}
	if v.rule.ticketClosed != nil {
		p.TicketClosed = *v.rule.ticketClosed
	}
	if v.rule.regression != "" {
		p.OnRegression = v.rule.regression
	}
	if v.rule.reopenWithin != nil {
		p.ReopenWithin = *v.rule.reopenWithin
	}
	if v.rule.notes != nil {
		p.Notes = *v.rule.notes
	}
	if v.rule.maxNewPerHour != nil {
		p.MaxNewPerHour = *v.rule.maxNewPerHour
	}
	if v.rule.closePersonClosed != nil {
		p.ClosePersonClosed = *v.rule.closePersonClosed
	}
	p.RefusedLabel = first(v.rule.refusedLabel, p.RefusedLabel)
	return p
}

// Draft gives the issue that should exist for the subject. previous, when it is not zero, is the
// older issue that this one follows. The only error is that of a body template that cannot be
// executed on this finding.
func (v View) Draft(s Subject, marker string, previous ticket.Ref) (ticket.Draft, error) {
	f := s.Finding
	body, err := v.body(f)
	if err != nil {
		return ticket.Draft{}, fmt.Errorf("executing the body template: %w", err)
	}
	if !previous.IsZero() {
		body = append(ticket.Doc{follows(previous)}, body...)
	}
	d := ticket.Draft{
		Destination: v.dest,
		Marker:      marker,
		Title:       v.title(f),
		Body:        body,
		Labels:      v.labels(v.rule.labels),
		Assignee:    v.rule.assignee,
	}
	d.PortalURL, _ = v.m.portal.vet(f.Get(finding.PortalURL))
	if v.service() == Jira {
		d.Priority = v.priority(f)
		d.Components = slices.Clone(v.rule.components)
		d.Fields = rawFields(v.rule.fields)
	}
	return d, nil
}

// priority looks up the severity, then the relevance, then "*".
func (v View) priority(f finding.Finding) string {
	for _, key := range []string{f.Get(finding.Severity), f.Get(finding.Relevance), "*"} {
		if name := v.rule.priority[strings.ToUpper(key)]; name != "" {
			return name
		}
	}
	return ""
}

// jiraLabel writes white space, which Jira refuses, as "-".
func jiraLabel(label string) string { return strings.Join(strings.Fields(label), "-") }

// labels writes them as the tracker takes them.
func (v View) labels(labels []string) []string {
	out := slices.Clone(labels)
	if v.service() == Jira {
		for i, l := range out {
			out[i] = jiraLabel(l)
		}
	}
	return out
}

// Closing says how the issue is closed for a disposition, or reopened for [finding.Open]. On
// GitHub the reason is "completed" for what a scan or a policy ended and "not_planned" for what a
// person decided, unless the rule says otherwise.
// The only error is that of a template that cannot be executed on this subject.
func (v View) Closing(_ Subject, d finding.Disposition) (ticket.Closing, error) {
	o := v.rule.outcomes[d]
	c := ticket.Closing{AddLabels: v.labels(o.Labels)}
	switch v.service() {
	case Jira:
		c.Transitions = slices.Clone(o.Transitions)
		c.Resolution = o.Resolution
		c.Fields = rawFields(o.Fields)
	case GitHub:
		c.StateReason = o.StateReason
		switch {
		case c.StateReason != "" || !d.Closed():
		case d.Decision():
			c.StateReason = notPlanned
		default:
			c.StateReason = completed
		}
	}
	return c, nil
}

// CommentOnly tells whether a ticket only gets a comment, and keeps its state, for the disposition.
func (v View) CommentOnly(d finding.Disposition) bool { return v.rule.outcomes[d].CommentOnly }

// rawFields are fields as the rule gives them, sorted by name.
func rawFields(fields map[string]any) []ticket.Field {
	var out []ticket.Field
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, ticket.Field{Name: name, Type: ticket.JSONField, JSON: fields[name]})
	}
	return out
}

// GitHub's reasons that a rule may give.
const (
	completed  = "completed"
	notPlanned = "not_planned"
)

// Digest is a stable digest of what an update of the issue would write: body, priority, labels.
// The title is not part of it, because it is written once.
func (View) Digest(d ticket.Draft) string {
	return digest(struct {
		Body      ticket.Doc
		PortalURL string
		Priority  string
		Labels    []string
	}{d.Body, d.PortalURL, d.Priority, slices.Sorted(slices.Values(d.Labels))})
}

// digest is the SHA-256 of the value's JSON, in which maps are sorted. Only values that Compile
// has seen to be writable as JSON come here.
func digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("digesting %T: %v", v, err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
