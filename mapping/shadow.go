package mapping

import (
	"fmt"
	"slices"
)

// reach warns of rules that no finding can come to. It may miss one, and never warns of a rule that
// a finding does come to.
func (c *compiler) reach(rules []*rule) {
	if len(rules) == 0 {
		c.warn(place{"rule"}, "there is no rule: no finding will get a ticket", "add a [[rule]]")
	}
	for i, r := range rules {
		before := slices.IndexFunc(rules[:i], func(earlier *rule) bool { return earlier.covers(r) })
		if before < 0 {
			continue
		}
		earlier := rules[before]
		if len(earlier.match) == 0 && earlier.whenText == "" {
			c.warn(r.at, fmt.Sprintf("no finding comes to this rule: %q before it matches everything", earlier.name), "move it up")
			continue
		}
		c.warn(r.at, fmt.Sprintf("no finding comes to this rule: %q before it matches all that it does", earlier.name), fmt.Sprintf("move it above %q, or remove it", earlier.name))
	}
}

// covers tells whether r takes every finding that the later rule would. What an expression says is
// not looked into: it covers only the same expression.
func (r *rule) covers(later *rule) bool {
	if r.unclear || later.unclear || r.whenText != "" && r.whenText != later.whenText {
		return false
	}
	return r.match.covers(later.match)
}

// covers tells whether whatever later matches is matched by m, too: each condition of m follows from
// the one that later has on the same key.
func (m matcher) covers(later matcher) bool {
	for _, c := range m {
		i := slices.IndexFunc(later, func(l condition) bool { return l.key == c.key })
		if i < 0 || !later[i].implies(c) {
			return false
		}
	}
	return true
}

// implies tells whether c holds only where o does. Both ask for the same key.
func (c condition) implies(o condition) bool {
	if len(o.any) > 0 && (len(c.any) == 0 || slices.ContainsFunc(c.any, func(p pattern) bool { return !p.withinAny(o.any) })) {
		return false
	}
	return !slices.ContainsFunc(o.none, func(p pattern) bool { return !p.withinAny(c.none) && !c.avoids(p) })
}

func (p pattern) withinAny(patterns []pattern) bool {
	return slices.ContainsFunc(patterns, func(o pattern) bool { return p.within(o.glob) })
}

// avoids tells whether nothing that c asks for is matched by p: it asks for certain texts, of a key
// with one value, and p matches none of them.
func (c condition) avoids(p pattern) bool {
	return c.single && len(c.any) > 0 && !slices.ContainsFunc(c.any, func(wanted pattern) bool {
		text, one := wanted.literal()
		return !one || p.matches(text)
	})
}
