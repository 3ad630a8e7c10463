package jira

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func changed() ticket.Draft {
	d := draft()
	d.Body = ticket.Doc{ticket.Para(ticket.Text("Now two buckets can be read.")...)}
	d.Priority = "Highest"
	d.Labels = []string{"security", "new"}
	return d
}

func TestUpdateReplacesOurPartAndLeavesWhatStandsAround(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		if err := s.WriteAround(issue.Ref.Key, "Pat: looking into it", "Pat: see the wiki"); err != nil {
			t.Fatal(err)
		}
		got, err := s.t.Update(t.Context(), issue.Ref, changed(), issue.Written)
		if err != nil || len(got.Kept) != 0 {
			t.Fatalf("updated %+v, %v", got, err)
		}
		stored := s.stored(t, issue.Ref)
		text := stored.Description
		if !strings.HasPrefix(text, "Pat: looking into it") || !strings.HasSuffix(text, "Pat: see the wiki") ||
			!strings.Contains(text, "two buckets") || strings.Contains(text, "What was found") || strings.Count(text, "Reference "+markerA) != 1 {
			t.Errorf("description %q", text)
		}
		if want := []string{markerA, "new", "security", "ticketd"}; !slices.Equal(stored.Labels, want) || stored.Priority != "Highest" {
			t.Errorf("labels %q, priority %q", stored.Labels, stored.Priority)
		}
		before := s.effects()
		again, err := s.t.Update(t.Context(), issue.Ref, changed(), got.Written)
		if err != nil || s.effects() != before || again.Written.Fence != got.Written.Fence {
			t.Errorf("again: %+v, %v, effects %q", again, err, s.effects())
		}
	})
}

func TestUpdateKeepsWhatAPersonChanged(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		for _, err := range []error{
			s.ReplaceInDescription(issue.Ref.Key, "anybody", "anybody in the office"),
			s.SetPriority(issue.Ref.Key, "Lowest"),
			s.RemoveLabel(issue.Ref.Key, "security"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.t.Update(t.Context(), issue.Ref, changed(), issue.Written)
		if err != nil || !slices.Equal(got.Kept, []string{"description", "priority"}) {
			t.Fatalf("updated %+v, %v", got, err)
		}
		stored := s.stored(t, issue.Ref)
		if !strings.Contains(stored.Description, "in the office") || stored.Priority != "Lowest" || slices.Contains(stored.Labels, "security") {
			t.Errorf("stored %+v", stored)
		}
		if got.Written.Fence != issue.Written.Fence || got.Written.Priority != issue.Written.Priority {
			t.Errorf("written %+v, was %+v", got.Written, issue.Written)
		}
		if again, err := s.t.Update(t.Context(), issue.Ref, changed(), got.Written); err != nil || !slices.Equal(again.Kept, got.Kept) {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

func TestAnUpdateWhoseAnswerWasLostIsNotTakenForAnEdit(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		s.Fail(jiratest.Fault{Op: "update", Kind: jiratest.Cut, Effect: true})
		_, err := s.t.Update(t.Context(), issue.Ref, changed(), issue.Written)
		wantDecision(t, err, ticket.Doubt)
		got, err := s.t.Update(t.Context(), issue.Ref, changed(), issue.Written)
		if err != nil || len(got.Kept) != 0 || got.Written.Priority != "Highest" || s.effects() != "create update" {
			t.Errorf("updated %+v, %v, effects %q", got, err, s.effects())
		}
		back, err := s.t.Update(t.Context(), issue.Ref, draft(), got.Written)
		if err != nil || len(back.Kept) != 0 || s.stored(t, issue.Ref).Priority != "High" {
			t.Errorf("back: %+v, %v", back, err)
		}
	})
}

func TestUpdateLeavesOutWhatCannotBeEdited(t *testing.T) {
	s := start(t, jiratest.Options{})
	issue := s.create(t, draft())
	s.AddProject(jiratest.Project{Key: "SEC", HiddenFields: []string{"labels", "priority"}})
	got, err := s.t.Update(t.Context(), issue.Ref, changed(), issue.Written)
	if err != nil || len(got.Dropped) != 2 || got.Written.Priority != "High" || !slices.Equal(got.Written.Labels, issue.Written.Labels) {
		t.Fatalf("updated %+v, %v", got, err)
	}
	if !strings.Contains(s.stored(t, issue.Ref).Description, "two buckets") {
		t.Error("the description was not updated")
	}
}

func TestAnImageInsideOurPartIsAnEdit(t *testing.T) {
	body := renderDescription(true, draft())
	content := anyNodes(body.nodes)
	image := map[string]any{"type": "mediaSingle", "content": []any{map[string]any{"type": "media"}}}
	for name, test := range map[string]struct {
		at   int
		ours bool
	}{"inside": {1, false}, "above": {0, true}, "below": {len(content), true}} {
		raw, err := json.Marshal(newDocument(slices.Insert(slices.Clone(content), test.at, any(image))...))
		if err != nil {
			t.Fatal(err)
		}
		value, ok := body.within(true, raw, markerA, body.fence)
		if ok != test.ours {
			t.Errorf("%s: ours %v", name, ok)
		}
		written, err := json.Marshal(value)
		if ok && (err != nil || !strings.Contains(string(written), "mediaSingle")) {
			t.Errorf("%s: the image is lost: %s, %v", name, written, err)
		}
	}
}
