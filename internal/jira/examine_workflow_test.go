package jira

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// wayTest is a workflow with issues in some statuses, and what is said of the way to an outcome.
type wayTest struct {
	workflow jiratest.Workflow
	issues   []string // statuses of recent issues, the oldest first
	fault    *jiratest.Fault
	wants    []ticket.Want
	severity ticket.Severity
	check    string
	text     string
	hint     string
	paste    string
}

func TestTheWayToAnOutcomeIsFollowedAsFarAsIssuesTell(t *testing.T) {
	for name, test := range wayTests() {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) { test.run(t, dc) })
		})
	}
}

func (test wayTest) run(t *testing.T, dc bool) {
	t.Helper()
	s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", Workflow: test.workflow}}})
	for n, status := range test.issues {
		d := draft()
		d.Marker = d.Marker[:len(d.Marker)-1] + string(rune('a'+n))
		issue := s.create(t, d)
		if err := s.MoveToStatus(issue.Ref.Key, status); err != nil {
			t.Fatal(err)
		}
	}
	before := len(s.Effects())
	if test.fault != nil {
		s.Fail(*test.fault)
	}
	all := s.t.Examine(t.Context(), need(test.wants...))
	i := slices.IndexFunc(all, func(s ticket.Symptom) bool {
		return s.Severity == test.severity && s.Check == test.check && strings.Contains(s.Text, test.text)
	})
	switch {
	case i < 0:
		for _, symptom := range all {
			t.Logf("%s %s: %s", symptom.Severity, symptom.Check, symptom.Text)
		}
		t.Fatalf("no symptom %s of %s with %q", test.severity, test.check, test.text)
	case !strings.Contains(all[i].Hint, test.hint) || all[i].Paste != test.paste || (all[i].Severity != ticket.Healthy) != (all[i].Hint != ""):
		t.Errorf("symptom %+v", all[i])
	}
	worse := slices.ContainsFunc(all, func(s ticket.Symptom) bool { return s.Severity == ticket.Failing })
	if worse != (test.severity == ticket.Failing) {
		t.Errorf("symptoms %s", tell(all))
	}
	if len(s.Effects()) != before || s.Calls()["transition"] != 0 {
		t.Errorf("an examination had effects: %v", s.Effects()[before:])
	}
}

