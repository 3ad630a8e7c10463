package jira

import (
	"slices"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func TestLabelsArePutOnAndTakenOffByOneCallThatMayBeRepeated(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		for range 2 {
			if err := s.t.Relabel(t.Context(), issue.Ref, []string{"refused by workflow", "security"}, []string{"cloud team", "never there"}); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := s.stored(t, issue.Ref).Labels, []string{markerA, "refused-by-workflow", "security", "ticketd"}; !slices.Equal(got, want) {
			t.Errorf("labels %q, want %q", got, want)
		}
		if calls := s.Calls(); calls["update"] != 2 || calls["read"] != 0 {
			t.Errorf("calls %v", calls)
		}
	})
}

func TestTheLabelsOfTheAdapterStay(t *testing.T) {
	s := start(t, jiratest.Options{})
	issue := s.create(t, draft())
	if err := s.t.Relabel(t.Context(), issue.Ref, []string{"kept"}, []string{"ticketd", markerA, "kept", " "}); err != nil {
		t.Fatal(err)
	}
	if got, want := s.stored(t, issue.Ref).Labels, []string{"cloud-team", markerA, "kept", "security", "ticketd"}; !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
	if err := s.t.Relabel(t.Context(), issue.Ref, nil, []string{"ticketd", ""}); err != nil || s.Calls()["update"] != 1 {
		t.Errorf("nothing to do: %v, calls %v", err, s.Calls())
	}
}

func TestLabelsThatAreNotOnTheScreenAreRefusedForCertain(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", HiddenFields: []string{"labels"}}}})
	issue := s.create(t, draft())
	wantDecision(t, s.t.Relabel(t.Context(), issue.Ref, []string{"refused"}, nil), ticket.HoldTicket)
}
