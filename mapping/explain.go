package mapping

import (
	"slices"

	"ticketd/internal/finding"
)

// Trace tells how a finding was routed: what every rule said to it, in the order in which they were
// asked. Rules after the one that matched were not asked and are not listed.
type Trace struct {
	Rules   []Verdict
	Route   Route    // zero where Err is set
	GroupBy []string // fields in which the findings of the ticket agree; empty where the rule does not group
	Err     error    // as Route gives it
}

// Verdict is what one rule said to a finding.
type Verdict struct {
	Rule    string
	Matched bool
	Why     string   // the first condition that did not hold, in words; "" where it matched
	Key     []string // path of that condition in the configuration, as [Problem] has it; nil where it matched
}

// Explain routes the finding as Route does, by the same code, and tells how it came out.
func (m *Mapping) Explain(f finding.Finding) Trace {
	var t Trace
	r, err := m.ask(f, func(r *rule, no *refusal) {
		v := Verdict{Rule: r.name, Matched: no == nil}
		if no != nil {
			v.Why, v.Key = no.why(r, f)
		}
		t.Rules = append(t.Rules, v)
	})
	if t.Err = err; err == nil {
		t.Route, t.GroupBy = r.route(f), slices.Clone(r.groupBy)
	}
	return t
}
