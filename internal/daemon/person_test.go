package daemon_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// crowd is what people do to the issues of one sort of tracker.
type crowd struct {
	name     string
	rules    string        // one rule, which more keys may follow
	believes time.Duration // how long it takes until a deletion is believed
	close    func(w *world, key string) error
	delete   func(w *world, key string) error
	around   func(w *world, key string) error // writes above and below what is there
	inside   func(w *world, key string) error // changes words of our part
}

func crowds() []crowd {
	return []crowd{
		{
			name:     "jira",
			believes: 26 * time.Hour,
			rules:    "[[rule]]\ntracker = \"jira\"\nproject = \"SEC\"\nlabels = [\"security\"]\npriority = { URGENT = \"Highest\", \"*\" = \"Medium\" }\n",
			close:    func(w *world, key string) error { return w.jira.CloseByPerson(key) },
			delete:   func(w *world, key string) error { return w.jira.DeleteIssue(key) },
			around:   func(w *world, key string) error { return w.jira.WriteAround(key, "Above is mine.", "Below is mine.") },
			inside: func(w *world, key string) error {
				return w.jira.ReplaceInDescription(key, "will expire soon", "is no concern of ours")
			},
		},
		{
			name:     "github",
			believes: time.Minute,
			rules:    everythingToGitHub,
			close:    func(w *world, key string) error { return w.github.CloseByPerson(key) },
			delete:   func(w *world, key string) error { return w.github.DeleteIssue(key) },
			around: func(w *world, key string) error {
				return w.github.EditBody(key, func(body string) string {
					marker, rest, _ := strings.Cut(body, "\n")
					return marker + "\nAbove is mine.\n\n" + rest + "\n\nBelow is mine.\n"
				})
			},
			inside: func(w *world, key string) error {
				return w.github.EditBody(key, func(body string) string {
					return strings.ReplaceAll(body, "will expire soon", "is no concern of ours")
				})
			},
		},
	}
}

// amongPeople runs a test for each sort of tracker, with more keys for the rule.
func amongPeople(t *testing.T, more string, test func(w *world, c crowd)) {
	t.Helper()
	for _, c := range crowds() {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, settings{rules: c.rules + more}, func(w *world) { test(w, c) })
		})
	}
}

// must fails the test where a person could not do something.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open makes the issue of a violation that opens.
func (w *world) open(uuid string) seen {
	w.t.Helper()
	before := len(w.issues())
	w.post(violation("OPENED", uuid, 1611058000))
	w.settle()
	all := w.issues()
	if len(all) != before+1 {
		w.t.Fatalf("%d issues after an opening, want %d", len(all), before+1)
	}
	return all[before]
}

// regressed is what becomes of an issue that a person closed, once what it is about opens anew.
type regressed struct {
	open     bool // the old issue
	comments int  // on the old issue
	issues   int
}

// regressions gives it for each answer of on_regression.
func regressions() map[string]regressed {
	return map[string]regressed{
		"reopen":  {open: true, comments: 1, issues: 1},
		"new":     {issues: 2},
		"comment": {comments: 1, issues: 1},
		"nothing": {issues: 1},
	}
}

func TestAnIssueThatAPersonClosedIsLeftAloneUntilANewOpening(t *testing.T) {
	for regression, want := range regressions() {
		t.Run(regression, func(t *testing.T) {
			amongPeople(t, "on_regression = \""+regression+"\"\n", func(w *world, c crowd) {
				old := w.open("v-1")
				w.must(c.close(w, old.Key))
				w.post(violation("OPENED", "v-1", 1611057000, "recommendation", "Renew it.")) // older: no new opening
				w.pass(time.Hour)
				w.issue(old.Key).expect(w, false, 0)
				if state := w.oneTicket().State; state != store.TicketClosed {
					w.t.Errorf("the ticket is %s", state)
				}

				w.post(violation("OPENED", "v-1", 1611060000))
				w.pass(time.Hour)
				w.issue(old.Key).expect(w, want.open, want.comments)
				all := w.issues()
				if len(all) != want.issues {
					w.t.Fatalf("%d issues, want %d", len(all), want.issues)
				}
				if last := all[len(all)-1]; last.Key != old.Key {
					last.expect(w, true, 0)
					w.expectFollows(last, old)
				}
				calls := w.trackerCalls()
				w.post(noteEvent("CREATED", "n-1", 1611060000)) // wakes nobody
				w.pass(2 * time.Hour)
				if w.trackerCalls() != calls {
					w.t.Errorf("the trackers are called for nothing: %v %v", w.jira.Calls(), w.github.Calls())
				}
			})
		})
	}
}

