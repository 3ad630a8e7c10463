package jira

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func TestCreateIsOneCallOnceTheDeploymentIsKnown(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		second := draft()
		second.Marker = markerB
		s.create(t, second)

		calls := s.Calls()
		if calls["create"] != 2 || calls["serverInfo"] != 1 || len(calls) != 2 {
			t.Errorf("calls: %v", calls)
		}
		stored := s.stored(t, issue.Ref)
		if want := []string{"cloud-team", markerA, "security", "ticketd"}; !slices.Equal(stored.Labels, want) {
			t.Errorf("labels %q, want %q", stored.Labels, want)
		}
		if got := string(stored.Properties[propertyRef]); got != `{"marker":"`+markerA+`","instance":"test"}` {
			t.Errorf("property %s", got)
		}
		if !strings.HasSuffix(stored.Description, "Reference "+markerA) {
			t.Errorf("no reference at the end of %q", stored.Description)
		}
		if stored.Priority != "High" || stored.IssueType != "Bug" || stored.Summary != draft().Title {
			t.Errorf("stored %+v", stored)
		}
		want := ticket.Ref{ID: stored.ID, Key: "SEC-1", Project: "SEC", URL: "http://jira.example.com/browse/SEC-1"}
		if issue.Ref != want || !issue.Open || !issue.Ours || issue.Marker != markerA {
			t.Errorf("issue %+v, want ref %+v", issue, want)
		}
	})
}

func TestCreateLeavesOutDecorationsThatJiraRefuses(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", HiddenFields: []string{"priority"}}}})
		d := draft()
		d.Components = []string{"no such component"}
		issue := s.create(t, d)
		if len(issue.Dropped) != 2 || !strings.HasPrefix(issue.Dropped[0], "components: ") || !strings.HasPrefix(issue.Dropped[1], "priority: ") {
			t.Errorf("dropped %q", issue.Dropped)
		}
		if issue.Written.Priority != "" || s.Calls()["create"] != 2 {
			t.Errorf("written %+v after %d calls", issue.Written, s.Calls()["create"])
		}
	})
}

func TestATicketWithoutLabelsIsFoundByItsText(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", HiddenFields: []string{"labels"}}}})
		issue := s.create(t, draft())
		if len(s.stored(t, issue.Ref).Labels) != 0 || len(issue.Dropped) != 1 {
			t.Fatalf("dropped %q", issue.Dropped)
		}
		for _, q := range []ticket.Query{{Project: "SEC", Markers: []string{markerA}}, {Project: "SEC"}} {
			found, err := s.t.Find(t.Context(), q)
			if err != nil || len(found) != 1 || found[0].Ref != issue.Ref || found[0].Marker != markerA {
				t.Errorf("%+v: found %+v, %v", q, found, err)
			}
		}
	})
}

func TestCreateHoldsTheTicketForARequiredFieldAndNamesIt(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC",
			Fields: map[string]jiratest.Field{"customfield_10001": {Name: "Team", Required: true}}}}})
		_, err := s.t.Create(t.Context(), draft())
		e := wantDecision(t, err, ticket.HoldTicket)
		if e.Fields["customfield_10001"] != "Team is required." || e.Hint == "" {
			t.Errorf("error %+v", e)
		}
		d := draft()
		d.Fields = []ticket.Field{
			{Name: "customfield_10001", Type: ticket.JSONField, JSON: map[string]any{"value": "Red"}},
			{Name: "labels", Type: ticket.JSONField, JSON: []string{"mine"}}, {Name: "summary", Type: ticket.JSONField, JSON: "other"},
		}
		issue := s.create(t, d)
		if stored := s.stored(t, issue.Ref); !slices.Contains(stored.Labels, markerA) || stored.Summary != d.Title {
			t.Errorf("a rule's field replaced one of ours: %+v", stored)
		}
	})
}

