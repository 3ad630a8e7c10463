package mapping

import (
	"reflect"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestThePolicyIsTheRulesThenTheDefaultsThenOurs(t *testing.T) {
	tests := map[string]struct {
		rule, defaults Rule
		want           Policy
	}{
		"ours":     {Rule{}, Rule{}, Policy{TicketClosed: false, OnRegression: RegressionReopen, ReopenWithin: 90 * 24 * time.Hour, Notes: true, RefusedLabel: DefaultRefusedLabel}},
		"defaults": {Rule{}, Rule{TicketClosed: new(true), OnRegression: "new", ReopenWithin: "36h", Notes: new(false)}, Policy{TicketClosed: true, OnRegression: RegressionNew, ReopenWithin: 36 * time.Hour, Notes: false, RefusedLabel: DefaultRefusedLabel}},
		"rule": {Rule{TicketClosed: new(false), OnRegression: "comment", ReopenWithin: "30d", Notes: new(true)},
			Rule{TicketClosed: new(true), OnRegression: "new", ReopenWithin: "36h", Notes: new(false)}, Policy{TicketClosed: false, OnRegression: RegressionComment, ReopenWithin: 30 * 24 * time.Hour, Notes: true, RefusedLabel: DefaultRefusedLabel}},
		"never": {Rule{ReopenWithin: "0", OnRegression: "nothing"}, Rule{ReopenWithin: "1h"}, Policy{TicketClosed: false, OnRegression: RegressionNothing, ReopenWithin: 0, Notes: true, RefusedLabel: DefaultRefusedLabel}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.rule.Tracker, tt.rule.Project = "corp", "SEC"
			s := twoTrackers(tt.rule)
			s.Defaults = tt.defaults
			m := compile(t, s)
			f := sampleViolation(finding.Open)
			route, _ := m.Route(f)
			if got := m.For(One(f), route.Destination, route.Rule).Policy(); got != tt.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestADraftHasWhatItsTrackerTakes(t *testing.T) {
	s := twoTrackers(
		Rule{Name: "j", Tracker: "corp", Project: "SEC", Match: Match{Kind: Patterns{"target"}}, Priority: map[string]string{"low": "Low"}, Fields: map[string]any{"b": 2}},
		Rule{Name: "g", Tracker: "hub", Repository: "acme/app", Labels: []string{"from rule"}},
	)
	s.Defaults = Rule{
		IssueType: "Task", Labels: []string{"app sec"}, Components: []string{"web"}, Assignee: "me",
		Priority: map[string]string{"HIGH": "High", "*": "Medium"}, Fields: map[string]any{"a": 1, "b": 1},
	}
	m := compile(t, s)
	draft := func(f finding.Finding) ticket.Draft {
		route, _ := m.Route(f)
		d, err := m.For(One(f), route.Destination, route.Rule).Draft(One(f), "dtw-1", ticket.Ref{})
		if err != nil {
			t.Fatal(err)
		}
		d.Body = nil
		return d
	}
	want := ticket.Draft{
		Destination: ticket.Destination{Tracker: "corp", Project: "SEC", IssueType: "Task"}, Marker: "dtw-1",
		Title: "Private key in the app · MyBank", PortalURL: "https://www.securetheorem.com/mobile-secure/v2/security/6f1c5a0e",
		Labels: []string{"app-sec"}, Priority: "High", Components: []string{"web"}, Assignee: "me", Fields: rawFields(map[string]any{"a": 1, "b": 2}),
	}
	if got := draft(richTarget()); !reflect.DeepEqual(got, want) {
		t.Errorf("Jira: got %+v", got)
	}
	want = ticket.Draft{
		Destination: ticket.Destination{Tracker: "hub", Project: "acme/app"}, Marker: "dtw-1",
		Title: headline(sampleViolation(finding.Open)), Labels: []string{"from rule"}, Assignee: "me",
	}
	if got := draft(sampleViolation(finding.Open)); !reflect.DeepEqual(got, want) {
		t.Errorf("GitHub: got %+v", got)
	}
}

func TestThePriorityIsBySeverityThenRelevanceThenAny(t *testing.T) {
	r := jiraRule()
	r.Priority = map[string]string{"HIGH": "1", "urgent": "2", "*": "9"}
	for _, tt := range []struct{ severity, relevance, want string }{
		{"HIGH", "URGENT", "1"}, {"high", "", "1"}, {"LOW", "Urgent", "2"}, {"", "URGENT", "2"}, {"LOW", "", "9"}, {"", "", "9"},
	} {
		f := seen(finding.Target, finding.Open, map[finding.Field]string{finding.Severity: tt.severity, finding.Relevance: tt.relevance})
		d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
		if err != nil || d.Priority != tt.want {
			t.Errorf("%s %s: %q, %v", tt.severity, tt.relevance, d.Priority, err)
		}
	}
}

func TestADraftDoesNotShareTheMapping(t *testing.T) {
	r := jiraRule()
	r.Labels, r.Fields = []string{"a"}, map[string]any{"f": 1}
	f := sampleViolation(finding.Open)
	v := view(t, r, f)
	for range 2 {
		d, err := v.Draft(One(f), "dtw-1", ticket.Ref{})
		if err != nil || d.Labels[0] != "a" || d.Fields[0].JSON != 1 {
			t.Fatalf("got %v %v, %v", d.Labels, d.Fields, err)
		}
		d.Labels[0], d.Fields[0].JSON = "changed", 2
	}
}

func TestClosingIsAsTheRuleSaysOnItsTracker(t *testing.T) {
	on := map[string]Outcome{
		"fixed":    {Transitions: []string{"Review", "Done"}, Resolution: "Fixed", Fields: map[string]any{"c": "x"}, Labels: []string{"fixed by dt"}},
		"wont_fix": {StateReason: "completed", Labels: []string{"wont fix"}},
		"open":     {Transitions: []string{"Reopen"}, Labels: []string{"again"}},
	}
	s := twoTrackers(Rule{Name: "j", Tracker: "corp", Project: "SEC", Match: Match{Kind: Patterns{"target"}}}, githubRule())
	s.Defaults.On = on
	m := compile(t, s)
	closing := func(f finding.Finding, d finding.Disposition) ticket.Closing {
		route, _ := m.Route(f)
		c, err := m.For(One(f), route.Destination, route.Rule).Closing(One(f), d)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	target, violation := sampleTarget(finding.Open), sampleViolation(finding.Open)
	tests := []struct {
		f    finding.Finding
		d    finding.Disposition
		want ticket.Closing
	}{
		{target, finding.Fixed, ticket.Closing{Transitions: []string{"Review", "Done"}, Resolution: "Fixed", Fields: []ticket.Field{{Name: "c", Type: ticket.TextField, Values: []string{"x"}}}, AddLabels: []string{"fixed-by-dt"}}},
		{target, finding.WontFix, ticket.Closing{AddLabels: []string{"wont-fix"}}},
		{target, finding.Open, ticket.Closing{Transitions: []string{"Reopen"}, AddLabels: []string{"again"}}},
		{target, finding.Resolved, ticket.Closing{}},
		{violation, finding.Fixed, ticket.Closing{StateReason: "completed", AddLabels: []string{"fixed by dt"}}},
		{violation, finding.Resolved, ticket.Closing{StateReason: "completed"}},
		{violation, finding.WontFix, ticket.Closing{StateReason: "completed", AddLabels: []string{"wont fix"}}},
		{violation, finding.RiskAccepted, ticket.Closing{StateReason: "not_planned"}},
		{violation, finding.CompensatingControl, ticket.Closing{StateReason: "not_planned"}},
		{violation, finding.Open, ticket.Closing{AddLabels: []string{"again"}}},
	}
	for _, tt := range tests {
		if got := closing(tt.f, tt.d); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %s: got %+v", tt.f.Key.Kind, tt.d, got)
		}
	}
}

func TestTheDigestChangesWithWhatAnUpdateWrites(t *testing.T) {
	v := view(t, jiraRule(), sampleViolation(finding.Open))
	base := ticket.Draft{Body: ticket.Doc{ticket.Head("a")}, Priority: "1", Labels: []string{"a", "b"}, PortalURL: "https://p"}
	same := base
	same.Labels, same.Title, same.Assignee = []string{"b", "a"}, "t", "x"
	if v.Digest(base) != v.Digest(same) {
		t.Error("order of labels, title and assignee are no part of it")
	}
	for name, change := range map[string]func(*ticket.Draft){
		"body":     func(d *ticket.Draft) { d.Body = ticket.Doc{ticket.Head("b")} },
		"priority": func(d *ticket.Draft) { d.Priority = "2" },
		"labels":   func(d *ticket.Draft) { d.Labels = []string{"a"} },
		"portal":   func(d *ticket.Draft) { d.PortalURL = "" },
	} {
		other := base
		change(&other)
		if v.Digest(other) == v.Digest(base) {
			t.Errorf("%s is no part of it", name)
		}
	}
}

func TestAFailingBodyTemplateIsAnError(t *testing.T) {
	r := jiraRule()
	r.Body = `{{if .AssetName}}{{slice .AssetName 5}}{{end}}`
	f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.AssetName: "a"})
	if d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{}); err == nil {
		t.Errorf("got %+v", d)
	}
}

func TestADraftHasTheConstantsOfItsRule(t *testing.T) {
	f := sampleTarget(finding.Open)
	r := jiraRule()
	r.FixVersions, r.SecurityLevel, r.Parent = []string{"1.2"}, "Internal", "SEC-7"
	d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil || !reflect.DeepEqual(d.FixVersions, r.FixVersions) || d.SecurityLevel != "Internal" || d.Parent != "SEC-7" {
		t.Errorf("Jira: %+v, %v", d, err)
	}
	r = githubRule()
	r.Milestone = "Q3"
	if d, err = view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{}); err != nil || d.Milestone != "Q3" {
		t.Errorf("GitHub: %+v, %v", d, err)
	}
}

