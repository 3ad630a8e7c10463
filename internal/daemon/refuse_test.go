package daemon_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// trackerCalls gives how many calls both trackers had so far.
func (w *world) trackerCalls() int { return sum(w.jira.Calls()) + sum(w.github.Calls()) }

// retry is what "ticketd tickets retry" does.
func (w *world) retry() {
	w.t.Helper()
	id := w.oneTicket().ID
	w.inStore(func(ctx context.Context, s *store.Store) error { return s.RetryTicket(ctx, id, time.Now()) })
	w.poke()
}

// expectHeld sees to it that the only ticket is held with the words in its reason and in its hint, and
// that nothing more is tried.
func (w *world) expectHeld(reason, hint string) {
	w.t.Helper()
	ticket := w.oneTicket()
	if ticket.State != store.TicketHeld || !strings.Contains(ticket.Reason, reason) || !strings.Contains(ticket.Hint, hint) {
		w.t.Errorf("the ticket is %s: %q, hint %q; want it held: %q, hint %q", ticket.State, ticket.Reason, ticket.Hint, reason, hint)
	}
	before := w.trackerCalls()
	w.pass(2 * time.Hour)
	if after := w.trackerCalls(); after != before {
		w.t.Errorf("%d calls about a ticket that is held", after-before)
	}
}

// blocked is a workflow in which nothing leads to Done.
func blocked() jiratest.Project {
	flow := jiratest.DefaultWorkflow()
	flow.Transitions = flow.Transitions[:2]
	return jiratest.Project{Key: "SEC", Workflow: flow}
}

func TestAClosingThatTheWorkflowRefusesIsSaidHeldAndDoneOnceItIsMended(t *testing.T) {
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{blocked()}}}, func(w *world) {
		w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		issue := w.one()
		issue.expect(w, true, 2)
		if issue.comment("reports this resolved") == "" || issue.comment("could not close this issue as resolved") == "" {
			t.Errorf("comments: %q", issue.Comments)
		}
		w.expectHeld(`from status "To Do"`, "In Progress")

		w.jira.AddProject(jiratest.Project{Key: "SEC"})
		w.retry()
		w.one().expect(w, false, 2)
		if state := w.oneTicket().State; state != store.TicketClosed {
			t.Errorf("the ticket is %s", state)
		}
	})
}

func TestARefusedClosingIsForgottenWhenTheFindingOpensAgain(t *testing.T) {
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{blocked()}}}, func(w *world) {
		w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		w.post(violation("OPENED", "v-1", 1611060000))
		w.settle()
		if ticket := w.oneTicket(); ticket.State != store.TicketLive || ticket.Reason != "" {
			t.Errorf("the ticket is %s: %q", ticket.State, ticket.Reason)
		}
		w.post(violation("WONT_FIX", "v-1", 1611061000))
		w.settle()
		w.expectHeld(`from status "To Do"`, "In Progress")
	})
}

func TestWhatIsLeftOfAWorkflowIsWalkedAfterAHopThatWasRefused(t *testing.T) {
	project := jiratest.Project{Key: "SEC", Workflow: jiratest.ReviewWorkflow()}
	resolve := &project.Workflow.Transitions[2]
	resolve.Fields = map[string]jiratest.Field{"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Fixed"}}, "customfield_1": {Name: "Proof", Required: true}}
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{project}}, rules: everythingToJira}, func(w *world) {
		w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		w.expectHeld("Proof is required", "customfield_1")
		if at := w.one().Status; at != "In Review" {
			t.Errorf("the issue is in %s", at)
		}
		w.jira.AddProject(jiratest.Project{Key: "SEC", Workflow: jiratest.ReviewWorkflow()})
		w.retry()
		if issue := w.one(); issue.Status != "Resolved" || issue.Reason != "Fixed" {
			t.Errorf("the issue is in %s as %q", issue.Status, issue.Reason)
		}
	})
}

