package mapping

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestTheFirstRuleThatMatchesWins(t *testing.T) {
	m := compile(t, twoTrackers(
		Rule{Name: "android", Tracker: "corp", Project: "DROID", IssueType: "Task", Match: Match{Platform: Patterns{"ANDROID"}}},
		Rule{Name: "mobile", Tracker: "corp", Project: "MOB", Match: Match{Kind: Patterns{"target"}}},
		Rule{Name: "gumtree", Tracker: "hub", Repository: "acme/app", Match: Match{AssetName: Patterns{"gumtree*"}, Kind: Patterns{"violation"}}},
	))
	tests := map[string]struct {
		f    finding.Finding
		want Route
		ok   bool
	}{
		"both match":  {richTarget(), Route{"android", ticket.Destination{Tracker: "corp", Project: "DROID", IssueType: "Task"}, "target/924f1fb0-ebaa-4dfd-9297-390c0df18b44"}, true},
		"the second":  {sampleTarget(finding.Open), Route{"mobile", ticket.Destination{Tracker: "corp", Project: "MOB", IssueType: "Bug"}, "target/924f1fb0-ebaa-4dfd-9297-390c0df18b44"}, true},
		"the third":   {sampleViolation(finding.WontFix), Route{"gumtree", ticket.Destination{Tracker: "hub", Project: "acme/app"}, "violation/924f1fb0-ebaa-4dfd-9297-390c0df18b44"}, true},
		"no rule":     {sampleService(), Route{}, false},
		"a parent":    {finding.Finding{Key: finding.Key{Kind: finding.Parent, UUID: "f1"}}, Route{}, false},
		"no findings": {finding.Finding{}, Route{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := m.Route(tt.f)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if got := m.Rules(); !reflect.DeepEqual(got, []string{"android", "mobile", "gumtree"}) {
		t.Errorf("rules: %v", got)
	}
}

func TestAParentIsNotRoutedByACatchAll(t *testing.T) {
	m := compile(t, twoTrackers(jiraRule()))
	if r, err := m.Route(finding.Finding{Key: finding.Key{Kind: finding.Parent, UUID: "f1"}}); err == nil {
		t.Errorf("got %+v", r)
	}
}

func TestALaterRuleNeverChangesAnEarlierMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRouting), 1, 5).Draw(t, "rules")
		more := append(append([]Rule{}, rules...), drawRouting(t))
		before, problems := Compile(twoTrackers(rules...))
		after, moreProblems := Compile(twoTrackers(more...))
		if before == nil || after == nil {
			t.Fatalf("not compiled: %v %v", problems, moreProblems)
		}
		f := drawFinding(t)
		was, err := before.Route(f)
		if is, _ := after.Route(f); err == nil && is != was {
			t.Fatalf("was %+v, is %+v", was, is)
		}
	})
}

func TestATicketKeepsItsDestinationWhenRulesChange(t *testing.T) {
	m := compile(t, func() Spec {
		s := twoTrackers(
			Rule{Name: "now", Tracker: "corp", Project: "NEW", Assignee: "by-now", Match: Match{Kind: Patterns{"violation"}}},
			Rule{Name: "then", Tracker: "hub", Repository: "acme/app", Assignee: "by-then", Match: Match{Kind: Patterns{"nothing"}}},
		)
		s.Defaults.Assignee = "by-defaults"
		return s
	}())
	f := sampleViolation(finding.Open)
	tests := []struct {
		name string
		dest ticket.Destination
		rule string
		want string
	}{
		{"the rule that matches leads there", ticket.Destination{Tracker: "corp", Project: "NEW", IssueType: "Bug"}, "then", "by-now"},
		{"it leads elsewhere, the old rule is there", ticket.Destination{Tracker: "corp", Project: "OLD", IssueType: "Bug"}, "then", "by-then"},
		{"the old rule is gone", ticket.Destination{Tracker: "corp", Project: "OLD", IssueType: "Bug"}, "gone", "by-defaults"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := m.For(One(f), tt.dest, tt.rule).Draft(One(f), "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Assignee != tt.want || d.Destination != tt.dest {
				t.Errorf("assignee %q at %+v", d.Assignee, d.Destination)
			}
		})
	}
}
