package mapping

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// A Jira project key as Jira makes them by default, the key of an issue, and a GitHub repository (the
// underscore is in the names of managed users).
var (
	projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}$`)
	issueKey   = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}-[1-9][0-9]{0,18}$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// defaultIssueType is what Jira issues become where no rule says.
const defaultIssueType = "Bug"

// noTrackers is the hint where there is no tracker to suggest.
const noTrackers = "add a [jira.NAME] or [github.NAME]"

func (c *compiler) tracker(at place, name string) {
	if _, ok := c.spec.Trackers[name]; !ok {
		c.add(at, "there is no tracker "+strconv.Quote(name), first(didYouMean(name, c.trackers()), noTrackers))
	}
}

func (c *compiler) trackers() []string { return slices.Sorted(maps.Keys(c.spec.Trackers)) }

// destination sets where the rule leads and reports what is missing for it. What is there is looked
// at by own.
func (c *compiler) destination(r *rule) {
	r.dest.Tracker = r.tracker
	if r.tracker == "" {
		c.add(r.at.key("tracker"), "the rule names no tracker", first(didYouMean("", c.trackers()), noTrackers))
	}
	switch c.spec.Trackers[r.tracker] {
	case Jira:
		r.dest.Project, r.dest.IssueType = r.project, first(r.issueType, defaultIssueType)
		c.needed(r, r.project, projectForm())
	case GitHub:
		r.dest.Project = r.repository
		c.needed(r, r.repository, repositoryForm())
	}
}

// form is how a key's value has to look.
type form struct {
	key     string
	pattern *regexp.Regexp
	noun    string
	example string
}

func projectForm() form    { return form{"project", projectKey, "Jira project key", "SEC"} }
func repositoryForm() form { return form{"repository", repository, "GitHub repository", "acme/app"} }
func parentForm() form     { return form{"parent", issueKey, "key of a Jira issue", "SEC-12"} }

func (c *compiler) needed(r *rule, value string, f form) {
	if value == "" {
		c.add(r.at.key(f.key), "the rule names no "+f.noun, fmt.Sprintf("set %s, e.g. %q", f.key, f.example))
	}
}

// form reports a value that does not look as it has to.
func (c *compiler) form(l layer, value string, f form) {
	if value != "" && !f.pattern.MatchString(value) {
		c.add(l.at.key(f.key), fmt.Sprintf("%q is no %s", value, f.noun), fmt.Sprintf("it looks like %q", f.example))
	}
}

// own checks what can be told of a layer by itself, whichever service its tracker is of.
func (c *compiler) own(l layer) {
	if l.Tracker != "" {
		c.tracker(l.at.key("tracker"), l.Tracker)
	}
	c.form(l, l.Project, projectForm())
	c.form(l, l.Repository, repositoryForm())
	c.form(l, l.Parent, parentForm())
	c.groupFields(l.at.key("group_by"), l.GroupBy)
	if l.MaxNewPerHour != nil && *l.MaxNewPerHour < 0 {
		c.add(l.at.key("max_new_per_hour"), "a bound cannot be negative", "write 0 for no bound")
	}
	if known := spacePolicies(); l.LabelSpaces != "" && !slices.Contains(known, l.LabelSpaces) {
		c.add(l.at.key("label_spaces"), "there is no answer "+strconv.Quote(l.LabelSpaces)+" to spaces in labels", didYouMean(l.LabelSpaces, known))
	}
	for _, key := range slices.Sorted(maps.Keys(l.Due)) {
		c.priorityKey(l.at.key("due", key), key)
	}
	for _, key := range slices.Sorted(maps.Keys(l.On)) {
		c.contradiction(l.at.key("on", key), l.On[key])
	}
	c.literals(l)
}

// literals refuses templates where none is executed: what stands there chooses a place or a person, and
// no finding may.
func (c *compiler) literals(l layer) {
	refuse := func(value string, keys ...string) {
		if strings.Contains(value, "{{") {
			c.add(l.at.key(keys...), "no template is executed here", "write the name itself; templates go into title, body, labels, fields and comment")
		}
	}
	list := func(values []string, keys ...string) {
		for i, value := range values {
			refuse(value, append(keys, strconv.Itoa(i))...)
		}
	}
	refuse(l.IssueType, "issue_type")
	refuse(l.Assignee, "assignee")
	refuse(l.Milestone, "milestone")
	refuse(l.SecurityLevel, "security_level")
	refuse(l.RefusedLabel, "refused_label")
	list(l.Components, "components")
	list(l.FixVersions, "fix_versions")
	for _, key := range slices.Sorted(maps.Keys(l.Priority)) {
		refuse(l.Priority[key], "priority", key)
	}
	for _, key := range slices.Sorted(maps.Keys(l.On)) {
		refuse(l.On[key].Resolution, "on", key, "resolution")
		list(l.On[key].Transitions, "on", key, "transitions")
	}
}

// contradiction refuses what changes a ticket that is to be left as it is.
func (c *compiler) contradiction(at place, o Outcome) {
	refuse := func(given bool, key string) {
		if given && o.CommentOnly {
			c.add(at.key(key), "comment_only leaves the ticket as it is, and this would change it", "remove one of the two")
		}
	}
	refuse(len(o.Transitions) > 0, "transitions")
	refuse(o.Resolution != "", "resolution")
	refuse(len(o.Fields) > 0, "fields")
	refuse(o.StateReason != "", "state_reason")
	refuse(len(o.Labels) > 0, "labels")
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
		note(s.Milestone != "", "milestone")
		if s.LabelSpaces == string(spacesKeep) {
			c.add(at.key("label_spaces"), "Jira takes no spaces in labels, so they cannot be kept", `write "dash", "underscore" or "remove"`)
		}
	case GitHub:
		note(s.Project != "", "project")
		note(s.IssueType != "", "issue_type")
		note(len(s.Priority) > 0, "priority")
		note(len(s.Components) > 0, "components")
		note(len(s.Due) > 0, "due")
		note(len(s.FixVersions) > 0, "fix_versions")
		note(s.SecurityLevel != "", "security_level")
		note(s.Parent != "", "parent")
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

// labelsFor checks the labels that the rule r takes from a layer, its outcomes included, as the
// rule's tracker takes them; without a rule, all of the layer.
func (c *compiler) labelsFor(l layer, r *rule, service Service) {
	var policy spaces
	if r != nil {
		policy = r.labelSpaces
	}
	taken := func(keys ...string) bool {
		return r == nil || slices.Equal(r.place(keys...), l.at.key(keys...))
	}
	if taken("labels") {
		c.labels(l.at.key("labels"), l.Labels, service, policy)
	}
	if taken("refused_label") && l.RefusedLabel != "" {
		c.label(l.at.key("refused_label"), l.RefusedLabel, service, policy)
	}
	for _, key := range slices.Sorted(maps.Keys(l.On)) {
		if taken("on", key) {
			c.labels(l.at.key("on", key, "labels"), l.On[key].Labels, service, policy)
		}
	}
}

func (c *compiler) labels(at place, labels []string, service Service, policy spaces) {
	for i, l := range labels {
		if !strings.Contains(l, "{{") { // else it is a template, and known when it is executed
			c.label(at.key(strconv.Itoa(i)), l, service, policy)
		}
	}
}

func (c *compiler) label(at place, label string, service Service, policy spaces) {
	limit := maxJiraLabel
	if service == GitHub {
		limit = maxGitHubLabel
	}
	switch {
	case strings.TrimSpace(label) == "":
		c.add(at, "the label is empty", "remove it")
	case likeMarker(label):
		c.add(at, "the label looks like a marker of ticketd", "choose one that does not begin with dtw- or dtc-")
	case ticket.Units(label) > limit:
		c.add(at, fmt.Sprintf("the label is longer than %d characters", limit), "shorten it")
	case service == Jira && policy == "" && policy.write(label, service) != label:
		c.warn(at, "Jira takes no white space in a label", fmt.Sprintf("ticketd writes %q", policy.write(label, service)))
	}
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
	known := kindNames()
	for i, pattern := range p {
		g := newGlob(strings.TrimPrefix(pattern, "!"))
		if pattern != "" && !slices.ContainsFunc(known, g.matches) {
			c.warn(elementPlace(at, len(p), i), "no finding has the kind "+strconv.Quote(pattern), didYouMean(pattern, known))
		}
	}
}

// words warns of a severity or relevance to match that Data Theorem is not known to send.
func (c *compiler) words(at place, field finding.Field, p Patterns) {
	doc, _ := fieldOf(string(field))
	for i, pattern := range p {
		bare := strings.TrimPrefix(pattern, "!")
		g := newGlob(bare)
		known := func(word string) bool { return g.matches(strings.ToLower(word)) }
		if bare == "" || slices.ContainsFunc(doc.Words, known) {
			continue
		}
		c.warn(elementPlace(at, len(p), i), fmt.Sprintf("Data Theorem is not known to send the %s %q", field, bare), didYouMean(bare, doc.Words))
	}
}

// names reports rules of one name: a ticket remembers its rule by it.
func (c *compiler) names() {
	seen := make(map[string]bool)
	for i, r := range c.spec.Rules {
		name := ruleName(i, r)
		if seen[name] {
			c.add(rulePlace(i).key("name"), fmt.Sprintf("a rule before it is also called %q", name), "give each rule a name of its own")
		}
		seen[name] = true
	}
}