func TestAFieldThatIsRequiredHoldsTheTicketWithTheTrackersWords(t *testing.T) {
	team := map[string]jiratest.Field{"customfield_10010": {Name: "Team", Required: true}}
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Fields: team}}}}, func(w *world) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		w.expectHeld("customfield_10010: Team is required.", "fields")
		w.jira.AddProject(jiratest.Project{Key: "SEC"})
		w.retry()
		w.one().expect(w, true, 0)
	})
}

func TestAnIssueDoesWithoutDecorationsThatTheScreenDoesNotHave(t *testing.T) {
	project := jiratest.Project{Key: "SEC", HiddenFields: []string{"labels", "priority"}}
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{project}}, rules: crowds()[0].rules}, func(w *world) {
		w.open("v-1")
		if labels := w.one().Labels; len(labels) != 0 {
			t.Errorf("labels %q", labels)
		}
		id, said := w.oneTicket().ID, ""
		w.inStore(func(ctx context.Context, s *store.Store) error {
			ops, err := s.Ops(ctx, id, 10)
			for _, op := range ops {
				said += op.Text
			}
			return err
		})
		if !strings.Contains(said, "left out: labels") || !strings.Contains(said, "left out: priority") {
			t.Errorf("the record says %q", said)
		}
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		w.one().expect(w, false, 1)
	})
}