// expectFollows sees to it that an issue names the one before it, with a link.
func (w *world) expectFollows(next, old seen) {
	w.t.Helper()
	link := "https://jira.example.com/browse/" + old.Key
	if repository, number, ok := strings.Cut(old.Key, "#"); ok {
		link = "https://github.com/" + repository + "/issues/" + number
	}
	if !strings.Contains(next.Body, "Follows") || !strings.Contains(next.Body, link) {
		w.t.Errorf("%s does not name %s by %s:\n%s", next.Key, old.Key, link, next.Body)
	}
}

func TestAnIssueThatWasDeletedIsFollowedByAnotherOnceTheFindingOpensAnew(t *testing.T) {
	for _, known := range []bool{true, false} {
		name := map[bool]string{true: "after it was known to be gone", false: "which is how it is found out"}[known]
		t.Run(name, func(t *testing.T) {
			amongPeople(t, "", func(w *world, c crowd) {
				w.must(c.delete(w, w.open("v-1").Key))
				if known {
					w.post(violation("RESOLVED", "v-1", 1611059000))
					w.expectGone(c)
				}
				w.post(violation("OPENED", "v-1", 1611060000))
				w.pass(c.believes)
				w.one().expect(w, true, 0)
				states := map[store.TicketState]int{}
				for _, ticket := range w.tickets() {
					states[ticket.State]++
				}
				if len(states) != 2 || states[store.TicketGone] != 1 || states[store.TicketLive] != 1 {
					w.t.Errorf("tickets: %v, want one that is gone and one that is live", states)
				}
			})
		})
	}
}

// expectGone waits for the deletion of the only issue to be believed: a 410 of GitHub at once, a 404
// of Jira after three misses over a day.
func (w *world) expectGone(c crowd) {
	w.t.Helper()
	if c.name == "jira" {
		w.pass(23 * time.Hour)
		if ticket := w.oneTicket(); ticket.State == store.TicketGone || ticket.Misses != 2 {
			w.t.Errorf("after 23 hours the ticket is %s with %d misses, want 2 and not gone", ticket.State, ticket.Misses)
		}
		w.pass(2 * time.Hour)
	} else {
		w.settle()
	}
	if ticket := w.oneTicket(); ticket.State != store.TicketGone {
		w.t.Errorf("the ticket is %s (%s), want gone", ticket.State, ticket.Reason)
	}
}

// worse opens the only violation anew with another relevance and a text that the title shows.
func (w *world) worse() {
	w.t.Helper()
	w.post(violation("OPENED", "v-1", 1611060000, "relevance", "URGENT", "recommendation", "Renew it today."))
	w.settle()
}

func TestWhatAPersonWroteAroundOurPartStaysAndOurPartIsBroughtUpToDate(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		before := w.open("v-1")
		w.must(c.around(w, before.Key))
		w.worse()
		after := w.one()
		if strings.Count(after.Body, " is mine.") != 2 || !strings.Contains(after.Body, "Renew it today.") || !strings.Contains(after.Body, "URGENT") {
			w.t.Errorf("the description is now:\n%s", after.Body)
		}
		if after.Title != before.Title {
			w.t.Errorf("the title became %q", after.Title)
		}
		if c.name == "jira" && after.Priority != "Highest" {
			w.t.Errorf("the priority is %s", after.Priority)
		}
	})
}

func TestOurPartStaysAsAPersonChangedIt(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		key := w.open("v-1").Key
		w.must(c.inside(w, key))
		edited := w.issue(key).Body
		w.worse()
		if after := w.one(); after.Body != edited {
			w.t.Errorf("the description became:\n%s\nwant:\n%s", after.Body, edited)
		}
		w.post(violation("RESOLVED", "v-1", 1611061000)) // and the rest goes on
		w.settle()
		w.one().expect(w, false, 1)
	})
}

