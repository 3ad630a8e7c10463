package mapping

import (
	"slices"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// Mapping is a compiled [Spec]. It is immutable and safe for concurrent use.
type Mapping struct {
	instance    string
	fingerprint string
	portal      portal
	trackers    map[string]Service
	defaults    *rule
	rules       []*rule
}

// Route is where a finding goes.
type Route struct {
	Rule        string // name of the rule that matched
	Destination ticket.Destination
	Group       string // findings of one group share a ticket; today each is its own group
}

// Route gives the destination that the first matching rule names, or false where none matches. A
// [finding.Parent] has no ticket and is never routed.
func (m *Mapping) Route(f finding.Finding) (Route, bool) {
	r := m.match(f)
	if r == nil {
		return Route{}, false
	}
	return Route{Rule: r.name, Destination: r.dest, Group: f.Key.String()}, true
}

func (m *Mapping) match(f finding.Finding) *rule {
	if f.Key.Kind == finding.Parent {
		return nil
	}
	for _, r := range m.rules {
		if r.match.matches(f) {
			return r
		}
	}
	return nil
}

// Rules gives the names of the rules in the order in which they are asked.
func (m *Mapping) Rules() []string {
	names := make([]string, 0, len(m.rules))
	for _, r := range m.rules {
		names = append(names, r.name)
	}
	return names
}

// Fingerprint is a digest of the whole Spec, by which a changed configuration is noticed.
func (m *Mapping) Fingerprint() string { return m.fingerprint }

// For gives the view on a ticket at dest that was made by the named rule: through the rule that
// matches the finding now if it still leads to the same destination, else through the named rule if
// there is one, else through the defaults. A ticket never moves because a rule changed.
func (m *Mapping) For(f finding.Finding, dest ticket.Destination, name string) View {
	v := View{m: m, dest: dest, rule: m.defaults}
	if r := m.match(f); r != nil && r.dest == dest {
		v.rule = r
	} else if i := slices.IndexFunc(m.rules, func(r *rule) bool { return r.name == name }); i >= 0 {
		v.rule = m.rules[i]
	}
	return v
}
