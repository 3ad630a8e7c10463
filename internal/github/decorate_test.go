package github

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

func milestone(name string) func(*ticket.Draft) {
	return func(d *ticket.Draft) { d.Milestone = name }
}

func TestAMilestoneIsNamedByItsNumberOrItsTitle(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	for _, title := range []string{"Q1", "Q2", "Q2"} {
		_, err := s.AddMilestone(repo, title)
		must(t, err)
	}
	must(t, s.CloseMilestone(repo, 2)) // of two with one title the open one is meant
	for _, tt := range []struct{ name, want string }{{"1", "Q1"}, {"q2", "Q2"}, {"2", "Q2"}} {
		i := create(t, tr, milestone(tt.name))
		got, _ := s.Issue(i.Ref.Key)
		if got.Milestone != tt.want || len(i.Dropped) != 0 {
			t.Errorf("%q became %q, dropped %v", tt.name, got.Milestone, i.Dropped)
		}
	}
	if got, _ := s.Issue("acme/app#2"); got.MilestoneNumber != 3 {
		t.Errorf("the open milestone is 3, the issue has %d", got.MilestoneNumber)
	}
}

func TestAMilestoneThatIsNotThereIsLeftOutAndTold(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	has(t, strings.Join(create(t, tr, milestone("Q9")).Dropped, ";"), `milestone: there is no milestone "Q9" in acme/app`)
	if calls := s.Calls()["create"]; calls != 1 {
		t.Errorf("%d calls for a milestone that is known not to be there", calls)
	}
	has(t, strings.Join(create(t, tr, milestone("9")).Dropped, ";"), "milestone: invalid (9)")
	must(t, s.DropDecorations(repo))
	has(t, strings.Join(create(t, tr, milestone("1")).Dropped, ";"), "milestone: GitHub left out 1")
	if n := len(s.Issues()); n != 3 {
		t.Errorf("%d issues, want 3", n)
	}
}

func TestMilestonesAreLookedUpNowAndThen(t *testing.T) {
	now := told()
	s, tr := practice(t, githubtest.Options{}, func(o *Options) { o.Now = func() time.Time { return now } })
	create(t, tr, milestone("Q1"))
	_, err := s.AddMilestone(repo, "Q1")
	must(t, err)
	create(t, tr, milestone("Q1"))
	if calls := s.Calls()["milestones"]; calls != 2 { // open ones and closed ones
		t.Errorf("%d calls for two issues", calls)
	}
	now = now.Add(milestoneKeep)
	i := create(t, tr, milestone("Q1"))
	if got, _ := s.Issue(i.Ref.Key); got.Milestone != "Q1" {
		t.Errorf("a new milestone was not taken up: %+v", got)
	}
	create(t, tr)
	if calls := s.Calls()["milestones"]; calls != 4 {
		t.Errorf("%d calls", calls)
	}
}

func TestNothingWasSentWhenMilestonesCannotBeRead(t *testing.T) {
	for _, f := range []githubtest.Fault{
		{Op: "milestones", Times: -1, Kind: githubtest.Empty},
		{Op: "milestones", Times: -1, Kind: githubtest.Truncated},
		{Op: "milestones", Kind: githubtest.Secondary},
		{Op: "milestones", Kind: githubtest.Status, Code: http.StatusNotFound},
	} {
		s, tr := practice(t, githubtest.Options{})
		_, err := s.AddMilestone(repo, "Q1")
		must(t, err)
		s.Fail(f)
		_, err = tr.Create(t.Context(), draft(milestone("Q1")))
		if d := ticket.DecisionOf(err); err == nil || d == ticket.Doubt {
			t.Errorf("%s: %v, %v", f.Kind, d, err)
		}
		if calls := s.Calls()["create"]; calls != 0 {
			t.Errorf("%s: %d calls", f.Kind, calls)
		}
	}
}

func TestLabelsArePutOnAndTakenOff(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	i := create(t, tr)
	must(t, tr.Relabel(t.Context(), i.Ref, []string{"ticketd refused", "DT"}, []string{"security", "absent", "a/b"}))
	got, _ := s.Issue(i.Ref.Key)
	if want := []string{"dt", "ticketd refused"}; !slices.Equal(got.Labels, want) {
		t.Errorf("labels %v, want %v", got.Labels, want)
	}
	must(t, s.AddLabel(i.Ref.Key, "a/b?c#d"))
	must(t, tr.Relabel(t.Context(), i.Ref, nil, []string{"A/B?c#d"}))
	if got, _ := s.Issue(i.Ref.Key); len(got.Labels) != 2 {
		t.Errorf("labels %v", got.Labels)
	}
}

func TestWhatIsLabelledSoAlreadyIsNotWrittenTo(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	i := create(t, tr)
	before := len(s.Effects())
	for range 2 {
		must(t, tr.Relabel(t.Context(), i.Ref, []string{"Security"}, []string{"absent", "security"}))
	}
	if s.Calls()["label"]+s.Calls()["unlabel"] != 0 || len(s.Effects()) != before {
		t.Errorf("calls %v", s.Calls())
	}
}

func TestALabelThatMayNotBeMadeHoldsTheTicketAlone(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	i := create(t, tr)
	must(t, s.ForbidLabels(repo))
	e := decided(t, tr.Relabel(t.Context(), i.Ref, []string{"new"}, nil), ticket.HoldTicket)
	has(t, e.Hint, "make the label in the repository")
}

func TestAStrangersIssueIsNotRelabelled(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	_, err := s.AddIssue(repo, "ada", "not ours", "")
	must(t, err)
	decided(t, tr.Relabel(t.Context(), ticket.Ref{ID: "1", Project: repo}, []string{"x"}, nil), ticket.HoldTicket)
	if got, _ := s.Issue("acme/app#1"); len(got.Labels) != 0 {
		t.Errorf("labels %v", got.Labels)
	}
}