func TestPriorityAndLabelsStayAsAPersonChangedThem(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		key := w.open("v-1").Key
		if c.name == "jira" {
			w.must(w.jira.SetPriority(key, "Low"))
			w.must(w.jira.RemoveLabel(key, "security"))
			w.must(w.jira.AddLabel(key, "mine"))
		} else {
			w.must(w.github.RemoveLabel(key, "security"))
			w.must(w.github.AddLabel(key, "mine"))
		}
		w.worse()
		after := w.one()
		if slices.Contains(after.Labels, "security") || !slices.Contains(after.Labels, "mine") || c.name == "jira" && after.Priority != "Low" {
			w.t.Errorf("priority %q, labels %q", after.Priority, after.Labels)
		}
		if !strings.Contains(after.Body, "Renew it today.") {
			w.t.Errorf("the description was not brought up to date:\n%s", after.Body)
		}
	})
}

func TestAMovedIssueIsFoundAgainAndClosedWhereItIs(t *testing.T) {
	for name, move := range map[string]struct {
		crowd int
		do    func(w *world, key string) error
		now   string
	}{
		"jira, another project": {0, func(w *world, key string) error { return w.jira.MoveIssue(key, "OPS") }, "OPS-1"},
		"github, transferred": {1, func(w *world, key string) error {
			_, err := w.github.Transfer(key, "acme/other")
			return err
		}, "acme/other#1"},
		"github, renamed": {1, func(w *world, _ string) error { return w.github.Rename("acme/app", "acme/renamed") }, "acme/renamed#1"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{rules: crowds()[move.crowd].rules}, func(w *world) {
				w.jira.AddProject(twoProjects()[1])
				key := w.open("v-1").Key
				w.must(move.do(w, key))
				w.post(violation("RESOLVED", "v-1", 1611059000))
				w.settle()
				if issue := w.one(); issue.Key != move.now {
					t.Errorf("the issue is %s", issue.Key)
				}
				w.one().expect(w, false, 1)
				if ticket := w.oneTicket(); ticket.Ref.Key != move.now || ticket.State != store.TicketClosed {
					t.Errorf("the ticket is %s at %s, want closed at %s", ticket.State, ticket.Ref.Key, move.now)
				}
				w.post(violation("OPENED", "v-1", 1611060000))
				w.settle()
				w.one().expect(w, true, 2)
			})
		})
	}
}

func TestAnIssueClosedLongAgoIsFollowedByAnotherThatLinksIt(t *testing.T) {
	amongPeople(t, "reopen_within = \"1h\"\n", func(w *world, _ crowd) {
		old := w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.pass(2 * time.Hour)
		w.post(violation("OPENED", "v-1", 1611060000))
		w.settle()
		all := w.issues()
		if len(all) != 2 {
			w.t.Fatalf("%d issues, want 2", len(all))
		}
		w.issue(old.Key).expect(w, false, 1)
		all[1].expect(w, true, 0)
		w.expectFollows(all[1], old)
		w.post(violation("RESOLVED", "v-1", 1611061000))
		w.settle()
		w.issue(old.Key).expect(w, false, 1)
		w.issue(all[1].Key).expect(w, false, 1)
	})
}

func TestADeletedIssueWhoseCreationWasInDoubtIsLeftInPeace(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
		w.github.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Cut, Effect: true})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Minute)
		w.must(c.delete(w, w.one().Key))
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.pass(26 * time.Hour) // past every audit
		if ticket := w.oneTicket(); ticket.State != store.TicketGone {
			w.t.Errorf("the ticket is %s (%s), want gone", ticket.State, ticket.Reason)
		}
		before := w.trackerCalls()
		w.pass(2 * time.Hour)
		if after := w.trackerCalls(); after != before {
			w.t.Errorf("%d more calls about an issue that is gone", after-before)
		}
	})
}

func TestAnIssueThatAPersonClosedStaysAPersonsAfterDataTheoremClosedTheFindingToo(t *testing.T) {
	amongPeople(t, "on_regression = \"comment\"\n", func(w *world, c crowd) {
		old := w.open("v-1")
		w.must(c.close(w, old.Key))
		w.post(violation("OPENED", "v-1", 1611059000)) // now it is known that a person closed it
		w.pass(time.Minute)
		w.post(violation("RESOLVED", "v-1", 1611060000))
		w.pass(time.Minute)
		w.post(violation("OPENED", "v-1", 1611061000))
		w.pass(time.Minute)
		w.issue(old.Key).expect(w, false, 3)
	})
}
