package mapping

import (
	"slices"
	"strings"
	"testing"

	"ticketd/internal/ticket"
)

// profiled is a Spec with profiles and rules that extend them.
func profiled(profiles map[string]Rule, rules ...Rule) Spec {
	s := twoTrackers(rules...)
	s.Profiles = profiles
	return s
}

func extending(names ...string) Rule {
	return Rule{Name: "all", Tracker: "corp", Project: "SEC", Extends: names}
}

func TestEveryMistakeAboutRulesIsToldExactly(t *testing.T) {
	jira := func(change func(*Rule)) Spec { r := jiraRule(); change(&r); return twoTrackers(r) }
	github := func(change func(*Rule)) Spec { r := githubRule(); change(&r); return twoTrackers(r) }
	defaults := func(d Rule) Spec { s := twoTrackers(jiraRule()); s.Defaults = d; return s }
	profile := func(p Rule) Spec { return profiled(map[string]Rule{"web": p}, extending("web")) }
	commented := func(names ...string) map[string]Outcome {
		on := make(map[string]Outcome)
		for _, name := range names {
			on[name] = Outcome{CommentOnly: true}
		}
		return on
	}
	closings := []string{"fixed", "resolved", "risk_accepted", "compensating_control", "wont_fix"}
	negative := -1

	tests := map[string]struct {
		spec Spec
		want []string
	}{
		"when: unknown field": {jira(func(r *Rule) { r.When = `sevrity == "HIGH"` }), []string{
			`rule.0.when@1: a finding has no "sevrity" (did you mean "severity"?)`}},
		"when: two mistakes on two lines": {jira(func(r *Rule) { r.When = "sevrity == \"HIGH\" and\ntilte == \"\"" }), []string{
			`rule.0.when@1: a finding has no "sevrity" (did you mean "severity"?)`,
			`rule.0.when@23: a finding has no "tilte" (did you mean "title"?)`}},
		"when: no condition": {jira(func(r *Rule) { r.When = "severity" }), []string{
			`rule.0.when: the expression does not say true or false (compare, e.g. severity == "HIGH")`}},
		"when: word never sent": {jira(func(r *Rule) { r.When = `severity == "High"` }), []string{
			`warning: rule.0.when@13: severity is never "High" (write "HIGH", or like(severity, "High"), which does not mind the case)`}},

		"unknown profile": {profiled(map[string]Rule{"web": {}}, extending("web", "wbe")), []string{
			`rule.0.extends.1: there is no profile "wbe" (did you mean "web"?)`}},
		"the only profile is unknown": {profiled(nil, extending("web")), []string{
			`rule.0.extends: there is no profile "web" (add a [profile.web])`}},
		"unused profile": {profiled(map[string]Rule{"web": {}, "api": {}}, extending("web")), []string{
			`warning: profile.api: no rule extends this profile (write extends = "api" in a rule, or remove it)`}},
		"profile that is a rule": {profile(Rule{Name: "x", Extends: Names{"y"}, When: "true", Match: Match{Kind: Patterns{"target"}}}), []string{
			`profile.web.name: only a rule has name (remove it)`,
			`profile.web.extends: only a rule has extends (remove it, or move it to a [[rule]])`,
			`profile.web.match: only a rule has match (move it to a [[rule]])`,
			`profile.web.when: only a rule has when (move it to a [[rule]])`}},
		"defaults that ask": {defaults(Rule{Extends: Names{"y"}, When: "true"}), []string{
			`defaults.extends: only a rule has extends (remove it, or move it to a [[rule]])`,
			`defaults.when: only a rule has when (move it to a [[rule]])`}},
		"mistakes of a profile, told once": {
			profiled(map[string]Rule{"web": {
				Tracker: "crop", Project: "sec", Labels: []string{"a b", " "}, GroupBy: Names{"titel"}, OnRegression: "x",
				Title: "{{.Titel}}", On: map[string]Outcome{"fixd": {}}}},
				Rule{Name: "a", Tracker: "corp", Extends: Names{"web"}, Match: Match{Kind: Patterns{"target"}}},
				Rule{Name: "b", Tracker: "corp", Extends: Names{"web"}}),
			[]string{
				`profile.web.tracker: there is no tracker "crop" (did you mean "corp"?)`,
				`profile.web.project: "sec" is no Jira project key (it looks like "SEC")`,
				`profile.web.group_by: a finding has no "titel" (did you mean "title"?)`,
				`profile.web.labels.1: the label is empty (remove it)`,
				`profile.web.on.fixd: there is no disposition "fixd" (did you mean "fixed"?)`,
				`profile.web.title@3: a finding has no ".Titel" (did you mean "Title"?)`,
				`profile.web.on_regression: there is no answer "x" to a regression (use one of reopen, new, comment, nothing)`,
				`warning: profile.web.labels.0: Jira takes no white space in a label (ticketd writes "a-b")`}},
		"label of a profile that is too long where it is used": {
			profiled(map[string]Rule{"long": {Labels: []string{strings.Repeat("a", 51)}, On: map[string]Outcome{"fixed": {Labels: []string{"Dtw-1"}}}}},
				Rule{Name: "a", Tracker: "hub", Repository: "acme/app", Extends: Names{"long"}}),
			[]string{
				`profile.long.on.fixed.labels.0: the label looks like a marker of ticketd (choose one that does not begin with dtw- or dtc-)`,
				`profile.long.labels.0: the label is longer than 50 characters (shorten it)`}},
		"label of a profile that a rule replaces": {
			profiled(map[string]Rule{"long": {Labels: []string{strings.Repeat("a", 51)}}},
				Rule{Name: "a", Tracker: "hub", Repository: "acme/app", Extends: Names{"long"}, Labels: []string{}}), nil},
		"keys of Jira in a profile for both": {
			profiled(map[string]Rule{"both": {Project: "SEC", IssueType: "Task", Due: map[string]string{"HIGH": "5d"}}},
				Rule{Name: "a", Tracker: "hub", Repository: "acme/app", Extends: Names{"both"}}), nil},

		"group by a field that does not exist": {jira(func(r *Rule) { r.GroupBy = Names{"parent", "polcy"} }), []string{
			`rule.0.group_by.1: a finding has no "polcy" (did you mean "policy"?)`}},
		"group by what changes": {jira(func(r *Rule) { r.GroupBy = Names{"disposition"} }), []string{
			`rule.0.group_by: "disposition" changes while a finding lives, and the finding would change its ticket (group by what stays, e.g. "parent" or "asset_uuid"; docs/mapping.md lists what there is)`}},
		"group that never ends": {jira(func(r *Rule) { r.GroupBy = Names{"severity", "product"} }), []string{
			`warning: rule.0.group_by: the group can hardly ever close: new findings keep coming to it (add a field that tells assets or findings apart, e.g. "parent" or "asset_uuid")`}},
		"group that never ends, of the defaults": {defaults(Rule{GroupBy: Names{"policy"}}), []string{
			`warning: defaults.group_by: the group can hardly ever close: new findings keep coming to it (add a field that tells assets or findings apart, e.g. "parent" or "asset_uuid")`}},
		"broad group of one asset":            {jira(func(r *Rule) { r.GroupBy, r.Match.AssetName = Names{"severity"}, Patterns{"example.com"} }), nil},
		"broad group of one asset, by when":   {jira(func(r *Rule) { r.GroupBy, r.When = Names{"severity"}, `asset_name == "example.com"` }), nil},
		"broad group of all assets but one":   {jira(func(r *Rule) { r.GroupBy, r.Match.AssetName = Names{"policy"}, Patterns{"!example.com"} }), []string{`warning: rule.0.group_by: the group can hardly ever close: new findings keep coming to it (add a field that tells assets or findings apart, e.g. "parent" or "asset_uuid")`}},
		"narrow group":                        {jira(func(r *Rule) { r.GroupBy = Names{"severity", "asset_uuid"} }), nil},
		"broad group that the rule takes off": {func() Spec { s := defaults(Rule{GroupBy: Names{"policy"}}); s.Rules[0].GroupBy = Names{}; return s }(), nil},
		"no disposition closes": {jira(func(r *Rule) { r.On = commented(closings...) }), []string{
			`warning: rule.0.on.fixed.comment_only: no disposition closes the ticket: every one is comment_only (leave comment_only out of one of them)`}},
		"no disposition closes, by rule and defaults": {func() Spec {
			s := defaults(Rule{On: commented(closings[:4]...)})
			s.Rules[0].On = commented(closings[4])
			return s
		}(), []string{
			`warning: defaults.on.fixed.comment_only: no disposition closes the ticket: every one is comment_only (leave comment_only out of one of them)`}},
		"one disposition closes": {jira(func(r *Rule) { r.On = commented(closings[1:]...) }), nil},
		"comment only, and more": {jira(func(r *Rule) {
			r.On = map[string]Outcome{"fixed": {CommentOnly: true, Transitions: []string{"Done"}, Resolution: "Fixed", Fields: map[string]any{"a": "b"}, Comment: "x", Labels: []string{"y"}}}
		}), []string{
			`rule.0.on.fixed.transitions: comment_only leaves the ticket as it is, and this would change it (remove one of the two)`,
			`rule.0.on.fixed.resolution: comment_only leaves the ticket as it is, and this would change it (remove one of the two)`,
			`rule.0.on.fixed.fields: comment_only leaves the ticket as it is, and this would change it (remove one of the two)`,
			`rule.0.on.fixed.labels: comment_only leaves the ticket as it is, and this would change it (remove one of the two)`}},
		"comment only with a reason": {github(func(r *Rule) { r.On = map[string]Outcome{"fixed": {CommentOnly: true, StateReason: "completed"}} }), []string{
			`rule.0.on.fixed.state_reason: comment_only leaves the ticket as it is, and this would change it (remove one of the two)`}},

		"negative bound": {jira(func(r *Rule) { r.MaxNewPerHour = &negative }), []string{
			`rule.0.max_new_per_hour: a bound cannot be negative (write 0 for no bound)`}},
		"negative bound of the defaults":  {defaults(Rule{MaxNewPerHour: &negative}), []string{`defaults.max_new_per_hour: a bound cannot be negative (write 0 for no bound)`}},
		"negative bound of a profile":     {profile(Rule{MaxNewPerHour: &negative}), []string{`profile.web.max_new_per_hour: a bound cannot be negative (write 0 for no bound)`}},
		"parent that is no key":           {jira(func(r *Rule) { r.Parent = "sec-1" }), []string{`rule.0.parent: "sec-1" is no key of a Jira issue (it looks like "SEC-12")`}},
		"policy for spaces":               {jira(func(r *Rule) { r.LabelSpaces = "dashes" }), []string{`rule.0.label_spaces: there is no answer "dashes" to spaces in labels (did you mean "dash"?)`}},
		"policy for spaces, chosen":       {jira(func(r *Rule) { r.LabelSpaces, r.Labels = "underscore", []string{"a b"} }), nil},
		"Jira keeps no spaces":            {jira(func(r *Rule) { r.LabelSpaces = "keep" }), []string{`rule.0.label_spaces: Jira takes no spaces in labels, so they cannot be kept (write "dash", "underscore" or "remove")`}},
		"milestone for Jira":              {jira(func(r *Rule) { r.Milestone = "Q1" }), []string{`rule.0.milestone: this is not for a Jira tracker (remove it, or name another tracker)`}},
		"due of an unknown severity":      {jira(func(r *Rule) { r.Due = map[string]string{"URGNET": "5d"} }), []string{`warning: rule.0.due.URGNET: Data Theorem is not known to send the severity or relevance "URGNET" (did you mean "URGENT"?)`}},
		"label of refused tickets":        {github(func(r *Rule) { r.RefusedLabel = "dtw-refused" }), []string{`rule.0.refused_label: the label looks like a marker of ticketd (choose one that does not begin with dtw- or dtc-)`}},
		"label of refused tickets, space": {jira(func(r *Rule) { r.RefusedLabel = "ticketd refused" }), []string{`warning: rule.0.refused_label: Jira takes no white space in a label (ticketd writes "ticketd-refused")`}},
		"keys of Jira for GitHub": {github(func(r *Rule) {
			r.Due, r.FixVersions, r.SecurityLevel, r.Parent = map[string]string{"HIGH": "5d"}, []string{"1"}, "x", "SEC-1"
		}), []string{
			`rule.0.due: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.fix_versions: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.security_level: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.parent: this is not for a GitHub tracker (remove it, or name another tracker)`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, problems := Compile(tt.spec)
			var got []string
			for _, p := range problems {
				got = append(got, problem(p))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if fatal := slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning }); fatal != (m == nil) {
				t.Errorf("fatal %v, mapping %v", fatal, m != nil)
			}
		})
	}
}

