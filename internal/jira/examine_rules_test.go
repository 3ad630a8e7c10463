package jira

import (
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// of says which rules want something, and by which rule's key.
func of(w ticket.Want, number string, rules ...string) ticket.Want {
	w.Rules, w.Key = rules, slices.Concat([]string{"rule", number}, w.Key[2:])
	return w
}

func symptomOf(t *testing.T, all []ticket.Symptom, check string, severity ticket.Severity) ticket.Symptom {
	t.Helper()
	i := slices.IndexFunc(all, func(s ticket.Symptom) bool { return s.Check == check && s.Severity == severity })
	if i < 0 {
		t.Fatalf("no symptom %s of %s in\n%s", severity, check, tell(all))
	}
	return all[i]
}

func TestTheRulesThatDoNotSetARequiredFieldAreNamed(t *testing.T) {
	p := everyField()
	f := p.Fields["customfield_104"]
	f.Required = true
	p.Fields["customfield_104"] = f
	team := wantField("Team", ticket.SelectField, "Red")
	label := want(ticket.WantLabel, "security")
	for words, wants := range map[string][]ticket.Want{
		`rule "b" does not set it`:                   {of(team, "0", "a"), of(label, "1", "b"), of(team, "2", "c")},
		`rules "a", "c" do not set it`:               {of(team, "1", "b"), of(label, "0", "a")},
		`none of the 3 rules that lead here sets it`: {of(label, "0", "a", "b", "c")},
		``: {of(team, "0", "a", "b", "c")},
	} {
		s := start(t, jiratest.Options{Projects: []jiratest.Project{p}})
		n := need()
		n.Rules, n.Wants = []string{"a", "b", "c"}, wants
		all := s.t.Examine(t.Context(), n)
		if words == "" {
			symptomOf(t, all, checkRequired, ticket.Healthy)
			continue
		}
		got := symptomOf(t, all, checkRequired, ticket.Failing)
		if !strings.HasSuffix(got.Text, words) {
			t.Errorf("%q, want %q", got.Text, words)
		}
		if first := strings.Contains(words, `"a"`); first && !slices.Equal(got.Key, []string{"rule", "0"}) {
			t.Errorf("%s: key %q", words, got.Key)
		}
	}
}

// Two rules close by ways of their own, to screens that take different resolutions.
func TestARuleIsComparedWithItsOwnWayOnly(t *testing.T) {
	w := jiratest.DefaultWorkflow()
	w.Transitions = append(w.Transitions, jiratest.Transition{ID: "41", Name: "Refuse", To: "Done",
		Fields: map[string]jiratest.Field{"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Refused", "Declined"}}}})
	w.Transitions[2].Fields = map[string]jiratest.Field{"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Repaired", "Mended"}}}
	examine := func(wants ...ticket.Want) []ticket.Symptom {
		s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Workflow: w}}})
		s.create(t, draft())
		n := need()
		n.Rules, n.Wants = []string{"a", "b"}, wants
		return s.t.Examine(t.Context(), n)
	}
	ways := []ticket.Want{of(wantWay("fixed", "Done"), "0", "a"), of(wantWay("fixed", "Refuse"), "1", "b")}
	repaired, refused := wantOn("fixed", ticket.WantResolution, "Repaired"), wantOn("fixed", ticket.WantResolution, "Refused")
	all := examine(append(ways, of(repaired, "0", "a"), of(refused, "1", "b"))...)
	if told := tell(all); told != "" {
		t.Errorf("symptoms\n%s", told)
	}
	got := symptomOf(t, examine(append(ways, of(repaired, "0", "a"))...), checkRequired, ticket.Failing)
	if !strings.Contains(got.Text, `transition "Refuse" requires field "Resolution" (resolution), and rule "b" does not set it`) || got.Key[1] != "1" {
		t.Errorf("symptom %+v", got)
	}
}

func TestOfASubTaskTheRulesWithoutAParentAreNamed(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", IssueTypes: []string{"Bug"}, Subtasks: []string{"Bug"}}}})
	n := need()
	n.Rules, n.Wants = []string{"a", "b"}, []ticket.Want{of(want(ticket.WantParent, "SEC-1"), "0", "a"), of(want(ticket.WantLabel, "x"), "1", "b")}
	got := symptomOf(t, s.t.Examine(t.Context(), n), checkType, ticket.Failing)
	if !strings.HasSuffix(got.Text, `and rule "b" does not set it`) || !slices.Equal(got.Key, []string{"rule", "1"}) {
		t.Errorf("symptom %+v", got)
	}
}
