package mapping

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// Needs tells what the rules will ask of each destination, in the order of the first rule that leads
// there. Each Want has the key that says so, which may be one of a profile or of the defaults; what
// no key says has the rule's. A disposition that is comment_only asks for nothing.
func (m *Mapping) Needs() []ticket.Need {
	var needs []ticket.Need
	for _, r := range m.rules {
		i := slices.IndexFunc(needs, func(n ticket.Need) bool { return n.Destination == r.dest })
		if i < 0 {
			i = len(needs)
			needs = append(needs, ticket.Need{Destination: r.dest, Key: r.place(projectKeyOf(m.trackers[r.dest.Tracker]))})
		}
		needs[i].Rules = append(needs[i].Rules, r.name)
		for _, w := range r.wants(m.trackers[r.dest.Tracker]) {
			needs[i].Wants = wanted(needs[i].Wants, w, r.name)
		}
	}
	return needs
}

// wanted adds what a rule wants to wants, in which what several rules want in the same words stands once.
func wanted(wants []ticket.Want, w ticket.Want, rule string) []ticket.Want {
	i := slices.IndexFunc(wants, func(o ticket.Want) bool {
		o.Rules = nil
		return reflect.DeepEqual(o, w)
	})
	if i < 0 {
		i = len(wants)
		wants = append(wants, w)
	}
	wants[i].Rules = append(wants[i].Rules, rule)
	return wants
}

func projectKeyOf(service Service) string {
	if service == GitHub {
		return repositoryForm().key
	}
	return projectForm().key
}

// wanting collects what one rule asks for.
type wanting struct {
	rule    *rule
	service Service
	wants   []ticket.Want
}

func (r *rule) wants(service Service) []ticket.Want {
	w := wanting{rule: r, service: service}
	if service == Jira {
		w.add(ticket.Want{Aspect: ticket.WantIssueType, Value: r.dest.IssueType}, "issue_type")
	}
	w.labels(r.labels, "", "labels")
	w.value(ticket.WantAssignee, r.assignee, "assignee")
	switch service {
	case Jira:
		w.jira()
	case GitHub:
		w.value(ticket.WantMilestone, r.milestone, "milestone")
	}
	for _, d := range finding.Dispositions() {
		w.outcome(d, r.outcomes[d])
	}
	w.refused()
	return w.wants
}

// refused asks for the label of a ticket that cannot be brought to its disposition, unless that is
// never tried.
func (w *wanting) refused() {
	for _, d := range finding.Dispositions() {
		if !w.rule.outcomes[d].CommentOnly {
			w.value(ticket.WantLabel, w.rule.labelOfRefusal(w.service), "refused_label")
			return
		}
	}
}

func (w *wanting) add(want ticket.Want, keys ...string) {
	want.Key = w.rule.place(keys...)
	w.wants = append(w.wants, want)
}

func (w *wanting) value(aspect ticket.Aspect, value string, keys ...string) {
	if value != "" {
		w.add(ticket.Want{Aspect: aspect, Value: value}, keys...)
	}
}

func (w *wanting) values(aspect ticket.Aspect, values []string, key string) {
	for i, value := range values {
		w.value(aspect, value, key, strconv.Itoa(i))
	}
}

// labels asks for the labels that do not depend on a finding.
func (w *wanting) labels(labels []lineTemplate, disposition string, keys ...string) {
	for i, t := range labels {
		text, err := t.line(Data{})
		if err != nil || !fixed(t.Template) {
			continue
		}
		want := ticket.Want{Aspect: ticket.WantLabel, Value: w.rule.labelSpaces.write(text, w.service), Disposition: disposition}
		w.add(want, append(keys, strconv.Itoa(i))...)
	}
}

// jira asks for what Jira alone has.
func (w *wanting) jira() {
	r := w.rule
	for _, key := range slices.Sorted(maps.Keys(r.priority)) {
		w.value(ticket.WantPriority, r.priority[key], "priority", key)
	}
	w.values(ticket.WantComponent, r.components, "components")
	w.values(ticket.WantFixVersion, r.fixVersions, "fix_versions")
	if terms := slices.Sorted(maps.Keys(r.due)); len(terms) > 0 {
		w.add(ticket.Want{Aspect: ticket.WantDueDate}, "due", terms[0])
	}
	w.value(ticket.WantSecurityLevel, r.securityLevel, "security_level")
	w.value(ticket.WantParent, r.parent, "parent")
	w.fields(ticket.WantField, r.fields, "", "fields")
}

func (w *wanting) fields(aspect ticket.Aspect, fields map[string]*customField, disposition string, keys ...string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if field, wanted := fields[name].want(name); wanted {
			w.add(ticket.Want{Aspect: aspect, Field: &field, Disposition: disposition}, append(keys, name)...)
		}
	}
}

// outcome asks for what brings a ticket to a disposition.
func (w *wanting) outcome(d finding.Disposition, o outcome) {
	if o.CommentOnly {
		return
	}
	on := string(d)
	w.labels(o.labels, on, "on", on, "labels")
	if w.service != Jira {
		return
	}
	way := ticket.Want{Aspect: ticket.WantTransition, Disposition: on, Path: slices.Clone(o.Transitions)}
	if len(o.Transitions) > 0 {
		w.add(way, "on", on, "transitions")
	} else {
		w.add(way, "on", on)
	}
	if o.Resolution != "" {
		w.add(ticket.Want{Aspect: ticket.WantResolution, Value: o.Resolution, Disposition: on}, "on", on, "resolution")
	}
	w.fields(ticket.WantScreenField, o.fields, on, "on", on, "fields")
}
