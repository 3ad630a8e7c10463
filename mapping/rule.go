package mapping

import (
	"cmp"
	"maps"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// rule is a compiled [Rule]. Members that the configuration leaves out are zero until inherit.
type rule struct {
	name  string
	at    place // of the rule, the profile or the defaults
	match matcher
	when  *expression // nil: true

	whenText string // as written, by which two are compared
	unclear  bool   // match has mistakes, so that it is not known what it means

	dest ticket.Destination
	from map[string]place // where each key that is set stands, by its name below the rule: "labels", "on fixed"

	tracker, project, repository, issueType string // what dest is made of

	groupBy     Names
	labels      []lineTemplate
	labelSpaces spaces
	due         map[string]term   // keys in upper case
	priority    map[string]string // keys in upper case
	components  []string
	fixVersions []string
	assignee    string

	securityLevel, parent, milestone string

	fields   map[string]*customField
	title    *lineTemplate
	body     *docTemplate
	outcomes map[finding.Disposition]outcome

	ticketClosed *bool
	regression   Regression
	reopenWithin *time.Duration
	notes        *bool

	maxNewPerHour     *int
	closePersonClosed *bool
	refusedLabel      string
}

// outcome is a compiled [Outcome].
type outcome struct {
	Outcome
	labels  []lineTemplate
	fields  map[string]*customField
	comment *docTemplate // nil: the default sentence
}

// inherit fills what r leaves out from d, a profile or the defaults. Lists and texts are taken whole;
// tables (priority, fields, on) key by key.
func (r *rule) inherit(d *rule) {
	r.from = underlay(r.from, d.from)
	r.tracker = cmp.Or(r.tracker, d.tracker)
	r.project = cmp.Or(r.project, d.project)
	r.repository = cmp.Or(r.repository, d.repository)
	r.issueType = cmp.Or(r.issueType, d.issueType)
	if r.groupBy == nil {
		r.groupBy = d.groupBy
	}
	if r.labels == nil {
		r.labels = d.labels
	}
	r.labelSpaces = cmp.Or(r.labelSpaces, d.labelSpaces)
	if r.components == nil {
		r.components = d.components
	}
	if r.fixVersions == nil {
		r.fixVersions = d.fixVersions
	}
	r.assignee = cmp.Or(r.assignee, d.assignee)
	r.securityLevel = cmp.Or(r.securityLevel, d.securityLevel)
	r.parent = cmp.Or(r.parent, d.parent)
	r.milestone = cmp.Or(r.milestone, d.milestone)
	r.due = underlay(r.due, d.due)
	r.priority = underlay(r.priority, d.priority)
	r.fields = underlay(r.fields, d.fields)
	r.outcomes = underlay(r.outcomes, d.outcomes)
	r.title = cmp.Or(r.title, d.title)
	r.body = cmp.Or(r.body, d.body)
	r.ticketClosed = cmp.Or(r.ticketClosed, d.ticketClosed)
	r.regression = cmp.Or(r.regression, d.regression)
	r.reopenWithin = cmp.Or(r.reopenWithin, d.reopenWithin)
	r.notes = cmp.Or(r.notes, d.notes)
	r.maxNewPerHour = cmp.Or(r.maxNewPerHour, d.maxNewPerHour)
	r.closePersonClosed = cmp.Or(r.closePersonClosed, d.closePersonClosed)
	r.refusedLabel = cmp.Or(r.refusedLabel, d.refusedLabel)
}

// underlay gives over with the entries of under that it lacks.
func underlay[K comparable, V any](over, under map[K]V) map[K]V {
	if len(under) == 0 {
		return over
	}
	all := maps.Clone(under)
	maps.Copy(all, over)
	return all
}
