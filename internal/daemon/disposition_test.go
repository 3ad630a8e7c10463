package daemon_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// amongDefaults runs a test on Jira Cloud, Data Center and GitHub, where one rule takes the outcomes
// from the defaults of the matrix but for those of its own keys.
func amongDefaults(t *testing.T, jira, github string, test func(w *world, h host)) {
	t.Helper()
	for _, h := range hosts() {
		if h.golden {
			t.Run(h.name, func(t *testing.T) {
				inWorld(t, furnished(h, ruleSet{rules: "[[rule]]\n", jira: jira, github: github}), func(w *world) { test(w, h) })
			})
		}
	}
}

func TestWhatIsOnlyCommentedLeavesTheIssueOpen(t *testing.T) {
	keys := "on.risk_accepted = { comment_only = true }\n"
	amongDefaults(t, keys, keys, func(w *world, h host) {
		w.post(target("CREATED", "t-1", 1611058000))
		w.settle()
		w.post(target("RISK_ACCEPTED", "t-1", 1611059000))
		w.settle()
		w.one().expect(w, true, 1)
		w.one().expectSaid(w, "risk was accepted")
		w.post(target("CREATED", "t-1", 1611060000))
		w.settle()
		w.one().expect(w, true, 2)
		w.one().expectSaid(w, "open again")
		w.post(target("FIXED", "t-1", 1611061000))
		w.settle()
		w.one().expect(w, false, 3)
		if got := w.one().Reason; got != h.done {
			w.t.Errorf("closed as %q, want %q", got, h.done)
		}
	})
}

func TestAGroupWhoseLastDispositionIsOnlyCommentedStaysOpen(t *testing.T) {
	long(t)
	keys := "on.risk_accepted = { comment_only = true }\n" + byParent
	amongDefaults(t, keys, keys, func(w *world, _ host) {
		w.post(member("CREATED", "a", 1611058000))
		w.post(member("CREATED", "b", 1611058000))
		w.gathered()
		before := len(w.one().Comments)
		w.post(member("FIXED", "a", 1611059000))
		w.post(member("RISK_ACCEPTED", "b", 1611060000))
		w.gathered()
		w.one().expect(w, true, before+1)
		w.one().expectSaid(w, "risk was accepted", "2 findings: 1 fixed, 1 risk accepted.")
		w.post(member("CREATED", "b", 1611061000))
		w.gathered()
		w.post(member("FIXED", "b", 1611062000)) // now the last is mended
		w.gathered()
		issue := w.one()
		issue.expect(w, false, len(issue.Comments))
		issue.expectList(w, map[string]string{"a": "fixed", "b": "fixed"})
	})
}

func TestAClosingBehindAPersonsBringsItsLabelsOnlyWhereTheRuleSaysSo(t *testing.T) {
	long(t)
	for _, too := range []bool{false, true} {
		t.Run(fmt.Sprint("close_person_closed = ", too), func(t *testing.T) {
			more := fmt.Sprint("close_person_closed = ", too, "\n")
			amongDefaults(t,
				more+"on.fixed = { transitions = [\"In Progress\", \"In Review\", \"Resolved\"], resolution = \"Fixed\", labels = [\"mended\"] }\n",
				more+"on.fixed = { labels = [\"mended\"] }\n",
				func(w *world, h host) {
					w.post(target("CREATED", "t-1", 1611058000))
					w.settle()
					w.must(h.people().close(w, w.one().Key))
					closed := w.one()
					w.post(target("FIXED", "t-1", 1611059000))
					w.settle()
					issue := w.one()
					issue.expect(w, false, 1)
					if got := slices.Contains(issue.Labels, "mended"); got != too {
						w.t.Errorf("labels %q", issue.Labels)
					}
					if issue.Status != closed.Status || issue.Reason != closed.Reason {
						w.t.Errorf("%s as %q, want %s as %q as the person left it", issue.Status, issue.Reason, closed.Status, closed.Reason)
					}
				})
		})
	}
}

