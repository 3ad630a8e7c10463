package jira

import (
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// decorated is a draft with everything that a rule has a key for.
func decorated() ticket.Draft {
	d := draft()
	d.Components, d.FixVersions, d.DueDate, d.Assignee = []string{"api"}, []string{"1.0"}, "2026-12-31", "5b10a2844c20165700ede21g"
	return d
}

func TestDecorationsThatJiraDoesNotTakeAreDroppedOnceAndTold(t *testing.T) {
	all := []string{"labels", "priority", "components", "fixVersions", "duedate", "assignee"}
	p := wellProject()
	both(t, func(t *testing.T, dc bool) {
		for _, field := range all {
			p.HiddenFields, p.Required = []string{field}, nil
			s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{p}})
			issue := s.create(t, decorated())
			if len(issue.Dropped) != 1 || !strings.HasPrefix(issue.Dropped[0], field+": ") || s.Calls()["create"] != 2 {
				t.Errorf("%s: dropped %q, calls %v", field, issue.Dropped, s.Calls())
			}
		}
		p.HiddenFields = all
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{p}})
		if issue := s.create(t, decorated()); len(issue.Dropped) != len(all) {
			t.Errorf("dropped %q", issue.Dropped)
		}
	})
}

// A finding that everybody can read although the rule gave it a level is worse than a held ticket.
func TestASecurityLevelIsSetOrTheTicketIsHeld(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		p := wellProject()
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{p}})
		for level, want := range map[string]string{"Internal": "Internal", "1": "Internal"} {
			d := decorated()
			d.SecurityLevel = level
			if issue := s.create(t, d); s.stored(t, issue.Ref).SecurityLevel != want {
				t.Errorf("level %q: stored %q", level, s.stored(t, issue.Ref).SecurityLevel)
			}
		}
		made := len(s.Effects())
		for level, levels := range map[string][]string{"Secret": p.SecurityLevels, "Internal": nil} {
			p.SecurityLevels = levels
			s.AddProject(p)
			d := decorated()
			d.SecurityLevel = level
			_, err := s.t.Create(t.Context(), d)
			if e := wantDecision(t, err, ticket.HoldTicket); e.Fields["security"] == "" || !strings.Contains(e.Hint, "security_level") || len(s.Effects()) != made {
				t.Errorf("level %q: %v, effects %v", level, e, s.Effects()[made:])
			}
		}
	})
}

func TestAFieldThatTheRuleNamesIsNoDecoration(t *testing.T) {
	p := everyField()
	s := start(t, jiratest.Options{Projects: []jiratest.Project{p}})
	d := draft()
	d.Fields = []ticket.Field{{Name: "versions", Type: ticket.MultiSelectField, Values: []string{"9.9"}}}
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); e.Fields["versions"] == "" || s.Calls()["create"] != 1 {
		t.Errorf("error %v, calls %v", e, s.Calls())
	}
}

// families is a project with an epic SEC-1 and a task SEC-2.
func families(t *testing.T, dc bool, hidden ...string) setup {
	t.Helper()
	s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", IssueTypes: []string{"Bug", "Task", "Epic", "Flaw"},
		Subtasks: []string{"Flaw"}, HiddenFields: hidden}}})
	for n, kind := range []string{"Epic", "Task"} {
		d := draft()
		d.Destination.IssueType = kind
		d.Marker = d.Marker[:len(d.Marker)-1] + string(rune('a'+n))
		s.create(t, d)
	}
	return s
}

func TestAnIssueIsPutUnderItsParentAsTheDeploymentDoes(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		for kind, parent := range map[string]string{"Bug": "SEC-1", "Flaw": "SEC-2"} {
			s := families(t, dc)
			before := s.Calls()
			for _, marker := range []string{markerA, markerB} {
				d := draft()
				d.Marker, d.Destination.IssueType, d.Parent = marker, kind, parent
				issue := s.create(t, d)
				if got := s.stored(t, issue.Ref).Parent; got != parent {
					t.Errorf("%s: parent %q", kind, got)
				}
			}
			after := s.Calls()
			types, fields := 0, 0
			if dc {
				types = 1
				if kind == "Bug" {
					fields = 1
				}
			}
			if after["createmeta"] != types || after["field"] != fields || after["create"]-before["create"] != 2 {
				t.Errorf("%s: calls %v", kind, after)
			}
		}
	})
}

func TestAParentThatCannotBeHoldsTheTicket(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		for name, c := range map[string]struct {
			hidden       []string
			kind, parent string
		}{
			"no key":                   {nil, "Bug", "the epic"},
			"no such issue":            {nil, "Bug", "SEC-99"},
			"a task over a bug":        {nil, "Bug", "SEC-2"},
			"an epic over a sub-task":  {nil, "Flaw", "SEC-1"},
			"the field off the screen": {[]string{"parent", jiratest.EpicLink}, "Bug", "SEC-1"},
		} {
			t.Run(name, func(t *testing.T) {
				s := families(t, dc, c.hidden...)
				made := len(s.Effects())
				d := draft()
				d.Destination.IssueType, d.Parent = c.kind, c.parent
				_, err := s.t.Create(t.Context(), d)
				e := wantDecision(t, err, ticket.HoldTicket)
				if !strings.Contains(e.Hint, "parent in the rule") || len(s.Effects()) != made {
					t.Errorf("error %v, hint %q", e, e.Hint)
				}
			})
		}
	})
}

func TestDataCenterWithoutEpicsSaysSo(t *testing.T) {
	s := start(t, jiratest.Options{DataCenter: true}, func(o *Options) { o.Transport = withoutEpics(t, o.Transport) })
	d := draft()
	d.Parent = "SEC-1"
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Message, "Epic Link") || s.Calls()["create"] != 0 {
		t.Errorf("error %v", e)
	}
}

func TestATypeThatTheProjectDoesNotHaveIsToldBeforeItsParentIsSet(t *testing.T) {
	s := families(t, true)
	d := draft()
	d.Destination.IssueType, d.Parent = "Bgu", "SEC-1"
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); e.Hint != hintIssueType {
		t.Errorf("error %v, hint %q", e, e.Hint)
	}
}
