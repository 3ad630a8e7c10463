package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

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
	p := Policy{OnRegression: RegressionReopen, ReopenWithin: DefaultReopenWithin, Notes: true, RefusedLabel: v.rule.labelOfRefusal(v.service())}
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
	return p
}

// Draft gives the issue that should exist for the subject. previous, when it is not zero, is the
// older issue that this one follows. The error is that of a body that cannot be executed on this
// subject, or of a field whose value cannot be written as its type. Of a digest, which is no finding,
// there is no such error: it has a text of its own and those of the rule's fields that fit.
func (v View) Draft(s Subject, marker string, previous ticket.Ref) (ticket.Draft, error) {
	data := v.data(s)
	body, err := v.body(s, data)
	if err != nil {
		return ticket.Draft{}, fmt.Errorf("executing the body template: %w", err)
	}
	if !previous.IsZero() {
		body = append(ticket.Doc{follows(previous)}, body...)
	}
	d := ticket.Draft{
		Destination: v.dest,
		Marker:      marker,
		Title:       v.title(s, data),
		Body:        body,
		Labels:      v.labels(v.rule.labels, data),
	}
	if !s.Digest {
		d.PortalURL, _ = v.m.portal.vet(s.Finding.Get(finding.PortalURL))
		d.Assignee = v.rule.assignee
	}
	if v.service() == GitHub {
		d.Milestone = v.rule.milestone
		return d, nil
	}
	if err := v.jira(&d, s, data); err != nil {
		return ticket.Draft{}, err
	}
	return d, nil
}

// jira sets what only Jira has.
func (v View) jira(d *ticket.Draft, s Subject, data Data) (err error) {
	if !s.Digest {
		d.Priority, _ = bySeverity(v.rule.priority, s.Finding)
		d.DueDate = v.due(s)
	}
	d.Components = slices.Clone(v.rule.components)
	d.FixVersions = slices.Clone(v.rule.fixVersions)
	d.SecurityLevel = v.rule.securityLevel
	d.Parent = v.rule.parent
	d.Fields, err = writeFields(v.rule.fields, data, s.Digest)
	return err
}

// data gives what the rule's templates see.
func (v View) data(s Subject) Data { return newData(s, v.rule.groupBy) }

// Closing says how the issue is closed for a disposition, or reopened for [finding.Open]. On
// GitHub the reason is "completed" for what a scan or a policy ended and "not_planned" for what a
// person decided, unless the rule says otherwise. The error is that of a field whose value cannot be
// written as its type.
func (v View) Closing(s Subject, d finding.Disposition) (ticket.Closing, error) {
	o, data := v.rule.outcomes[d], v.data(s)
	c := ticket.Closing{AddLabels: v.labels(o.labels, data)}
	if v.service() == Jira {
		var err error
		c.Transitions = slices.Clone(o.Transitions)
		c.Resolution = o.Resolution
		c.Fields, err = writeFields(o.fields, data, s.Digest)
		return c, err
	}
	c.StateReason = o.StateReason
	switch {
	case c.StateReason != "" || !d.Closed():
	case d.Decision():
		c.StateReason = notPlanned
	default:
		c.StateReason = completed
	}
	return c, nil
}

// CommentOnly tells whether a ticket only gets a comment, and keeps its state, for the disposition.
func (v View) CommentOnly(d finding.Disposition) bool { return v.rule.outcomes[d].CommentOnly }

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
