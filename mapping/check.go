package mapping

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ticketd/internal/finding"
)

// A Jira project key as Jira makes them by default, and a GitHub repository (the underscore is in
// the names of managed users).
var (
	projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// defaultIssueType is what Jira issues become where no rule says.
const defaultIssueType = "Bug"

// noTrackers is the hint where there is no tracker to suggest.
const noTrackers = "add a [jira.NAME] or [github.NAME]"

// defaultTracker checks the tracker of the defaults, once for all the rules that take it.
func (c *compiler) defaultTracker() {
	if name := c.spec.Defaults.Tracker; name != "" {
		c.tracker(place{"defaults", "tracker"}, name)
	}
}

func (c *compiler) tracker(at place, name string) {
	if _, ok := c.spec.Trackers[name]; !ok {
		c.add(at, "there is no tracker "+strconv.Quote(name), first(didYouMean(name, c.trackers()), noTrackers))
	}
}

func (c *compiler) trackers() []string { return slices.Sorted(maps.Keys(c.spec.Trackers)) }

// destination sets and checks where the rule leads.
func (c *compiler) destination(at place, s Rule, r *rule) {
	d := c.spec.Defaults
	r.dest.Tracker = first(s.Tracker, d.Tracker)
	switch {
	case s.Tracker != "":
		c.tracker(at.key("tracker"), s.Tracker)
	case d.Tracker == "":
		c.add(at, "the rule names no tracker", first(didYouMean("", c.trackers()), noTrackers))
	}
	switch c.spec.Trackers[r.dest.Tracker] {
	case Jira:
		r.dest.IssueType = first(s.IssueType, d.IssueType, defaultIssueType)
		r.dest.Project = c.needed(at, s.Project, d.Project, form{"project", projectKey, "Jira project key", "SEC"})
	case GitHub:
		r.dest.Project = c.needed(at, s.Repository, d.Repository, form{"repository", repository, "GitHub repository", "acme/app"})
	}
}

// form is how a key's value has to look.
type form struct {
	key     string
	pattern *regexp.Regexp
	noun    string
	example string
}

// needed gives the rule's value or else that of the defaults, and reports a missing or bad one
// where it stands.
func (c *compiler) needed(at place, own, inherited string, f form) string {
	value, from := own, at
	if own == "" && inherited != "" {
		value, from = inherited, place{"defaults"}
	}
	switch {
	case value == "":
		c.add(at, "the rule names no "+f.noun, fmt.Sprintf("set %s, e.g. %q", f.key, f.example))
	case !f.pattern.MatchString(value):
		c.add(from.key(f.key), fmt.Sprintf("%q is no %s", value, f.noun), fmt.Sprintf("it looks like %q", f.example))
	}
	return value
}

// service refuses keys that the rule's tracker has no use for. Those of the defaults are merely not
// used: they may serve other rules.
func (c *compiler) service(at place, s Rule, service Service) {
	var misplaced []place
	note := func(given bool, keys ...string) {
		if given {
			misplaced = append(misplaced, at.key(keys...))
		}
	}
	switch service {
	case Jira:
		note(s.Repository != "", "repository")
	case GitHub:
		note(s.Project != "", "project")
		note(s.IssueType != "", "issue_type")
		note(len(s.Priority) > 0, "priority")
		note(len(s.Components) > 0, "components")
		note(len(s.Fields) > 0, "fields")
	default:
		return // the tracker is unknown, which is reported already
	}
	for _, key := range slices.Sorted(maps.Keys(s.On)) {
		o := s.On[key]
		note(service == GitHub && len(o.Transitions) > 0, "on", key, "transitions")
		note(service == GitHub && o.Resolution != "", "on", key, "resolution")
		note(service == GitHub && len(o.Fields) > 0, "on", key, "fields")
		note(service == Jira && o.StateReason != "", "on", key, "state_reason")
	}
	for _, p := range misplaced {
		c.add(p, fmt.Sprintf("this is not for a %s tracker", serviceName(service)), "remove it, or name another tracker")
	}
}

func serviceName(s Service) string {
	if s == GitHub {
		return "GitHub"
	}
	return "Jira"
}

// Longest labels, in characters (facts/jira.md 4, facts/github.md 5).
const (
	maxJiraLabel   = 255
	maxGitHubLabel = 50
)

// labelsFor checks the labels of the rule, its outcomes included, as its tracker takes them.
func (c *compiler) labelsFor(at place, s Rule, service Service) {
	c.labels(at.key("labels"), s.Labels, service)
	for _, key := range slices.Sorted(maps.Keys(s.On)) {
		c.labels(at.key("on", key, "labels"), s.On[key].Labels, service)
	}
}

// inheritedLabels checks, for the rule's tracker, the labels that it takes from the defaults.
func (c *compiler) inheritedLabels(s Rule, service Service) {
	taken := Rule{On: maps.Clone(c.spec.Defaults.On)}
	maps.DeleteFunc(taken.On, func(key string, _ Outcome) bool { _, own := s.On[key]; return own })
	if s.Labels == nil {
		taken.Labels = c.spec.Defaults.Labels
	}
	c.labelsFor(place{"defaults"}, taken, service)
}

func (c *compiler) labels(at place, labels []string, service Service) {
	limit := maxJiraLabel
	if service == GitHub {
		limit = maxGitHubLabel
	}
	for i, l := range labels {
		at := at.key(strconv.Itoa(i))
		switch {
		case strings.TrimSpace(l) == "":
			c.add(at, "the label is empty", "remove it")
		case strings.HasPrefix(strings.ToLower(l), markerPrefix):
			c.add(at, "the label looks like a marker of ticketd", "choose one that does not begin with "+strconv.Quote(markerPrefix))
		case utf8.RuneCountInString(l) > limit:
			c.add(at, fmt.Sprintf("the label is longer than %d characters", limit), "shorten it")
		case service == Jira && jiraLabel(l) != l:
			c.warn(at, "Jira takes no white space in a label", fmt.Sprintf("ticketd writes %q", jiraLabel(l)))
		}
	}
}

// ownFields are the Jira fields that ticketd fills, with the key that says how.
func ownFields() map[string]string {
	return map[string]string{
		"project":     "set project instead",
		"issuetype":   "set issue_type instead",
		"summary":     "set title instead",
		"description": "set body instead",
		"labels":      "set labels instead",
		"priority":    "set priority instead",
		"components":  "set components instead",
		"assignee":    "set assignee instead",
	}
}

func (c *compiler) fields(at place, fields map[string]any) {
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		if hint, own := ownFields()[id]; own {
			c.add(at.key(id), "ticketd writes this field itself", hint)
		}
	}
	c.json(at, fields)
}