func TestARuleTakesFromItsProfilesTheLastOfThemFirstAndThenFromTheDefaults(t *testing.T) {
	one, two := 1, 2
	s := profiled(map[string]Rule{
		"first": {Assignee: "first", Parent: "SEC-1", Components: []string{"first"}, MaxNewPerHour: &one,
			Priority: map[string]string{"HIGH": "first", "LOW": "first"}, On: map[string]Outcome{"fixed": {Resolution: "first"}, "resolved": {Resolution: "first"}}},
		"second": {Assignee: "second", Priority: map[string]string{"high": "second"}, On: map[string]Outcome{"fixed": {Transitions: []string{"second"}}}, GroupBy: Names{"asset_uuid"}},
	}, Rule{Name: "all", Tracker: "corp", Extends: Names{"first", "second"}, Priority: map[string]string{"MEDIUM": "own"}})
	s.Defaults = Rule{Project: "DEF", Assignee: "defaults", Parent: "SEC-9", SecurityLevel: "defaults", MaxNewPerHour: &two, GroupBy: Names{"parent"},
		Priority: map[string]string{"*": "defaults", "LOW": "defaults"}, Components: []string{"defaults"}}
	m := compile(t, s)
	r := m.rules[0]
	d, err := m.For(One(richTarget()), r.dest, "all").Draft(One(richTarget()), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Assignee != "second" || d.Parent != "SEC-1" || d.SecurityLevel != "defaults" || d.Destination.Project != "DEF" ||
		!slices.Equal(d.Components, []string{"first"}) || d.Priority != "second" {
		t.Errorf("draft %+v", d)
	}
	if *r.maxNewPerHour != 1 || !slices.Equal(r.groupBy, Names{"asset_uuid"}) || r.priority["LOW"] != "first" || r.priority["*"] != "defaults" {
		t.Errorf("rule %+v", r)
	}
	if fixed := r.outcomes["fixed"]; fixed.Resolution != "" || fixed.Transitions[0] != "second" || r.outcomes["resolved"].Resolution != "first" {
		t.Errorf("outcomes %+v", r.outcomes)
	}
	for key, want := range map[string]string{"assignee": "profile.second.assignee", "parent": "profile.first.parent", "security_level": "defaults.security_level",
		"priority HIGH": "profile.second.priority.high", "priority LOW": "profile.first.priority.LOW", "on fixed": "profile.second.on.fixed", "title": "rule.0"} {
		if got := strings.Join(r.place(strings.Fields(key)...), "."); got != want {
			t.Errorf("%s stands at %s, want %s", key, got, want)
		}
	}
}