func wayTests() map[string]wayTest {
	review, plain := jiratest.ReviewWorkflow(), jiratest.DefaultWorkflow()
	whole := wantWay("fixed", "Start Progress", "In Review", "Resolved")
	all := map[string]wayTest{
		"to its end": {workflow: review, issues: []string{"Open", "In Progress", "In Review"}, wants: []ticket.Want{whole},
			severity: ticket.Healthy, check: "transition", text: `closing as fixed: transition "Resolve" leads to "Resolved" (seen from SEC-3)`},
		"as far as there are issues": {workflow: review, issues: []string{"Open"}, wants: []ticket.Want{whole},
			severity: ticket.Healthy, check: "transition", text: `transition "Start Progress" leads to "In Progress"; what follows can be seen only from an issue there`},
		"without a path": {workflow: plain, issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Healthy, check: "transition", text: `"Done" leads to "Done"`},
		"reopening": {workflow: review, issues: []string{"Resolved"}, wants: []ticket.Want{wantWay("open", "Reopen")},
			severity: ticket.Healthy, check: "transition", text: `reopening: transition "Reopen" leads to "Open"`},
		"a path that is longer than needed": {workflow: plain, issues: []string{"To Do", "Done"}, wants: []ticket.Want{wantWay("fixed", "Done", "Archive")},
			severity: ticket.Healthy, check: "transition", text: "the rest of the path is not needed"},
		"no direct way": {workflow: review, issues: []string{"Open"}, wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Failing, check: "transition", text: `from status "Open" no transition leads there (seen from SEC-1)`, hint: `"Start Progress"`},
		"several ways": {workflow: jiratest.Workflow{Statuses: review.Statuses, Transitions: []jiratest.Transition{{ID: "1", Name: "Fix", To: "Resolved"}, {ID: "2", Name: "Refuse", To: "Won't Do"}}},
			issues: []string{"Open"}, wants: []ticket.Want{wantWay("fixed")}, severity: ticket.Failing, check: "transition", text: "several transitions", hint: `"Refuse"`},
		"a first step that is not there": {workflow: plain, issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed", "Dnoe")},
			severity: ticket.Failing, check: "transition", text: `none of the configured steps ["Dnoe"] is offered`, hint: `on.fixed of the rule; from here there are: "To Do"`, paste: `on.fixed.transitions = ["Done"]`},
		"a path that ends open": {workflow: plain, issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed", "In Progress")},
			severity: ticket.Failing, check: "transition", text: `ends in status "In Progress", which is open`, hint: "a status that is done"},
		"a path that ends done for a reopening": {workflow: review, issues: []string{"Resolved"}, wants: []ticket.Want{wantWay("open", "Reopen", "Won't Do")},
			severity: ticket.Failing, check: "transition", text: `ends in status "Won't Do", which is done`, hint: "a status that is open"},
		"a later step of no known name": {workflow: review, issues: []string{"Open"}, wants: []ticket.Want{wantWay("fixed", "Start Progress", "Ask for Reviwe", "Resolved")},
			severity: ticket.Unknown, check: "transition", text: `step "Ask for Reviwe" is no status`, hint: "In Review"},
		"no issue to look from": {workflow: plain, wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Unknown, check: "transition", text: "no recent open issue of type Bug", hint: "look again"},
		"no issue to look from, for several outcomes of one rule": {workflow: plain, wants: []ticket.Want{wantAnyWay("fixed"), wantAnyWay("wont_fix"), wantAnyWay("open")},
			severity: ticket.Unknown, check: "transition", text: "closing as fixed, wont_fix: project SEC has no recent open issue", hint: "look again"},
		"no closed issue to look from": {workflow: plain, issues: []string{"To Do"}, wants: []ticket.Want{wantWay("open")},
			severity: ticket.Unknown, check: "transition", text: "no recent done issue of type Bug", hint: "look again"},
		"no issue at the beginning": {workflow: review, issues: []string{"In Progress"}, wants: []ticket.Want{wantWay("fixed", "Triage", "Resolved")},
			severity: ticket.Unknown, check: "transition", text: "none of the configured steps", hint: "at the beginning"},
		"a search that is refused": {workflow: plain, fault: answered("search", 500), wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Unknown, check: "transition", text: "no issue can be searched for", hint: "try again"},
		"statuses that cannot be read": {workflow: plain, issues: []string{"To Do"}, fault: answered("statuses", 403), wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Unknown, check: "transition", text: "the statuses of the project cannot be read", hint: "try again"},
		"transitions that cannot be read": {workflow: plain, issues: []string{"To Do"}, fault: answered("transitions", 500), wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Unknown, check: "transition", text: "HTTP 500", hint: "try again"},
	}
	maps.Copy(all, screenTests())
	return all
}

