package mapping

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/finding"
)

// Compile checks the Spec and makes a Mapping of it. It reports every mistake at once, in the order
// of the file; with a mistake that is more than a warning there is no Mapping.
func Compile(s Spec) (*Mapping, []Problem) {
	c := &compiler{spec: s}
	for _, host := range s.PortalHosts {
		c.portal = append(c.portal, strings.ToLower(host))
	}
	base := layer{place{"defaults"}, s.Defaults}
	defaults := c.piece(base)
	profiles := c.profiles()
	rules := make([]*rule, 0, len(s.Rules))
	for i, r := range s.Rules {
		layers := append([]layer{{rulePlace(i), r}}, c.extended(i, r)...)
		rules = append(rules, c.rule(i, append(layers, base), profiles, defaults))
	}
	c.names()
	c.unused()
	c.reach(rules)
	if c.fatal() {
		return nil, c.problems
	}
	return &Mapping{
		instance:    s.Instance,
		fingerprint: digest(s),
		portal:      c.portal,
		trackers:    maps.Clone(s.Trackers),
		defaults:    defaults,
		rules:       rules,
	}, c.problems
}

// compiler turns what was written into what is asked, and reports.
type compiler struct {
	report
	spec    Spec
	portal  portal
	samples []Data // see sampled
}

// rule compiles a rule: the first of the layers, over the others in their order.
func (c *compiler) rule(i int, layers []layer, profiles map[string]*rule, defaults *rule) *rule {
	at, s := layers[0].at, layers[0].Rule
	r := c.look(at, s)
	r.name = ruleName(i, s)
	before := len(c.problems)
	r.match = compileMatch(s.Match, at.key("match"), &c.report)
	r.unclear = len(c.problems) > before
	c.kinds(at.key("match", "kind"), s.Match.Kind)
	c.words(at.key("match", "severity"), finding.Severity, s.Match.Severity)
	c.words(at.key("match", "relevance"), finding.Relevance, s.Match.Relevance)
	r.when, r.whenText = c.when(at.key("when"), s.When), strings.TrimSpace(s.When)
	for _, l := range layers[1 : len(layers)-1] {
		r.inherit(profiles[l.at[1]])
	}
	r.inherit(defaults)
	c.own(layers[0])
	c.destination(r)
	service := c.spec.Trackers[r.dest.Tracker]
	c.service(at, s, service)
	for _, l := range layers {
		c.labelsFor(l, r, service)
	}
	c.endless(r)
	return r
}

func (c *compiler) when(at place, text string) *expression {
	if text == "" {
		return nil
	}
	e, faults := newExpression(text)
	for _, f := range faults {
		c.put(Problem{Path: at, Inside: f.pos + 1, Text: f.text, Hint: f.hint, Warning: f.warning})
	}
	return e
}

func ruleName(i int, s Rule) string {
	if s.Name != "" {
		return s.Name
	}
	return "rule-" + strconv.Itoa(i+1)
}

// look compiles everything of a rule but its condition and its destination.
func (c *compiler) look(at place, s Rule) *rule {
	r := &rule{
		at:         at,
		from:       origins(at, s),
		tracker:    s.Tracker,
		project:    s.Project,
		repository: s.Repository,
		issueType:  s.IssueType,
		groupBy:    s.GroupBy,

		labels:       c.labelTemplates(at.key("labels"), s.Labels),
		labelSpaces:  spaces(s.LabelSpaces),
		due:          c.terms(at.key("due"), s.Due),
		components:   s.Components,
		fixVersions:  s.FixVersions,
		assignee:     s.Assignee,
		parent:       s.Parent,
		milestone:    s.Milestone,
		fields:       c.customFields(at.key("fields"), s.Fields),
		priority:     make(map[string]string, len(s.Priority)),
		outcomes:     make(map[finding.Disposition]outcome, len(s.On)),
		ticketClosed: s.TicketClosed,
		notes:        s.Notes,

		maxNewPerHour:     s.MaxNewPerHour,
		closePersonClosed: s.ClosePersonClosed,
		refusedLabel:      s.RefusedLabel,
		securityLevel:     s.SecurityLevel,
	}
	c.ownFields(at.key("fields"), s.Fields)
	for _, key := range slices.Sorted(maps.Keys(s.Priority)) {
		c.priorityKey(at.key("priority", key), key)
		r.priority[strings.ToUpper(key)] = s.Priority[key]
	}
	for _, key := range slices.Sorted(maps.Keys(s.On)) {
		d := finding.Disposition(key)
		r.outcomes[d] = c.outcome(at.key("on", key), d, s.On[key])
	}
	r.title = c.line(at.key("title"), s.Title)
	r.body = c.docTemplate(at.key("body"), s.Body)
	c.policy(at, s, r)
	return r
}

func (c *compiler) policy(at place, s Rule, r *rule) {
	if s.OnRegression != "" {
		var ok bool
		if r.regression, ok = parseRegression(s.OnRegression); !ok {
			c.add(at.key("on_regression"), "there is no answer "+strconv.Quote(s.OnRegression)+" to a regression", didYouMean(s.OnRegression, regressions()))
		}
	}
	if s.ReopenWithin != "" {
		d, err := parseDuration(s.ReopenWithin)
		if err != nil {
			c.add(at.key("reopen_within"), strconv.Quote(s.ReopenWithin)+" is no duration", `write days as "30d", or "36h", or "0" to never reopen`)
		}
		r.reopenWithin = &d
	}
}

func (c *compiler) outcome(at place, d finding.Disposition, s Outcome) outcome {
	if !slices.Contains(finding.Dispositions(), d) {
		c.add(at, "there is no disposition "+strconv.Quote(string(d)), didYouMean(string(d), dispositions()))
	}
	reasons := []string{completed, notPlanned}
	switch {
	case s.StateReason == "":
	case d == finding.Open:
		c.add(at.key("state_reason"), "a reopened issue has no reason", "remove it")
	case !slices.Contains(reasons, s.StateReason):
		c.add(at.key("state_reason"), "GitHub has no state reason "+strconv.Quote(s.StateReason), didYouMean(s.StateReason, reasons))
	}
	c.screenFields(at.key("fields"), s.Fields)
	return outcome{
		Outcome: s,
		labels:  c.labelTemplates(at.key("labels"), s.Labels),
		fields:  c.customFields(at.key("fields"), s.Fields),
		comment: c.docTemplate(at.key("comment"), s.Comment),
	}
}

func dispositions() []string {
	var names []string
	for _, d := range finding.Dispositions() {
		names = append(names, string(d))
	}
	return names
}