func TestADigestHasWhatDoesNotNeedOneFinding(t *testing.T) {
	r := jiraRule()
	r.Title, r.Body, r.Assignee = "{{.Title}}", "{{if .AssetName}}{{slice .AssetName 5}}{{end}}", "me"
	r.Labels = []string{"appsec", "{{.AssetName}}"}
	r.Priority, r.Due = map[string]string{"*": "High"}, map[string]string{"*": "3d"}
	r.Components, r.FixVersions, r.SecurityLevel, r.Parent = []string{"web"}, []string{"1"}, "Internal", "SEC-7"
	r.Fields = map[string]any{
		"Team": typedAs("select", "AppSec"), "Points": typedAs("number", "{{.Severity}}"), "Asset": "{{.AssetName}}",
		"Name": "{{if .Severity}}{{slice .Severity 9}}{{end}}",
	}
	a := member(sampleTarget(finding.Open), "a", finding.Open, map[finding.Field]string{finding.Severity: "HIGH", finding.AssetName: "a"})
	b := member(a, "b", finding.Open, map[finding.Field]string{finding.AssetName: "b"})
	s := waitingFor(0, a, b)
	d, err := groupView(t, s, func(g *Rule) { *g = r }).Draft(s, "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	d.Body = nil
	want := ticket.Draft{
		Destination: ticket.Destination{Tracker: "corp", Project: "SEC", IssueType: "Bug"}, Marker: "dtw-1",
		Title: `Findings of rule "all" that wait for a ticket of their own`, Labels: []string{"appsec"},
		Components: []string{"web"}, FixVersions: []string{"1"}, SecurityLevel: "Internal", Parent: "SEC-7",
		Fields: []ticket.Field{{Name: "Team", Type: ticket.SelectField, Values: []string{"AppSec"}}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v", d)
	}
}

func TestTheViewOfAGroupIsThatOfTheRuleThatMadeIt(t *testing.T) {
	here := ticket.Destination{Tracker: "corp", Project: "SEC", IssueType: "Bug"}
	there := here
	there.Project = "WEB"
	m := compile(t, twoTrackers(
		Rule{Name: "targets", Tracker: "corp", Project: "SEC", Match: Match{Kind: Patterns{"target"}}},
		Rule{Name: "moved", Tracker: "corp", Project: "WEB", Match: Match{Kind: Patterns{"service"}}},
		Rule{Name: "rest", Tracker: "corp", Project: "SEC"},
	))
	target, violation := sampleTarget(finding.Open), sampleViolation(finding.Open)
	group := Several([]finding.Finding{target, violation})
	for name, tt := range map[string]struct {
		s    Subject
		dest ticket.Destination
		rule string
		want string
	}{
		"a finding: the rule that matches it":       {One(target), here, "rest", "targets"},
		"a finding that goes elsewhere now":         {One(target), there, "rest", "rest"},
		"nothing that is left: the named rule":      {Several(nil), here, "targets", "targets"},
		"a group: the named rule":                   {group, here, "rest", "rest"},
		"a group whose rule leads elsewhere":        {group, here, "moved", "targets"},
		"a group whose rule is gone":                {group, here, "gone", "targets"},
		"a group whose first member goes elsewhere": {Several([]finding.Finding{sampleService(), violation}), here, "gone", "rest"},
		"a group at a place that nothing leads to":  {group, ticket.Destination{Tracker: "corp", Project: "OLD"}, "moved", "moved"},
		"a group of which nothing is left":          {group, ticket.Destination{Tracker: "corp", Project: "OLD"}, "gone", ""},
		"a digest: the named rule":                  {waitingFor(0, target), here, "rest", "rest"},
		"a digest whose rule is gone":               {waitingFor(0, target), here, "gone", "targets"},
		"an empty digest":                           {waitingFor(0), here, "rest", "rest"},
		"an empty digest whose rule is gone":        {waitingFor(0), here, "gone", ""},
	} {
		if got := m.For(tt.s, tt.dest, tt.rule).rule.name; got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
