package jira

import (
	"fmt"
	"slices"
	"strconv"

	"ticketd/internal/ticket"
)

// lacking gives those of some rules that want nothing of a sort.
func (e *examination) lacking(rules []string, sort func(ticket.Want) bool) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(rule string) bool {
		return slices.ContainsFunc(e.need.Wants, func(w ticket.Want) bool { return slices.Contains(w.Rules, rule) && sort(w) })
	})
}

// doNotSet says which rules do not set something.
func (e *examination) doNotSet(rules []string) string {
	switch {
	case len(rules) == 1:
		return fmt.Sprintf("rule %q does not set it", rules[0])
	case len(rules) == len(e.need.Rules):
		return fmt.Sprintf("none of the %d rules that lead here sets it", len(rules))
	}
	quoted := make([]string, len(rules))
	for i, rule := range rules {
		quoted[i] = strconv.Quote(rule)
	}
	return "rules " + list(quoted) + " do not set it"
}

// keyOf gives the key of a rule, as far as one of its own keys tells it, else that of the
// destination.
func (e *examination) keyOf(rule string) []string {
	for _, w := range e.need.Wants {
		if len(w.Key) > 1 && w.Key[0] == "rule" && slices.Equal(w.Rules, []string{rule}) {
			return w.Key[:2]
		}
	}
	return e.need.Key
}

// shared tells whether some rule wants both.
func shared(a, b ticket.Want) bool {
	return slices.ContainsFunc(a.Rules, func(rule string) bool { return slices.Contains(b.Rules, rule) })
}
