package daemon_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// amongHosts runs a test on Jira Cloud, Data Center and GitHub, with a rule for each of the further keys.
func amongHosts(t *testing.T, test func(w *world, h host), more ...string) {
	t.Helper()
	for _, h := range hosts() {
		if h.golden {
			t.Run(h.name, func(t *testing.T) {
				s := h.settings
				s.rules = ""
				for _, keys := range more {
					s.rules += h.rules + keys
				}
				inWorld(t, s, func(w *world) { test(w, h) })
			})
		}
	}
}

// people gives what people do to the issues of a host.
func (h host) people() crowd {
	if strings.HasPrefix(h.name, "github") {
		return crowds()[1]
	}
	return crowds()[0]
}

const byParent = "group_by = \"parent\"\n"

// member is an event of a target of the finding parent-1 that a list shows as "part-" and its id.
func member(verb, id string, at int64) string {
	return target(verb, id, at, "affected_component", "part-"+id)
}

// line gives the line of a list that names a part, "" where none does.
func line(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, " · part-"+part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// expectList sees to it that the description lists exactly these members, by their state in words.
func (s seen) expectList(w *world, states map[string]string) {
	w.t.Helper()
	for id, state := range states {
		if got := line(s.Text, id); !strings.Contains(got, state+" · ") {
			w.t.Errorf("%s lists %s as %q, want %s:\n%s", s.Key, id, got, state, s.Text)
		}
	}
	if n := strings.Count(s.Text, " · part-"); n != len(states) {
		w.t.Errorf("%s lists %d members, want %d:\n%s", s.Key, n, len(states), s.Text)
	}
}

// last gives the newest comment in words.
func (s seen) last() string {
	if len(s.Said) == 0 {
		return ""
	}
	return s.Said[len(s.Said)-1]
}

// expectSaid sees to it that the newest comment has all the words.
func (s seen) expectSaid(w *world, words ...string) {
	w.t.Helper()
	for _, want := range words {
		if !strings.Contains(s.last(), want) {
			w.t.Errorf("the last comment of %s does not say %q:\n%s", s.Key, want, s.last())
		}
	}
}

// gathered lets enough time go by for changes of a group to be told.
func (w *world) gathered() { w.pass(3 * time.Minute) }

func TestAGroupIsOneIssueThatListsItsMembersAndClosesAndReopensWithThem(t *testing.T) {
	amongHosts(t, func(w *world, h host) {
		w.post(member("CREATED", "a", 1611058000))
		w.post(member("CREATED", "b", 1611058001))
		w.gathered()
		key := w.one().Key
		w.one().expectList(w, map[string]string{"a": "open", "b": "open"})
		w.must(h.people().around(w, key))

		w.post(member("CREATED", "c", 1611058500))
		w.gathered()
		w.one().expectSaid(w, "new · part-c", "Now 3 findings: 3 open.")
		w.one().expectList(w, map[string]string{"a": "open", "b": "open", "c": "open"})

		w.post(member("FIXED", "a", 1611059000))
		w.gathered()
		w.one().expectSaid(w, "fixed · part-a", "Now 3 findings: 2 open, 1 fixed.")
		w.one().expectList(w, map[string]string{"a": "fixed", "b": "open", "c": "open"})

		w.post(noteEvent("CREATED", "n-1", 1611059500))
		w.settle()
		w.one().expectSaid(w, "We will fix this.")

		before := len(w.one().Comments)
		w.post(member("FIXED", "b", 1611060000))
		w.post(member("RISK_ACCEPTED", "c", 1611061000))
		w.settle()
		issue := w.one()
		issue.expect(w, false, before+1)
		issue.expectSaid(w, "risk was accepted", "3 findings: 2 fixed, 1 risk accepted.", "fixed · part-b")
		issue.expectList(w, map[string]string{"a": "fixed", "b": "fixed", "c": "risk accepted"})
		if issue.Reason != h.undone {
			w.t.Errorf("closed as %q, want %q: the last was not mended", issue.Reason, h.undone)
		}

		w.post(member("CREATED", "a", 1611062000))
		w.gathered()
		issue = w.one()
		issue.expect(w, true, before+2)
		issue.expectSaid(w, "open again", "3 findings: 1 open, 1 fixed, 1 risk accepted.")
		issue.expectList(w, map[string]string{"a": "open", "b": "fixed", "c": "risk accepted"})
		if strings.Count(issue.Text, " is mine.") != 2 {
			w.t.Errorf("a person's text is gone:\n%s", issue.Text)
		}
	}, byParent)
}

func TestMembersThatComeAndGoQuicklyAreToldOfTogether(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.post(member("CREATED", "a", 1611058000))
		w.settle()
		calls := w.trackerCalls()
		for n, id := range []string{"b", "c", "d"} {
			w.post(member("CREATED", id, 1611058000))
			w.pass(20 * time.Second)
			w.post(member("FIXED", id, 1611059000+int64(n)))
			w.pass(20 * time.Second)
		}
		w.one().expect(w, true, 0)
		w.gathered()
		w.one().expect(w, true, 1)
		w.one().expectSaid(w, "fixed · part-b", "fixed · part-c", "fixed · part-d", "Now 4 findings: 1 open, 3 fixed.")
		w.one().expectList(w, map[string]string{"a": "open", "b": "fixed", "c": "fixed", "d": "fixed"})
		if n := w.trackerCalls() - calls; n > 8 {
			w.t.Errorf("%d calls for one comment and one new list: %v %v", n, w.jira.Calls(), w.github.Calls())
		}
	}, byParent)
}