// flood opens many findings of both sorts.
func (w *world) flood(from, to int) {
	w.t.Helper()
	for i := from; i < to; i++ {
		w.send(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
		w.send(target("CREATED", fmt.Sprint("t-", i), 1611058000))
	}
}

// expectAll sees to it that every finding has its one issue and no ticket waits for anything.
func (w *world) expectAll(jira, github int) {
	w.t.Helper()
	if j, g := len(w.jira.Issues()), len(w.github.Issues()); j != jira || g != github {
		w.t.Errorf("%d Jira and %d GitHub issues, want %d and %d", j, g, jira, github)
	}
	for _, ticket := range w.tickets() {
		if ticket.State != store.TicketLive {
			w.t.Errorf("ticket %s is %s (%s), want live", ticket.Group, ticket.State, ticket.Reason)
		}
	}
}

func TestABadTokenPausesTheTrackerFailsNoFindingAndIsProbedGently(t *testing.T) {
	inWorld(t, settings{jira: jiratest.Options{Email: "bot@example.com", Token: "jira-secret-token"}}, func(w *world) {
		w.flood(0, 1)
		w.settle()
		w.jira.SetToken("another")
		w.github.SetToken("another")
		jira, github := sum(w.jira.Calls()), sum(w.github.Calls())
		w.flood(1, 60)
		w.pass(time.Hour)
		for name, n := range map[string]int{"jira": sum(w.jira.Calls()) - jira, "github": sum(w.github.Calls()) - github} {
			if n < 10 || n > 13 {
				t.Errorf("%s was called %d times in an hour, want a probe every five minutes", name, n)
			}
		}
		for _, ticket := range w.tickets() {
			if ticket.State != store.TicketLive && ticket.State != store.TicketWanted {
				t.Errorf("ticket %s is %s (%s)", ticket.Group, ticket.State, ticket.Reason)
			}
		}
		w.jira.SetToken("jira-secret-token")
		w.github.SetToken("github-secret-token")
		w.pass(time.Hour)
		w.expectAll(60, 60)
	})
}

func TestAnswersToAStrangerNeverLeadToASecondIssueOrToAGoneOne(t *testing.T) {
	for _, mode := range []jiratest.Anonymity{jiratest.Anonymous, jiratest.AnonymousSilent} {
		t.Run(string(mode), func(t *testing.T) {
			inWorld(t, settings{jira: jiratest.Options{Email: "bot@example.com", Token: "jira-secret-token", WrongToken: mode}}, func(w *world) {
				w.open("v-1")
				w.open("v-2")
				w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
				w.post(violation("OPENED", "v-3", 1611058000)) // made, but nobody knows
				w.jira.SetToken("another")
				w.post(violation("RESOLVED", "v-1", 1611059000))
				w.post(violation("OPENED", "v-2", 1611059000))
				w.pass(3 * time.Hour)
				for _, ticket := range w.tickets() {
					if ticket.State == store.TicketGone || ticket.Misses != 0 {
						t.Errorf("ticket %s is %s with %d misses", ticket.Group, ticket.State, ticket.Misses)
					}
				}
				w.jira.SetToken("jira-secret-token")
				w.pass(time.Hour)
				if n := len(w.issues()); n != 3 {
					t.Errorf("%d issues, want 3", n)
				}
				w.issue("SEC-1").expect(w, false, 1)
				w.issue("SEC-2").expect(w, true, 0)
				w.issue("SEC-3").expect(w, true, 0)
			})
		})
	}
}

func TestADestinationThatTakesNothingIsPausedAndTheOthersGoOn(t *testing.T) {
	const rules = `
[[rule]]
match.asset_name = "closed.*"
tracker = %[1]q
%[2]s
[[rule]]
tracker = %[1]q
%[3]s
`
	jira := fmt.Sprintf(rules, "jira", `project = "SEC"`, `project = "OPS"`)
	github := fmt.Sprintf(rules, "github", `repository = "acme/app"`, `repository = "acme/other"`)
	for name, c := range map[string]struct {
		rules string
		shut  func(w *world) error
		mend  func(w *world) // nil where the practice tracker cannot
	}{
		"an archived Jira project": {jira, func(w *world) error {
			w.jira.AddProject(jiratest.Project{Key: "SEC", Archived: true})
			return nil
		}, func(w *world) { w.jira.AddProject(jiratest.Project{Key: "SEC"}) }},
		"a hidden Jira project": {jira, func(w *world) error {
			w.jira.AddProject(jiratest.Project{Key: "SEC", Hidden: true})
			return nil
		}, func(w *world) { w.jira.AddProject(jiratest.Project{Key: "SEC"}) }},
		"an archived repository":      {github, func(w *world) error { return w.github.Archive("acme/app") }, nil},
		"a repository without issues": {github, func(w *world) error { return w.github.DisableIssues("acme/app") }, nil},
		"a hidden repository":         {github, func(w *world) error { return w.github.Hide("acme/app") }, nil},
		"a renamed repository":        {github, func(w *world) error { return w.github.Rename("acme/app", "acme/renamed") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{rules: c.rules, jira: jiratest.Options{Projects: twoProjects()},
				github: githubtest.Options{Repositories: []string{"acme/app", "acme/other"}}}, func(w *world) {
				w.must(c.shut(w))
				for i := range 60 {
					asset := "closed.example.com"
					if i%6 == 0 {
						asset = "shop.example.com"
					}
					w.send(violation("OPENED", fmt.Sprint("v-", i), 1611058000, "affected_asset", map[string]any{"uuid": "a-1", "name": asset}))
				}
				w.pass(time.Hour)
				if n := len(w.issues()); n != 10 {
					t.Errorf("%d issues of the other destination, want 10", n)
				}
				if n := w.trackerCalls(); n > 10+13*5 { // a probe takes up to five calls
					t.Errorf("%d calls in an hour: %v %v", n, w.jira.Calls(), w.github.Calls())
				}
				if c.mend == nil {
					return
				}
				c.mend(w)
				w.pass(time.Hour)
				w.expectAll(60, 0)
			})
		})
	}
}

func TestAForbiddenProjectIsPausedAndTheOtherTrackerGoesOn(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Answer, Code: http.StatusForbidden, Times: -1})
		w.flood(0, 40)
		w.pass(time.Hour)
		if n := len(w.github.Issues()); n != 40 {
			t.Errorf("%d GitHub issues, want 40", n)
		}
		if n := w.jira.Calls()["create"]; n < 10 || n > 13 {
			t.Errorf("%d creates in an hour, want a probe every five minutes", n)
		}
		w.jira.Heal()
		w.pass(10 * time.Minute)
		w.expectAll(40, 40)
	})
}

