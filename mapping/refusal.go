package mapping

import (
	"fmt"
	"strings"

	"ticketd/internal/finding"
)

// refusal is why a rule does not take a finding: a condition or the expression that does not hold, or
// an expression that fails on it. Words are made of it only where somebody asks: for every finding
// that is routed, many rules refuse.
type refusal struct {
	condition *condition // nil: it is the expression
	err       error      // of an expression that fails
}

// refuses asks the rule about a finding; nil takes it.
func (r *rule) refuses(f finding.Finding) *refusal {
	if c := r.match.refuses(f); c != nil {
		return &refusal{condition: c}
	}
	if r.when == nil {
		return nil
	}
	if yes, err := r.when.holds(f); err != nil || !yes {
		return &refusal{err: err}
	}
	return nil
}

// why tells in words why the rule refused the finding, and where the condition stands.
func (n refusal) why(r *rule, f finding.Finding) (string, place) {
	switch {
	case n.condition != nil:
		return n.condition.why(f)
	case n.err != nil:
		return "when fails: " + n.err.Error(), r.at.key("when")
	}
	return "when is false", r.at.key("when")
}

// why tells in words why the condition does not hold for the finding, and where it stands.
func (c condition) why(f finding.Finding) (string, place) {
	values := c.values(f)
	if p := fitsAny(c.none, lowered(c.values(f))); p != nil {
		return fmt.Sprintf("%s is %s, excluded by %s", c.key, valuesShown(values), short(p.text)), p.at
	}
	wanted := make([]string, 0, len(c.any))
	for _, p := range c.any {
		wanted = append(wanted, short(p.text))
	}
	return fmt.Sprintf("%s is %s, wanted %s", c.key, valuesShown(values), some(wanted, " or ")), c.at
}

// valuesShown writes the values of a finding for a line.
func valuesShown(values []string) string {
	shown := make([]string, 0, len(values))
	for _, v := range values {
		if v = short(v); v == "" {
			v = "empty"
		}
		shown = append(shown, v)
	}
	return some(shown, ", ")
}

// some joins the first few.
func some(texts []string, between string) string {
	const few = 5
	if len(texts) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:few], between), len(texts)-few)
	}
	return strings.Join(texts, between)
}