func TestNotesReachEveryTicketThatHoldsATargetOfTheirFinding(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		of := func(id, severity string) string { return target("CREATED", id, 1611058000, "severity", severity) }
		for id, severity := range map[string]string{"a": "HIGH", "b": "HIGH", "c": "LOW", "d": "LOW", "e": "MEDIUM", "f": "MEDIUM"} {
			w.post(of(id, severity))
		}
		w.post(target("CREATED", "g", 1611058000, "severity", "LOW", "security_finding_id", "parent-2")) // of another finding
		w.pass(10 * time.Minute)
		w.post(noteEvent("CREATED", "n-1", 1611059000))
		w.pass(10 * time.Minute)
		w.expectNotes(5, map[int]int{1: 4, 0: 1})
		w.post(noteEvent("DELETED", "n-1", 1611060000))
		w.pass(10 * time.Minute)
		w.expectNotes(5, map[int]int{0: 5})
	}, "group_by = [\"parent\", \"severity\"]\nmatch.severity = [\"HIGH\", \"LOW\"]\n", "")
}

// expectNotes sees to it that so many issues show a note so often.
func (w *world) expectNotes(issues int, want map[int]int) {
	w.t.Helper()
	got := map[int]int{}
	for _, issue := range w.issues() {
		n := 0
		for _, said := range issue.Said {
			n += strings.Count(said, "We will fix this.")
		}
		got[n]++
	}
	if len(w.issues()) != issues || fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%d issues, by the notes on them %v; want %d, %v", len(w.issues()), got, issues, want)
	}
}

func TestThreeHundredMembersAtOnceAreOneIssueWithFewCommentsAndCalls(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.settle()
		calls := w.trackerCalls()
		var posts sync.WaitGroup
		for lane := range 10 {
			posts.Go(func() {
				for n := range 30 {
					if status := w.send(member("CREATED", fmt.Sprintf("%d-%02d", lane, n), 1611058000)); status != http.StatusOK {
						t.Errorf("a post answered %d", status)
					}
				}
			})
		}
		posts.Wait()
		w.pass(30 * time.Minute)
		issue := w.one()
		if issue.expect(w, true, len(issue.Comments)); len(issue.Comments) > 1 {
			w.t.Errorf("%d comments about 300 members that came at once", len(issue.Comments))
		}
		if !strings.Contains(issue.Text, "300 findings: 300 open.") || !strings.Contains(issue.Text, "… and 240 more, of which 240 open") {
			w.t.Errorf("the description does not tell of all:\n%s", issue.Text)
		}
		if n := w.trackerCalls() - calls; n > 12 {
			w.t.Errorf("%d calls: %v %v", n, w.jira.Calls(), w.github.Calls())
		}
	}, byParent)
}