// screenTests are about the screens on the way.
func screenTests() map[string]wayTest {
	review := jiratest.ReviewWorkflow()
	toEnd := []string{"Open", "In Progress", "In Review"}
	whole := wantWay("fixed", "In Progress", "In Review", "Resolved")
	choice := func(allowed ...string) jiratest.Workflow {
		w := jiratest.DefaultWorkflow()
		w.Transitions[2].Fields = map[string]jiratest.Field{
			"resolution":    {Name: "Resolution", Required: true, Allowed: allowed},
			"customfield_7": {Name: "Root cause", Type: "select", Required: true, Allowed: []string{"Code", "Config"}},
		}
		return w
	}
	cause := func(typ ticket.FieldType, values ...string) ticket.Want {
		return wantScreenField("fixed", "root cause", typ, values...)
	}
	closing := []ticket.Want{wantWay("fixed"), wantOn("fixed", ticket.WantResolution, "Repaired"), cause(ticket.SelectField, "Code")}
	return map[string]wayTest{
		"resolution on the screen": {workflow: review, issues: toEnd, wants: []ticket.Want{whole, wantOn("fixed", ticket.WantResolution, "Fixed")},
			severity: ticket.Healthy, check: "resolution", text: `"Fixed" is on the screen`},
		"no such resolution on the screen": {workflow: review, issues: toEnd, wants: []ticket.Want{whole, wantOn("fixed", ticket.WantResolution, "Repaired")},
			severity: ticket.Failing, check: "resolution", text: `takes no resolution "Repaired"`, hint: "Fixed, Won't Do, Duplicate", paste: `on.fixed.resolution = "Fixed"`},
		"a resolution called by its id": {workflow: choice("Repaired"), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), wantOn("fixed", ticket.WantResolution, "1"), cause(ticket.SelectField, "Code")},
			severity: ticket.Failing, check: "resolution", text: `takes no resolution "1"`, hint: "Repaired", paste: `on.fixed.resolution = "Repaired"`},
		"no such resolution on the site": {workflow: review, issues: []string{"Open"}, wants: []ticket.Want{whole, wantOn("fixed", ticket.WantResolution, "Fixde")},
			severity: ticket.Failing, check: "resolution", text: `no resolution "Fixde"`, hint: "near to it are: Fixed"},
		"a resolution whose screen is out of sight": {workflow: review, issues: []string{"Open"}, wants: []ticket.Want{whole, wantOn("fixed", ticket.WantResolution, "Fixed")},
			severity: ticket.Healthy, check: "resolution", text: "cannot be seen yet"},
		"resolutions that cannot be read": {workflow: review, issues: []string{"Open"}, fault: answered("resolution", 500), wants: []ticket.Want{whole, wantOn("fixed", ticket.WantResolution, "Fixed")},
			severity: ticket.Unknown, check: "resolution", text: "cannot be read", hint: "try again"},
		"no resolution on the screen": {workflow: jiratest.DefaultWorkflow(), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), wantOn("fixed", ticket.WantResolution, "Done")},
			severity: ticket.Warning, check: "resolution", text: "tried once and then left out", hint: "put Resolution on the screen"},
		"required resolution": {workflow: choice("Repaired", "Refused"), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), cause(ticket.SelectField)},
			severity: ticket.Failing, check: "required field", text: `requires field "Resolution"`, hint: "on.fixed", paste: `on.fixed.resolution = "Repaired"`},
		"required field of the screen": {workflow: choice("Repaired"), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed")},
			severity: ticket.Failing, check: "required field", text: `requires field "Root cause" (customfield_7)`, hint: "on.fixed", paste: `on.fixed.fields."Root cause" = { select = "Code" }`},
		"all that the screen wants": {workflow: choice("Repaired"), issues: []string{"To Do"}, wants: closing,
			severity: ticket.Healthy, check: "screen field", text: `"root cause" is on the screen of transition "Done"`},
		"a value of another type": {workflow: choice("Repaired"), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), cause(ticket.TextField, "Code")},
			severity: ticket.Failing, check: "screen field", text: "type text", hint: "type that the field has", paste: `on.fixed.fields."root cause" = { select = "Code" }`},
		"an option that is not there": {workflow: choice("Repaired"), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), cause(ticket.SelectField, "Bug")},
			severity: ticket.Failing, check: "screen field", text: `no option "Bug"`, hint: "Code, Config", paste: `on.fixed.fields."root cause" = { select = "Code" }`},
		"a field that is not on the screen": {workflow: jiratest.DefaultWorkflow(), issues: []string{"To Do"}, wants: []ticket.Want{wantWay("fixed"), cause(ticket.SelectField, "Code")},
			severity: ticket.Warning, check: "screen field", text: "it is not sent", hint: "remove it from on.fixed"},
	}
}
