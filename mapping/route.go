package mapping

import (
	"errors"
	"fmt"
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
	Group       string // findings of one group share a ticket: the key of a finding that has it to itself, or a group as [Grouped] knows
}

// ErrUnrouted is what Route gives where no rule matches.
var ErrUnrouted = errors.New("no rule matches")

// Route gives the destination that the first matching rule names, or an error that is
// [ErrUnrouted] where none matches. A [finding.Parent] has no ticket and is never routed. Where the
// expression of a rule fails on the finding, routing ends there with an error of its own: to ask the
// rules after it could send the finding to a place that the failing rule keeps it from.
func (m *Mapping) Route(f finding.Finding) (Route, error) {
	r, err := m.match(f)
	if err != nil {
		return Route{}, err
	}
	return r.route(f), nil
}

func (r *rule) route(f finding.Finding) Route {
	return Route{Rule: r.name, Destination: r.dest, Group: r.group(f)}
}

// match gives the first rule that matches, or an error as Route does.
func (m *Mapping) match(f finding.Finding) (*rule, error) {
	return m.ask(f, func(*rule, *refusal) {})
}

// ask asks the rules in their order until one matches, or fails, and tells what each says: nil where
// it matches.
func (m *Mapping) ask(f finding.Finding, tell func(*rule, *refusal)) (*rule, error) {
	if f.Key.Kind == finding.Parent {
		return nil, ErrUnrouted
	}
	for _, r := range m.rules {
		no := r.refuses(f)
		tell(r, no)
		switch {
		case no == nil:
			return r, nil
		case no.err != nil:
			return nil, fmt.Errorf("asking when of rule %q: %w", r.name, no.err)
		}
	}
	return nil, ErrUnrouted
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
// there is one, else through the defaults. A ticket never moves because a rule changed. For a digest
// or a group it is the named rule first, where that is still there and leads to the same destination,
// and then that of the first member which a rule takes there.
func (m *Mapping) For(s Subject, dest ticket.Destination, name string) View {
	v := View{m: m, dest: dest, rule: m.defaults}
	named := slices.IndexFunc(m.rules, func(r *rule) bool { return r.name == name })
	if (s.Digest || s.Members != nil) && named >= 0 && m.rules[named].dest == dest {
		v.rule = m.rules[named]
		return v
	}
	findings := s.Members
	if s.Members == nil && !s.Digest && s.Finding.Key != (finding.Key{}) { // what has no finding left matches no rule
		findings = []finding.Finding{s.Finding}
	}
	for _, f := range findings {
		if r, err := m.match(f); err == nil && r.dest == dest {
			v.rule = r
			return v
		}
	}
	if named >= 0 {
		v.rule = m.rules[named]
	}
	return v
}