func TestAnEmptyStoreAdoptsTheIssueOfAGroup(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		tell := func() {
			w.post(member("CREATED", "a", 1611058000))
			w.post(member("CREATED", "b", 1611058000))
			w.post(member("FIXED", "a", 1611059000))
		}
		tell()
		w.gathered()
		key := w.one().Key
		w.stop()
		w.loseStore()
		w.start()
		tell()
		w.pass(30 * time.Minute)
		w.one().expectList(w, map[string]string{"a": "fixed", "b": "open"})
		if got := w.oneTicket(); got.State != store.TicketLive || got.Ref.Key != key {
			w.t.Errorf("the ticket is %s at %s, want live at %s", got.State, got.Ref.Key, key)
		}
		w.post(member("FIXED", "b", 1611060000))
		w.settle()
		issue := w.one()
		issue.expect(w, false, len(issue.Comments))
		issue.expectSaid(w, "2 findings: 2 fixed.")
	}, byParent)
}

func TestAChangedGroupingLeavesTicketsThatWereMadeWhereTheyAre(t *testing.T) {
	long(t)
	for name, change := range map[string]struct{ before, after string }{
		"added":   {"", byParent},
		"removed": {byParent, ""},
		"changed": {byParent, "group_by = [\"parent\", \"severity\"]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{rules: crowds()[0].rules + change.before}, func(w *world) {
				w.post(member("CREATED", "a", 1611058000))
				w.post(member("CREATED", "b", 1611058000))
				w.gathered()
				made := len(w.issues())
				if want := map[bool]int{true: 2, false: 1}[change.before == ""]; made != want {
					t.Fatalf("%d issues, want %d", made, want)
				}
				w.restartWith(crowds()[0].rules + change.after)
				w.gathered()
				if n := len(w.issues()); n != made {
					t.Fatalf("%d issues after the rule changed, want %d as before", n, made)
				}
				w.post(member("CREATED", "c", 1611058000)) // goes by the new rule
				w.gathered()
				w.post(member("FIXED", "a", 1611059000))
				w.post(member("FIXED", "b", 1611059000))
				w.gathered()
				all := w.issues()
				if len(all) != made+1 {
					t.Fatalf("%d issues with one more finding, want %d", len(all), made+1)
				}
				for _, issue := range all[:made] {
					issue.expect(w, false, len(issue.Comments))
				}
				all[made].expect(w, true, 0)
			})
		})
	}
}

// trio is the events of a group of three, in the order of their times.
func trio(group string, verbs ...string) []string {
	events := make([]string, len(verbs))
	for i, verb := range verbs {
		verb, id, _ := strings.Cut(verb, " ")
		events[i] = member(verb, group+"-"+id, 1611058000+int64(i)*1000)
		events[i] = strings.ReplaceAll(events[i], "parent-1", "parent-of-"+group)
	}
	return events
}

// expectAlike sees to it that the issues of many groups are the same but for the group's name.
func expectAlike(w *world, show func(seen) string) {
	w.t.Helper()
	name := regexp.MustCompile(`g[0-9]{3}`)
	plain := func(s seen) string {
		return name.ReplaceAllString(anyMarker.ReplaceAllString(show(s), "MARKER"), "GROUP")
	}
	all := w.issues()
	for _, issue := range all {
		if got, want := plain(issue), plain(all[0]); got != want {
			w.t.Fatalf("%s is not as %s:\n%s\nbut:\n%s", issue.Key, all[0].Key, got, want)
		}
	}
}

func TestEveryOrderOfTheEventsOfAGroupThatWaitedEndsInTheSameIssue(t *testing.T) {
	long(t)
	for name, verbs := range map[string][]string{
		"open at the end":   {"CREATED a", "CREATED b", "FIXED a", "RISK_ACCEPTED c"},
		"closed at the end": {"CREATED a", "FIXED b", "FIXED a", "RISK_ACCEPTED c"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{rules: crowds()[0].rules + byParent + "ticket_closed = true\n"}, func(w *world) {
				w.setDown("jira.example.com", true)
				orders := permutations(len(verbs))
				for n, order := range orders {
					events := trio(fmt.Sprintf("g%03d", n), verbs...)
					for _, i := range order {
						w.post(events[i])
					}
				}
				w.setDown("jira.example.com", false)
				w.pass(2 * time.Hour)
				if n := len(w.issues()); n != len(orders) {
					t.Fatalf("%d issues, want %d", n, len(orders))
				}
				expectAlike(w, seen.String)
				if open := w.issues()[0].Open; open != (name == "open at the end") {
					t.Errorf("the issues are open: %v", open)
				}
			})
		})
	}
}