// priorityKey warns of a severity or relevance that Data Theorem is not known to send. It may send
// new ones (facts/datatheorem.md 1), so that this is no mistake for sure.
func (c *compiler) priorityKey(at place, key string) {
	known := []string{"HIGH", "MEDIUM", "LOW", "URGENT", "IMPORTANT", "PROACTIVE", "*"}
	if !slices.Contains(known, strings.ToUpper(key)) {
		c.warn(at, "Data Theorem is not known to send the severity or relevance "+strconv.Quote(key), didYouMean(key, known))
	}
}

// kinds warns of a kind that no finding has.
func (c *compiler) kinds(at place, p Patterns) {
	known := []string{string(finding.Target), string(finding.Violation), string(finding.Service)}
	for i, pattern := range p {
		g := newGlob(strings.TrimPrefix(pattern, "!"))
		if pattern != "" && !slices.ContainsFunc(known, g.matches) {
			c.warn(patternPlace(at, p, i), "no finding has the kind "+strconv.Quote(pattern), didYouMean(pattern, known))
		}
	}
}

// names reports rules of one name: a ticket remembers its rule by it.
func (c *compiler) names() {
	seen := make(map[string]int)
	for i, r := range c.spec.Rules {
		name := ruleName(i, r)
		if before, twice := seen[name]; twice {
			c.add(rulePlace(i).key("name"), fmt.Sprintf("rule[%d] is also called %q", before, name), "give each rule a name of its own")
			continue
		}
		seen[name] = i
	}
}

// reach warns of rules that no finding can come to.
func (c *compiler) reach(rules []*rule) {
	if len(rules) == 0 {
		c.warn(place{"rule"}, "there is no rule: no finding will get a ticket", "add a [[rule]]")
	}
	i := slices.IndexFunc(rules, func(r *rule) bool { return len(r.match) == 0 })
	if i < 0 {
		return
	}
	for later := i + 1; later < len(rules); later++ {
		c.warn(rulePlace(later), fmt.Sprintf("no finding comes to this rule: %q before it matches everything", rules[i].name), "move it up")
	}
}