func TestCreateHoldsTheDestinationForItsOwnMistakes(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC"}, {Key: "OLD", Archived: true}, {Key: "HID", Hidden: true}}})
		for name, to := range map[string]ticket.Destination{
			"unknown project":  {Project: "NOPE", IssueType: "Bug"},
			"hidden project":   {Project: "HID", IssueType: "Bug"},
			"archived project": {Project: "OLD", IssueType: "Bug"},
		} {
			d := draft()
			d.Destination = to
			_, err := s.t.Create(t.Context(), d)
			if e := wantDecision(t, err, ticket.HoldDestination); e.Hint == "" || (name == "archived project" && e.Hint != hintArchived) {
				t.Errorf("%s: hint %q", name, e.Hint)
			}
		}
		if s.effects() != "" {
			t.Errorf("effects: %s", s.effects())
		}
	})
}

func TestAWrongIssueTypeHoldsTheTicketsOfItsRuleAlone(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		d := draft()
		d.Destination.IssueType = "Vulnerability"
		_, err := s.t.Create(t.Context(), d)
		if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Hint, "issue_type") || e.Fields["issuetype"] == "" {
			t.Errorf("hint %q, fields %v", e.Hint, e.Fields)
		}
	})
}

func TestReadFollowsAnIssueThatWasMoved(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC"}, {Key: "APP"}}})
		issue := s.create(t, draft())
		if err := s.MoveIssue(issue.Ref.Key, "APP"); err != nil {
			t.Fatal(err)
		}
		got, err := s.t.Read(t.Context(), issue.Ref)
		if err != nil || got.Ref.Key != "APP-1" || got.Ref.Project != "APP" || got.Ref.ID != issue.Ref.ID || !got.Ours || got.Marker != markerA {
			t.Errorf("read %+v, %v", got, err)
		}
	})
}

func TestAMissingIssueIsBelievedOnlyAfterTheGates(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		issue := s.create(t, draft())
		if err := s.DeleteIssue(issue.Ref.Key); err != nil {
			t.Fatal(err)
		}
		for name, call := range s.onIssue(t, issue.Ref) {
			e := wantDecision(t, call(), ticket.Missing)
			if e.Status != 404 {
				t.Errorf("%s: %+v", name, e)
			}
		}
		s.AddProject(jiratest.Project{Key: "SEC", Hidden: true})
		_, err := s.t.Read(t.Context(), issue.Ref)
		wantDecision(t, err, ticket.HoldDestination)
		s.AddProject(jiratest.Project{Key: "SEC", Archived: true})
		_, err = s.t.Read(t.Context(), issue.Ref)
		if e := wantDecision(t, err, ticket.HoldDestination); e.Hint != hintArchived {
			t.Errorf("hint %q", e.Hint)
		}
		s.AddProject(jiratest.Project{Key: "SEC"})
		s.SetToken("rotated")
		_, err = s.t.Read(t.Context(), issue.Ref)
		wantDecision(t, err, ticket.HoldTracker)
	})
}

// onIssue gives every operation on an issue.
func (s setup) onIssue(t *testing.T, ref ticket.Ref) map[string]func() error {
	t.Helper()
	d := draft()
	d.Labels = []string{"other"}
	return map[string]func() error{
		"read":     func() error { _, err := s.t.Read(t.Context(), ref); return err },
		"close":    func() error { _, err := s.t.SetState(t.Context(), ref, ticket.Change{}); return err },
		"update":   func() error { _, err := s.t.Update(t.Context(), ref, d, ticket.Written{}); return err },
		"comments": func() error { _, err := s.t.Comments(t.Context(), ref); return err },
		"comment": func() error {
			_, err := s.t.AddComment(t.Context(), ref, ticket.Comment{Marker: opA, Body: ticket.Doc{ticket.Para(ticket.Text("x")...)}})
			return err
		},
		"delete comment": func() error { return s.t.DeleteComment(t.Context(), ref, "10042") },
		"relabel":        func() error { return s.t.Relabel(t.Context(), ref, []string{"other"}, nil) },
	}
}

