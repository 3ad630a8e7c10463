package jira

import (
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func reviewed(dc bool) jiratest.Options {
	return jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", Workflow: jiratest.ReviewWorkflow()}}}
}

func TestClosingTakesTheOneTransitionThatLeadsThere(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{AddLabels: []string{"dt fixed"}}})
		if err != nil || got.Open || got.Status != "Done" {
			t.Fatalf("closed %+v, %v", got, err)
		}
		if !slices.Contains(s.stored(t, issue.Ref).Labels, "dt-fixed") {
			t.Error("the label is missing")
		}
		before := s.effects()
		if _, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{AddLabels: []string{"dt fixed"}}}); err != nil || s.effects() != before {
			t.Errorf("closing what is closed: %v, effects %q", err, s.effects())
		}
		if got, err = s.t.SetState(t.Context(), issue.Ref, ticket.Change{Open: true}); err != nil || !got.Open || got.Status != "To Do" {
			t.Errorf("reopened %+v, %v", got, err)
		}
	})
}

func TestClosingWalksAConfiguredPathOfSeveralHops(t *testing.T) {
	paths := map[string][]string{
		"by transition names": {"Start Progress", "ask for review", "Resolve"},
		"by status names":     {"In Progress", "In Review", "Resolved"},
		"by ids":              {"4", "711", "5"},
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) {
				s := start(t, reviewed(dc))
				issue := s.create(t, draft())
				got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{Transitions: path, Resolution: "Duplicate"}})
				if err != nil || got.Open || got.Status != "Resolved" || got.Reason != "Duplicate" {
					t.Fatalf("closed %+v, %v", got, err)
				}
				if want := "create transition transition transition"; s.effects() != want {
					t.Errorf("effects %q, want %q", s.effects(), want)
				}
			})
		})
	}
}

func TestAWalkGoesOnWhereItStopped(t *testing.T) {
	s := start(t, reviewed(false))
	issue := s.create(t, draft())
	change := ticket.Change{Closing: ticket.Closing{Transitions: []string{"In Progress", "In Review", "Resolved"}}}
	s.Fail(jiratest.Fault{Op: "transition", Kind: jiratest.Cut, Effect: true})
	_, err := s.t.SetState(t.Context(), issue.Ref, change)
	wantDecision(t, err, ticket.Doubt)
	if err := s.MoveToStatus(issue.Ref.Key, "In Review"); err != nil {
		t.Fatal(err)
	}
	got, err := s.t.SetState(t.Context(), issue.Ref, change)
	if err != nil || got.Status != "Resolved" || got.Reason != "Fixed" {
		t.Errorf("closed %+v, %v", got, err)
	}
	if want := "create transition transition"; s.effects() != want {
		t.Errorf("effects %q, want %q", s.effects(), want)
	}
}

func TestWhatTheWorkflowForbidsIsRefusedWithWhatThereIs(t *testing.T) {
	required := jiratest.DefaultWorkflow()
	required.Transitions[2].Fields = map[string]jiratest.Field{"customfield_7": {Name: "Root cause", Required: true}}
	tests := map[string]struct {
		workflow jiratest.Workflow
		status   string
		closing  ticket.Closing
		words    []string
	}{
		"no direct transition":       {jiratest.ReviewWorkflow(), "Open", ticket.Closing{}, []string{"Start Progress", "on.<disposition>"}},
		"several transitions":        {jiratest.ReviewWorkflow(), "In Review", ticket.Closing{}, []string{"Resolve", "Refuse"}},
		"a name that is not offered": {jiratest.DefaultWorkflow(), "To Do", ticket.Closing{Transitions: []string{"Won't Do"}}, []string{"Done"}},
		"a required field":           {required, "To Do", ticket.Closing{}, []string{"customfield_7"}},
		"a path that ends too early": {jiratest.ReviewWorkflow(), "Open", ticket.Closing{Transitions: []string{"Start Progress"}}, []string{"Ask for Review"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) {
				s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", Workflow: test.workflow}}})
				issue := s.create(t, draft())
				if err := s.MoveToStatus(issue.Ref.Key, test.status); err != nil {
					t.Fatal(err)
				}
				_, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: test.closing})
				e := wantDecision(t, err, ticket.Refused)
				for _, word := range test.words {
					if !strings.Contains(e.Hint, word) {
						t.Errorf("hint %q does not name %q", e.Hint, word)
					}
				}
			})
		})
	}
}