// refusals runs a test on both sorts of Jira, in a project where nothing leads to Done, in which a
// ticket is held and labelled because it could not be closed.
func refusals(t *testing.T, keys, label string, test func(w *world)) {
	t.Helper()
	for _, h := range hosts()[:2] {
		t.Run(h.name, func(t *testing.T) {
			s := h.settings
			s.rules, s.jira.Projects = crowds()[0].rules+keys, []jiratest.Project{blocked()}
			inWorld(t, s, func(w *world) {
				w.post(member("CREATED", "a", 1611058000))
				w.settle()
				w.post(member("FIXED", "a", 1611059000))
				w.settle()
				w.one().expect(w, true, 2)
				w.one().expectSaid(w, "could not close this issue as fixed")
				if !slices.Contains(w.one().Labels, label) {
					w.t.Errorf("labels %q, want %q among them", w.one().Labels, label)
				}
				w.expectHeld(`from status "To Do"`, "In Progress")
				test(w)
				if slices.Contains(w.one().Labels, label) {
					w.t.Errorf("the label stays: %q", w.one().Labels)
				}
				if !slices.Contains(w.one().Labels, "security") {
					w.t.Errorf("other labels are gone: %q", w.one().Labels)
				}
			})
		})
	}
}

func TestTheLabelOfARefusalGoesOnceTheWorkflowIsMended(t *testing.T) {
	long(t)
	for name, keys := range map[string]string{"a finding": "", "a group": byParent} {
		t.Run(name, func(t *testing.T) {
			refusals(t, keys, "ticketd-refused", func(w *world) {
				w.jira.AddProject(jiratest.Project{Key: "SEC"})
				w.retry()
				w.one().expect(w, false, 2)
				if state := w.oneTicket().State; state != store.TicketClosed {
					w.t.Errorf("the ticket is %s", state)
				}
			})
		})
	}
}

func TestTheLabelOfARefusalGoesWhenTheFindingOpensAgain(t *testing.T) {
	long(t)
	refusals(t, "refused_label = \"needs-a-person\"\n", "needs-a-person", func(w *world) {
		w.post(member("CREATED", "a", 1611060000))
		w.settle()
		if ticket := w.oneTicket(); ticket.State != store.TicketLive || ticket.Reason != "" {
			w.t.Errorf("the ticket is %s: %q", ticket.State, ticket.Reason)
		}
	})
}

func TestTheLabelOfARefusalGoesAfterARestartWithAMendedRule(t *testing.T) {
	long(t)
	refusals(t, "", "ticketd-refused", func(w *world) {
		w.restartWith(crowds()[0].rules + "on.fixed = { comment_only = true }\n")
		w.settle()
		w.one().expect(w, true, 2)
		if ticket := w.oneTicket(); ticket.State == store.TicketHeld {
			w.t.Errorf("the ticket is held: %q", ticket.Reason)
		}
	})
}

func TestAGroupThatClosedLongAgoIsFollowedByAnIssueThatListsAll(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.post(member("CREATED", "a", 1611058000))
		w.post(member("CREATED", "b", 1611058000))
		w.gathered()
		w.post(member("FIXED", "a", 1611059000))
		w.post(member("FIXED", "b", 1611059000))
		w.pass(2 * time.Hour)
		old := w.one()
		old.expect(w, false, len(old.Comments))
		w.post(member("CREATED", "c", 1611060000))
		w.gathered()
		all := w.issues()
		if len(all) != 2 {
			w.t.Fatalf("%d issues, want 2", len(all))
		}
		w.issue(old.Key).expect(w, false, len(old.Comments))
		all[1].expect(w, true, 0)
		all[1].expectList(w, map[string]string{"a": "fixed", "b": "fixed", "c": "open"})
		w.expectFollows(all[1], old)
		w.post(member("FIXED", "c", 1611061000))
		w.gathered()
		w.issue(old.Key).expect(w, false, len(old.Comments))
		w.issue(all[1].Key).expect(w, false, 1)
	}, byParent+"reopen_within = \"1h\"\n")
}

func TestAGroupThatAPersonClosedIsTreatedAsTheRuleSaysWhenAMemberOpens(t *testing.T) {
	long(t)
	for regression, want := range regressions() {
		t.Run(regression, func(t *testing.T) {
			amongPeople(t, byParent+"on_regression = \""+regression+"\"\n", func(w *world, c crowd) {
				w.post(member("CREATED", "a", 1611058000))
				w.gathered()
				old := w.one()
				w.must(c.close(w, old.Key))
				w.post(member("CREATED", "b", 1611059000))
				w.pass(time.Hour)
				w.issue(old.Key).expect(w, want.open, want.comments)
				all := w.issues()
				if len(all) != want.issues {
					w.t.Fatalf("%d issues, want %d", len(all), want.issues)
				}
				newest := all[len(all)-1]
				if newest.Open {
					newest.expectList(w, map[string]string{"a": "open", "b": "open"})
				}
				w.post(member("FIXED", "a", 1611060000))
				w.post(member("FIXED", "b", 1611060000))
				w.pass(time.Hour)
				for _, issue := range w.issues() {
					issue.expect(w, false, len(issue.Comments))
				}
			})
		})
	}
}