func TestFindIgnoresClonesAndOtherInstances(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, PageSize: 2})
		first := s.create(t, draft())
		if _, err := s.CloneIssue(first.Ref.Key); err != nil {
			t.Fatal(err)
		}
		late := s.create(t, draft()) // a duplicate of our own
		other := draft()
		other.Marker = markerB
		s.create(t, other)
		found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
		if err != nil || len(found) != 2 || found[0].Ref != first.Ref || found[1].Ref != late.Ref {
			t.Fatalf("found %+v, %v", found, err)
		}
		all, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC"})
		if err != nil || len(all) != 3 {
			t.Errorf("all: %d, %v", len(all), err)
		}
		since, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Since: noon().Add(time.Hour)})
		if err != nil || len(since) != 0 {
			t.Errorf("since: %+v, %v", since, err)
		}
	})
}

func TestAnotherInstanceInTheSameProjectIsNotOurs(t *testing.T) {
	s := start(t, jiratest.Options{})
	s.create(t, draft())
	other := start(t, jiratest.Options{}, func(o *Options) { o.Transport, o.Instance = s.Server, "other" })
	if found, err := other.t.Find(t.Context(), ticket.Query{Project: "SEC"}); err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	named, err := other.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
	if err != nil || len(named) != 1 {
		t.Errorf("by marker: %+v, %v", named, err)
	}
}

func TestFindSeesAnIssueOnlyAfterTheSearchLag(t *testing.T) {
	now := noon()
	s := start(t, jiratest.Options{SearchLag: 90 * time.Second, Now: func() time.Time { return now }})
	issue := s.create(t, draft())
	q := ticket.Query{Project: "SEC", Markers: []string{markerA}}
	if found, err := s.t.Find(t.Context(), q); err != nil || len(found) != 0 {
		t.Fatalf("found %+v, %v", found, err)
	}
	if got, err := s.t.Read(t.Context(), issue.Ref); err != nil || got.Marker != markerA {
		t.Errorf("reading by id must not depend on the index: %+v, %v", got, err)
	}
	now = now.Add(90 * time.Second)
	if found, err := s.t.Find(t.Context(), q); err != nil || len(found) != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestAlsoOursCountsIssuesOfAFormerAccount(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc}, func(o *Options) { o.AlsoOurs = []string{"70121:person", "pat"} })
		issue := s.create(t, draft())
		clone, err := s.CloneIssue(issue.Ref.Key)
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
		if err != nil || len(found) != 2 || found[1].Ref.Key != clone {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}

func TestCommentsAreFoundByTheirMarkerOverAllPages(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, PageSize: 2})
		issue := s.create(t, draft())
		var want []ticket.Posted
		for i, c := range "01234" {
			marker := opA[:len(opA)-1] + string(c)
			if err := s.CommentByPerson(issue.Ref.Key, "thanks", lastProperties(s.stored(t, issue.Ref))); err != nil {
				t.Fatal(err)
			}
			id, err := s.t.AddComment(t.Context(), issue.Ref, ticket.Comment{Marker: marker, Body: ticket.Doc{ticket.Para(ticket.Text("note")...)}})
			if err != nil {
				t.Fatalf("comment %d: %v", i, err)
			}
			want = append(want, ticket.Posted{ID: id, Marker: marker})
		}
		got, err := s.t.Comments(t.Context(), issue.Ref)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %v, %v; want %v", got, err, want)
		}
		for range 2 {
			if err := s.t.DeleteComment(t.Context(), issue.Ref, want[0].ID); err != nil {
				t.Errorf("deleting: %v", err)
			}
		}
		if got, _ := s.t.Comments(t.Context(), issue.Ref); !slices.Equal(got, want[1:]) {
			t.Errorf("after deleting: %v", got)
		}
	})
}

// lastProperties is what a person can copy of our newest comment.
func lastProperties(i jiratest.Issue) map[string]json.RawMessage {
	if len(i.Comments) == 0 {
		return nil
	}
	return i.Comments[len(i.Comments)-1].Properties
}