func TestFieldsAreSentOnlyWhereTheScreenHasThem(t *testing.T) {
	workflow := jiratest.DefaultWorkflow()
	workflow.Transitions[2].Fields = map[string]jiratest.Field{"customfield_7": {Name: "Root cause", Required: true}}
	s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Workflow: workflow}}})
	issue := s.create(t, draft())
	closing := ticket.Closing{Resolution: "Done", Fields: []ticket.Field{
		{Name: "customfield_7", Type: ticket.JSONField, JSON: "code"}, {Name: "customfield_8", Type: ticket.JSONField, JSON: "elsewhere"}}}
	got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: closing})
	if err != nil || got.Open {
		t.Fatalf("closed %+v, %v", got, err)
	}
	if stored := s.stored(t, issue.Ref); stored.Fields["customfield_7"] != "code" || len(stored.Fields) != 1 || stored.Resolution != "" {
		t.Errorf("fields %v, resolution %q", stored.Fields, stored.Resolution)
	}
	if s.Calls()["transition"] != 2 {
		t.Errorf("%d transition calls: the resolution is tried once and then left out", s.Calls()["transition"])
	}
}

func TestFieldsOfTheScreenAreFoundByNameAndWrittenByType(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		workflow := jiratest.DefaultWorkflow()
		workflow.Transitions[2].Fields = map[string]jiratest.Field{
			"customfield_7": {Name: "Root cause", Type: "select", Required: true, Allowed: []string{"Code"}},
			"customfield_8": {Name: "Proof", Type: "paragraph"},
		}
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", Workflow: workflow}}})
		issue := s.create(t, draft())
		closing := ticket.Closing{Fields: []ticket.Field{
			{Name: "root cause", Type: ticket.SelectField, Values: []string{"Code"}},
			{Name: "Proof", Type: ticket.ParagraphField, Doc: hostile()},
		}}
		got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: closing})
		if err != nil || got.Open || len(s.stored(t, issue.Ref).Fields) != 2 || s.Calls()["field"] != 0 {
			t.Errorf("closed %+v, %v, fields %v, calls %v", got, err, s.stored(t, issue.Ref).Fields, s.Calls())
		}
	})
}

func TestAFieldOfTheScreenThatCannotBeSentHoldsOrIsRefusedWithItsKey(t *testing.T) {
	for name, test := range map[string]struct {
		field    ticket.Field
		decision ticket.Decision
		hint     string
	}{
		"two of one name": {ticket.Field{Name: "Cause", Type: ticket.TextField, Values: []string{"x"}}, ticket.HoldTicket, "customfield_5, customfield_6"},
		"no date":         {ticket.Field{Name: "Day", Type: ticket.DateField, Values: []string{"soon"}}, ticket.HoldTicket, "fields.Day"},
		"another type":    {ticket.Field{Name: "Day", Type: ticket.SelectField, Values: []string{"soon"}}, ticket.Refused, `on.<disposition>.fields.Day must be { date = "2026-12-31" }`},
	} {
		t.Run(name, func(t *testing.T) {
			workflow := jiratest.DefaultWorkflow()
			workflow.Transitions[2].Fields = map[string]jiratest.Field{
				"customfield_5": {Name: "Cause", Type: "text"}, "customfield_6": {Name: "cause", Type: "text"}, "customfield_7": {Name: "Day", Type: "date"}}
			s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Workflow: workflow}}})
			issue := s.create(t, draft())
			_, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{Fields: []ticket.Field{test.field}}})
			if e := wantDecision(t, err, test.decision); !strings.Contains(e.Hint, test.hint) {
				t.Errorf("hint %q", e.Hint)
			}
			if s.effects() != "create" {
				t.Errorf("effects %s", s.effects())
			}
		})
	}
}

func TestAResolutionThatJiraDoesNotListIsTried(t *testing.T) {
	workflow := jiratest.DefaultWorkflow()
	workflow.Transitions[2].Fields = map[string]jiratest.Field{"resolution": {Name: "Resolution", Unlisted: true, Allowed: []string{"Done", "Won't Do"}}}
	s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Workflow: workflow}}})
	issue := s.create(t, draft())
	got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{Resolution: "Won't Do"}})
	if err != nil || got.Reason != "Won't Do" {
		t.Errorf("closed %+v, %v", got, err)
	}
}

func TestLabelsThatCannotBeAddedDoNotUndoTheState(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", HiddenFields: []string{"labels"}}}})
	issue := s.create(t, draft())
	got, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: ticket.Closing{AddLabels: []string{"fixed"}}})
	if err != nil || got.Open || len(got.Dropped) != 1 || !strings.Contains(got.Dropped[0], "cannot be set") {
		t.Errorf("closed %+v, %v", got, err)
	}
}