func TestAPauseThatATrackerAskedForOutlivesARestart(t *testing.T) {
	half := map[string]string{"Retry-After": "1800"}
	for name, fault := range map[string]struct {
		jira   jiratest.Fault
		github githubtest.Fault
	}{
		"in seconds":       {jiratest.Fault{Kind: jiratest.Answer, Code: 429, Header: half}, githubtest.Fault{Kind: githubtest.Status, Code: 429, Header: half}},
		"secondary limits": {jiratest.Fault{Kind: jiratest.Answer, Code: 429, Header: half}, githubtest.Fault{Kind: githubtest.Secondary, Header: half}},
		"primary limits":   {jiratest.Fault{Kind: jiratest.Answer, Code: 429, Header: half}, githubtest.Fault{Kind: githubtest.Primary, Delay: 30 * time.Minute}},
		"as a date":        {jiratest.Fault{Kind: jiratest.Answer, Code: 429}, githubtest.Fault{Kind: githubtest.Status, Code: 429}},
		"of a whole site":  {jiratest.Fault{Kind: jiratest.Answer, Code: 503, Header: half}, githubtest.Fault{Kind: githubtest.Status, Code: 503, Header: half}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{}, func(w *world) {
				if name == "as a date" {
					date := map[string]string{"Retry-After": time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat)}
					fault.jira.Header, fault.github.Header = date, date
				}
				fault.jira.Op, fault.github.Op = "create", "create"
				w.jira.Fail(fault.jira)
				w.github.Fail(fault.github)
				w.flood(0, 5)
				w.pass(5 * time.Minute)
				before := w.trackerCalls()
				w.restart()
				w.pass(20 * time.Minute)
				if after := w.trackerCalls(); after != before || len(w.issues()) != 0 {
					t.Errorf("%d calls during the pause, %d issues", after-before, len(w.issues()))
				}
				w.pass(time.Hour)
				w.expectAll(5, 5)
			})
		})
	}
}

func TestNothingIsCreatedAgainWhileTheSearchIsNotThere(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.open("v-0") // the project was listed
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut})
		w.jira.Fail(jiratest.Fault{Op: "search", Kind: jiratest.Removed, Times: -1})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(6 * time.Hour)
		if n := w.jira.Calls()["create"]; n != 2 {
			t.Errorf("%d creates, want no second one of what is in doubt", n)
		}
		if n := w.jira.Calls()["search"]; n > 6*12+10 {
			t.Errorf("%d searches in six hours", n)
		}
		w.jira.Heal()
		w.pass(time.Hour)
		w.expectAll(2, 0)
	})
}

func TestARestartTriesWhatWasRefusedAgain(t *testing.T) {
	for name, c := range map[string]struct{ spoil, mend func(w *world) }{
		"a token": {
			func(w *world) { w.jira.SetToken("another") },
			func(w *world) { w.jira.SetToken("jira-secret-token") },
		},
		"a project": {
			func(w *world) { w.jira.AddProject(jiratest.Project{Key: "SEC", Archived: true}) },
			func(w *world) { w.jira.AddProject(jiratest.Project{Key: "SEC"}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{jira: jiratest.Options{Email: "bot@example.com", Token: "jira-secret-token"}}, func(w *world) {
				c.spoil(w)
				w.post(violation("OPENED", "v-1", 1611058000))
				w.pass(10 * time.Second)
				c.mend(w)
				w.pass(10 * time.Second)
				if n := len(w.jira.Issues()); n != 0 {
					t.Fatalf("%d issues: nothing was paused", n)
				}
				w.restart()
				w.settle()
				w.oneJira()
			})
		})
	}
}
