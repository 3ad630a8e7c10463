package mapping

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// problem writes a Problem on one line: path@byte: text (hint), with "warning: " before a warning.
func problem(p Problem) string {
	s := strings.Join(p.Path, ".")
	if p.Inside > 0 {
		s += "@" + strconv.Itoa(p.Inside)
	}
	s += ": " + p.Text
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	if p.Warning {
		return "warning: " + s
	}
	return s
}

func TestEveryMistakeIsToldExactly(t *testing.T) {
	with := func(r Rule, change func(*Rule)) Spec { change(&r); return twoTrackers(r) }
	jira := func(change func(*Rule)) Spec { return with(jiraRule(), change) }
	github := func(change func(*Rule)) Spec { return with(githubRule(), change) }
	defaults := func(d Rule) Spec { s := twoTrackers(jiraRule()); s.Defaults = d; return s }
	on := func(key string, o Outcome) func(*Rule) {
		return func(r *Rule) { r.On = map[string]Outcome{key: o} }
	}
	title := func(text string) Spec { return jira(func(r *Rule) { r.Title = text }) }

	tests := map[string]struct {
		spec Spec
		want []string
	}{
		"no rule": {twoTrackers(), []string{`warning: rule: there is no rule: no finding will get a ticket (add a [[rule]])`}},
		"no tracker": {jira(func(r *Rule) { r.Tracker = "" }), []string{
			`rule.0.tracker: the rule names no tracker (use one of corp, hub)`}},
		"no tracker at all": {Spec{Rules: []Rule{{}, {Tracker: "corp"}}}, []string{
			`rule.0.tracker: the rule names no tracker (add a [jira.NAME] or [github.NAME])`,
			`rule.1.tracker: there is no tracker "corp" (add a [jira.NAME] or [github.NAME])`,
			`warning: rule.1: no finding comes to this rule: "rule-1" before it matches everything (move it up)`}},
		"unknown tracker": {jira(func(r *Rule) { r.Tracker = "crop" }), []string{
			`rule.0.tracker: there is no tracker "crop" (did you mean "corp"?)`}},
		"far-off tracker": {jira(func(r *Rule) { r.Tracker = "elsewhere" }), []string{
			`rule.0.tracker: there is no tracker "elsewhere" (use one of corp, hub)`}},
		"unknown tracker in the defaults": {defaults(Rule{Tracker: "crop"}), []string{
			`defaults.tracker: there is no tracker "crop" (did you mean "corp"?)`}},
		"no project": {jira(func(r *Rule) { r.Project = "" }), []string{
			`rule.0.project: the rule names no Jira project key (set project, e.g. "SEC")`}},
		"bad project": {jira(func(r *Rule) { r.Project = "sec" }), []string{
			`rule.0.project: "sec" is no Jira project key (it looks like "SEC")`}},
		"bad project in the defaults, told once": {
			Spec{Defaults: Rule{Project: "sec"}, Trackers: map[string]Service{"corp": Jira}, Rules: []Rule{
				{Tracker: "corp", Match: Match{Severity: Patterns{"HIGH"}}}, {Tracker: "corp"}}},
			[]string{`defaults.project: "sec" is no Jira project key (it looks like "SEC")`}},
		"no repository": {github(func(r *Rule) { r.Repository = "" }), []string{
			`rule.0.repository: the rule names no GitHub repository (set repository, e.g. "acme/app")`}},
		"bad repository": {github(func(r *Rule) { r.Repository = "acme/.." }), []string{
			`rule.0.repository: "acme/.." is no GitHub repository (it looks like "acme/app")`}},
		"repository for Jira": {jira(func(r *Rule) { r.Repository = "acme/app" }), []string{
			`rule.0.repository: this is not for a Jira tracker (remove it, or name another tracker)`}},
		"keys of Jira for GitHub": {github(func(r *Rule) {
			r.Project, r.IssueType, r.Components = "SEC", "Bug", []string{"web"}
			r.Priority = map[string]string{"HIGH": "Major"}
			r.Fields = map[string]any{"customfield_1": "x"}
		}), []string{
			`rule.0.project: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.issue_type: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.priority: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.components: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.fields: this is not for a GitHub tracker (remove it, or name another tracker)`}},
		"outcome of Jira for GitHub": {github(on("fixed", Outcome{Transitions: []string{"Done"}, Resolution: "Fixed", Fields: map[string]any{"a": 1}})), []string{
			`rule.0.on.fixed.transitions: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.on.fixed.resolution: this is not for a GitHub tracker (remove it, or name another tracker)`,
			`rule.0.on.fixed.fields: this is not for a GitHub tracker (remove it, or name another tracker)`}},
		"outcome of GitHub for Jira": {jira(on("fixed", Outcome{StateReason: "completed"})), []string{
			`rule.0.on.fixed.state_reason: this is not for a Jira tracker (remove it, or name another tracker)`}},
		"unknown disposition": {jira(on("fixd", Outcome{})), []string{
			`rule.0.on.fixd: there is no disposition "fixd" (did you mean "fixed"?)`}},
		"unknown state reason": {github(on("fixed", Outcome{StateReason: "complete"})), []string{
			`rule.0.on.fixed.state_reason: GitHub has no state reason "complete" (did you mean "completed"?)`}},
		"reason for reopening": {github(on("open", Outcome{StateReason: "completed"})), []string{
			`rule.0.on.open.state_reason: a reopened issue has no reason (remove it)`}},
		"bad regression": {jira(func(r *Rule) { r.OnRegression = "re-open" }), []string{
			`rule.0.on_regression: there is no answer "re-open" to a regression (did you mean "reopen"?)`}},
		"bad duration": {jira(func(r *Rule) { r.ReopenWithin = "3 weeks" }), []string{
			`rule.0.reopen_within: "3 weeks" is no duration (write days as "30d", or "36h", or "0" to never reopen)`}},
		"too many days": {jira(func(r *Rule) { r.ReopenWithin = "99999d" }), []string{
			`rule.0.reopen_within: "99999d" is no duration (write days as "30d", or "36h", or "0" to never reopen)`}},
		"negative duration": {jira(func(r *Rule) { r.ReopenWithin = "-1h" }), []string{
			`rule.0.reopen_within: "-1h" is no duration (write days as "30d", or "36h", or "0" to never reopen)`}},
		"empty pattern": {jira(func(r *Rule) { r.Match.Severity = Patterns{""} }), []string{
			`rule.0.match.severity: the pattern "" is empty (leave it out to match everything, or write "!?*" for findings without a value)`}},
		"empty exclusion in a list": {jira(func(r *Rule) { r.Match.AssetName = Patterns{"a", "!"} }), []string{
			`rule.0.match.asset_name.1: the pattern "!" is empty (leave it out to match everything, or write "!?*" for findings without a value)`}},
		"long pattern": {jira(func(r *Rule) { r.Match.Title = Patterns{strings.Repeat("a", 513)} }), []string{
			`rule.0.match.title: the pattern is longer than 512 bytes (shorten it with a *)`}},
		"bad path": {jira(func(r *Rule) { r.Match.Path = map[string]Patterns{"a..b": {"x"}} }), []string{
			`rule.0.match.path.a..b: the path has an empty step (write it as member.member, e.g. "affected_asset.hosted_on")`}},
		"unknown kind": {jira(func(r *Rule) { r.Match.Kind = Patterns{"violatoin"} }), []string{
			`warning: rule.0.match.kind: no finding has the kind "violatoin" (did you mean "violation"?)`}},
		"same name twice": {twoTrackers(
			Rule{Name: "a", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"HIGH"}}}, Rule{Name: "a", Tracker: "corp", Project: "SEC"}), []string{
			`rule.1.name: a rule before it is also called "a" (give each rule a name of its own)`}},
		"name that a nameless rule gets": {twoTrackers(
			Rule{Name: "rule-2", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"HIGH"}}}, Rule{Tracker: "corp", Project: "SEC"}), []string{
			`rule.1.name: a rule before it is also called "rule-2" (give each rule a name of its own)`}},
		"rule after a catch-all": {twoTrackers(
			Rule{Name: "all", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"*"}}}, Rule{Name: "late", Tracker: "corp", Project: "SEC"}), []string{
			`warning: rule.1: no finding comes to this rule: "all" before it matches everything (move it up)`}},
		"named defaults":   {defaults(Rule{Name: "x"}), []string{`defaults.name: only a rule has name (remove it)`}},
		"matched defaults": {defaults(Rule{Match: Match{Kind: Patterns{"target"}}}), []string{`defaults.match: only a rule has match (move it to a [[rule]])`}},
		"empty label":      {jira(func(r *Rule) { r.Labels = []string{" "} }), []string{`rule.0.labels.0: the label is empty (remove it)`}},
		"label like a marker": {jira(func(r *Rule) { r.Labels = []string{"DTW-1"} }), []string{
			`rule.0.labels.0: the label looks like a marker of ticketd (choose one that does not begin with dtw- or dtc-)`}},
		"long label on GitHub": {github(func(r *Rule) { r.Labels = []string{"a", strings.Repeat("é", 51)} }), []string{
			`rule.0.labels.1: the label is longer than 50 characters (shorten it)`}},
		"long label on Jira": {jira(on("fixed", Outcome{Labels: []string{strings.Repeat("a", 256)}})), []string{
			`rule.0.on.fixed.labels.0: the label is longer than 255 characters (shorten it)`}},
		"label with a space on Jira": {jira(func(r *Rule) { r.Labels = []string{"app  sec"} }), []string{
			`warning: rule.0.labels.0: Jira takes no white space in a label (ticketd writes "app-sec")`}},
		"labels of the defaults, told once": {
			Spec{Defaults: Rule{Labels: []string{"a b"}, On: map[string]Outcome{"fixed": {Labels: []string{"c d"}}, "open": {Labels: []string{"e f"}}}},
				Trackers: map[string]Service{"corp": Jira, "hub": GitHub}, Rules: []Rule{
					{Tracker: "hub", Repository: "acme/app", Match: Match{Severity: Patterns{"HIGH"}}},
					{Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"LOW"}}},
					{Tracker: "corp", Project: "SEC", On: map[string]Outcome{"open": {}}}}},
			[]string{
				`warning: defaults.labels.0: Jira takes no white space in a label (ticketd writes "a-b")`,
				`warning: defaults.on.fixed.labels.0: Jira takes no white space in a label (ticketd writes "c-d")`,
				`warning: defaults.on.open.labels.0: Jira takes no white space in a label (ticketd writes "e-f")`}},
		"own field": {jira(func(r *Rule) { r.Fields = map[string]any{"summary": "x"} }), []string{
			`rule.0.fields.summary: ticketd writes this field itself (set title instead)`}},
		"field that is no JSON": {jira(func(r *Rule) { r.Fields = map[string]any{"customfield_1": math.NaN()} }), []string{
			`rule.0.fields.customfield_1: the value cannot be sent as JSON (use text, a number, a boolean, a list or a table)`}},
		"screen field that is no JSON": {jira(on("fixed", Outcome{Fields: map[string]any{"a": math.Inf(1)}})), []string{
			`rule.0.on.fixed.fields.a: the value cannot be sent as JSON (use text, a number, a boolean, a list or a table)`}},
		"unknown severity": {jira(func(r *Rule) { r.Priority = map[string]string{"URGNET": "High"} }), []string{
			`warning: rule.0.priority.URGNET: Data Theorem is not known to send the severity or relevance "URGNET" (did you mean "URGENT"?)`}},

		"template: unclosed":         {title("{{.Title"), []string{`rule.0.title@1: {{ is not closed (close it with }})`}},
		"template: unclosed if":      {title("\n{{if .Title}}x"), []string{`rule.0.title@2: the template ends too early (an {{if}}, {{range}}, {{with}} or {{define}} needs its {{end}})`}},
		"template: unknown field":    {title("A é {{.Tilte}}"), []string{`rule.0.title@8: a finding has no ".Tilte" (did you mean "Title"?)`}},
		"template: unknown function": {title("{{.Title | uper}}"), []string{`rule.0.title@12: there is no function "uper" (did you mean "upper"?)`}},
		"template: several, in a branch that no sample takes": {
			jira(func(r *Rule) {
				r.Body = "{{if eq .Platform \"X\"}}\n{{$.Foo.Bar}}{{else}}{{html .Title}}{{end}}{{define \"z\"}}{{.Sevrity}}{{end}}"
			}),
			[]string{
				`rule.0.body@28: a finding has no ".Foo" (docs/mapping.md lists what there is)`,
				`rule.0.body@48: there is no function "html" (docs/mapping.md lists what there is)`,
				`rule.0.body@84: a finding has no ".Sevrity" (did you mean "Severity"?)`}},
		"template: field of a text":    {title("{{.Title.Text}}"), []string{`rule.0.title@9: ".Title" has no fields`}},
		"template: chain":              {title("{{(.Title).Text}}"), []string{`rule.0.title@11: a finding has no ".Text" (docs/mapping.md lists what there is)`}},
		"template: like several names": {title("{{.Url}}"), []string{`rule.0.title@3: a finding has no ".Url" (perhaps AssetURL, AssetPortalURL, PolicyPortalURL, PortalURL; docs/mapping.md lists what there is)`}},
		"template: unknown attribute":  {title(`{{.Field "titel"}}`), []string{`rule.0.title@3: error calling Field: a finding has no "titel" (did you mean "title"?)`}},
		"template: fails on findings":  {title("x\n {{index .Title 500}}"), []string{`rule.0.title@6: error calling index: index out of range: 500`}},
		"template: the escaper":        {title("{{.Title | _print}}"), []string{`rule.0.title@12: there is no function "_print" (did you mean "print"?)`}},
		"template: reserved rune":      {title("ab\uE000"), []string{`rule.0.title@3: a private-use character is not allowed here`}},
		"template: wrong type":         {jira(on("open", Outcome{Comment: "{{code .Title | upper}}"})), []string{`rule.0.on.open.comment@17: wrong type for value; expected string; got a link or code`}},
		"template: recursion": {title(`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`), []string{
			`rule.0.title@1: it goes on without end, or prints too much (look at its ranges, and for a template that calls itself)`}},
		"template: long range": {title(`{{range $i := 1000000000}}{{end}}`), []string{
			`rule.0.title@1: it goes on without end, or prints too much (look at its ranges, and for a template that calls itself)`}},
		"template of the defaults": {defaults(Rule{Body: "{{.X}}"}), []string{`defaults.body@3: a finding has no ".X" (docs/mapping.md lists what there is)`}},

		"several at once": {
			twoTrackers(Rule{Tracker: "corp", OnRegression: "x"}, Rule{Tracker: "hub", Repository: "acme"}), []string{
				`rule.0.on_regression: there is no answer "x" to a regression (use one of reopen, new, comment, nothing)`,
				`rule.0.project: the rule names no Jira project key (set project, e.g. "SEC")`,
				`rule.1.repository: "acme" is no GitHub repository (it looks like "acme/app")`,
				`warning: rule.1: no finding comes to this rule: "rule-1" before it matches everything (move it up)`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, problems := Compile(tt.spec)
			var got []string
			fatal := false
			for _, p := range problems {
				got = append(got, problem(p))
				fatal = fatal || !p.Warning
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if fatal != (m == nil) {
				t.Errorf("fatal %v, mapping %v", fatal, m != nil)
			}
		})
	}
}

func TestAGoodSpecHasNoProblems(t *testing.T) {
	s := twoTrackers(
		Rule{Match: Match{Kind: Patterns{"target"}, Severity: Patterns{"HIGH", "!LOW"}}, Project: "MOB", OnRegression: "new", ReopenWithin: "0"},
		Rule{Tracker: "hub", Repository: "acme/.github", On: map[string]Outcome{"wont_fix": {StateReason: "completed"}}},
	)
	s.Defaults = Rule{
		Tracker: "corp", Project: "SEC", IssueType: "Task", Labels: []string{"appsec"},
		Priority: map[string]string{"high": "1", "*": "3"},
		Title:    `[{{.Severity | default "?"}}] {{.Headline | trunc 80}}`,
		Body:     "# What\n{{range $i := 3}}{{.}}{{end}}{{with .Title}}{{.}}{{end}}{{$x := .Field \"asset_name\"}}{{$x}}",
		On:       map[string]Outcome{"fixed": {Transitions: []string{"Done"}, Comment: "Fixed {{date \"2006\" .ChangedAt}}."}},
	}
	if _, problems := Compile(s); len(problems) > 0 {
		t.Errorf("got %+v", problems)
	}
}