func TestEveryOrderOfTheEventsOfAGroupOneByOneEndsInTheSameTextAndState(t *testing.T) {
	long(t)
	for name, verbs := range map[string][]string{
		"open at the end":   {"CREATED a", "FIXED a", "CREATED b", "CREATED a"},
		"closed at the end": {"CREATED b", "FIXED a", "FIXED b"},
	} {
		t.Run(name, func(t *testing.T) {
			amongHosts(t, func(w *world, _ host) {
				orders := permutations(len(verbs))
				for n, order := range orders {
					group := fmt.Sprintf("g%03d", n)
					events, frame := trio(group, verbs...), trio(group, "CREATED c", "FIXED c")
					w.post(frame[0]) // before all others, so that there is an issue
					for _, i := range order {
						w.post(events[i])
						w.pass(50 * time.Second)
					}
					if name == "closed at the end" {
						w.post(frame[1])
					}
					w.pass(15 * time.Minute)
				}
				if n := len(w.issues()); n != len(orders) {
					w.t.Fatalf("%d issues, want %d", n, len(orders))
				}
				expectAlike(w, func(s seen) string {
					s.Comments = nil
					return s.String()
				})
				if open := w.issues()[0].Open; open != (name == "open at the end") {
					w.t.Errorf("the issues are open: %v", open)
				}
			}, byParent)
		})
	}
}

func TestALostAnswerToACommentAboutMembersIsNotRepeated(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.post(member("CREATED", "a", 1611058000))
		w.settle()
		w.jira.Fail(jiratest.Fault{Op: "comment", Kind: jiratest.Cut, Effect: true})
		w.github.Fail(githubtest.Fault{Op: "comment", Kind: githubtest.Cut, Effect: true})
		w.post(member("CREATED", "b", 1611058000))
		w.pass(75 * time.Second)
		w.post(member("CREATED", "c", 1611058000)) // while nobody knows whether the comment is there
		w.pass(30 * time.Minute)
		issue := w.one()
		issue.expect(w, true, 2)
		for id, want := range map[string]int{"b": 1, "c": 1} {
			if n := strings.Count(strings.Join(issue.Said, "\n"), "new · part-"+id); n != want {
				w.t.Errorf("%s is told of as new %d times: %q", id, n, issue.Said)
			}
		}
		issue.expectList(w, map[string]string{"a": "open", "b": "open", "c": "open"})
	}, byParent)
}

func TestADeletedIssueOfAGroupIsFollowedByOneThatListsAllMembers(t *testing.T) {
	long(t)
	amongPeople(t, byParent, func(w *world, c crowd) {
		w.post(member("CREATED", "a", 1611058000))
		w.post(member("CREATED", "b", 1611058000))
		w.gathered()
		w.must(c.delete(w, w.one().Key))
		w.post(member("FIXED", "a", 1611059000))
		w.pass(c.believes)
		if n := len(w.issues()); n != 0 {
			w.t.Fatalf("%d issues though no finding was opened since the deletion", n)
		}
		w.post(member("CREATED", "c", 1611060000))
		w.pass(c.believes)
		issue := w.one()
		issue.expect(w, true, len(issue.Comments))
		issue.expectList(w, map[string]string{"a": "fixed", "b": "open", "c": "open"})
	})
}

func TestAnIgnoredGroupStaysAsItIsUntilItIsRetried(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.post(member("CREATED", "a", 1611058000))
		w.settle()
		before, id := w.one(), w.oneTicket().ID
		w.inStore(func(ctx context.Context, s *store.Store) error { return s.IgnoreTicket(ctx, id, "a test system") })
		w.poke()
		calls := w.trackerCalls()
		w.post(member("CREATED", "b", 1611059000))
		w.post(member("FIXED", "a", 1611060000))
		w.pass(time.Hour)
		if after := w.one(); after.String() != before.String() || w.trackerCalls() != calls {
			w.t.Errorf("something was done, in %d calls:\n%s", w.trackerCalls()-calls, after)
		}
		w.retry()
		w.gathered()
		issue := w.one()
		issue.expect(w, true, 1)
		issue.expectList(w, map[string]string{"a": "fixed", "b": "open"})
	}, byParent)
}
