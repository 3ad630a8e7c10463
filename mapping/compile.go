package mapping

import (
	"strconv"
	"strings"

	"ticketd/internal/ticket"
)

// Compile checks the Spec and makes a Mapping of it. It reports every mistake at once; with a
// mistake that is more than a warning there is no Mapping.
func Compile(s Spec) (*Mapping, []Problem) {
	rep := new(report)
	m := &Mapping{instance: s.Instance, trackers: s.Trackers, defaults: &rule{}}
	for _, h := range s.PortalHosts {
		m.portal = append(m.portal, strings.ToLower(h))
	}
	for i, r := range s.Rules {
		c := &rule{name: r.Name, match: compileMatch(r.Match, rulePlace(i).key("match"), rep)}
		if c.name == "" {
			c.name = "rule-" + strconv.Itoa(i+1)
		}
		c.dest = ticket.Destination{Tracker: r.Tracker, Project: r.Project + r.Repository, IssueType: r.IssueType}
		m.rules = append(m.rules, c)
	}
	m.fingerprint = digest(s)
	return m, rep.problems
}
