package daemon_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

var aPart = regexp.MustCompile(`part-[0-9a-z-]+`)

// atMost is the keys of a rule that makes so many tickets an hour.
func atMost(n int) string { return fmt.Sprintf("name = \"storm\"\nmax_new_per_hour = %d\n", n) }

// storm posts openings, whose numbers run from one to below the other.
func (w *world) storm(from, to int) {
	w.t.Helper()
	for n := from; n < to; n++ {
		w.post(member("CREATED", fmt.Sprintf("%02d", n), 1611058000))
	}
}

// digests gives the issues that list what waits, and those of findings.
func (w *world) digests() (digests, own []seen) {
	for _, issue := range w.issues() {
		if strings.HasPrefix(issue.Title, "Findings of rule ") {
			digests = append(digests, issue)
		} else {
			own = append(own, issue)
		}
	}
	return digests, own
}

// expectStorm sees to it that so many findings have an issue, and that the only digest lists so many;
// one that lists none is closed.
func (w *world) expectStorm(own, waiting int) {
	w.t.Helper()
	digests, made := w.digests()
	if len(made) != own || len(digests) != 1 {
		w.t.Fatalf("%d issues of findings and %d digests, want %d and 1", len(made), len(digests), own)
	}
	d := digests[0]
	if n := strings.Count(d.Text, "part-"); n != waiting || d.Open != (waiting > 0) {
		w.t.Errorf("the digest lists %d and is open: %v, want %d:\n%s", n, d.Open, waiting, d.Text)
	}
	for _, issue := range made {
		if part := aPart.FindString(issue.Text); strings.Contains(d.Text, part) && d.Open {
			w.t.Errorf("%s has a ticket and is still on the list:\n%s", part, d.Text)
		}
	}
}

// expectBound sees to it that in no hour more issues of findings were made than the bound.
func (w *world) expectBound(n int) {
	w.t.Helper()
	_, own := w.digests()
	slices.SortFunc(own, func(a, b seen) int { return a.Created.Compare(b.Created) })
	for i := n; i < len(own); i++ {
		if apart := own[i].Created.Sub(own[i-n].Created); apart < time.Hour {
			w.t.Errorf("%s and the %d before it were made within %v", own[i].Key, n, apart)
		}
	}
}

func TestBeyondTheBoundFindingsWaitInADigestForATicketOfTheirOwn(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, h host) {
		w.storm(0, 40)
		w.pass(5 * time.Minute)
		w.expectStorm(5, 35)
		w.pass(25 * time.Minute)
		w.restart()
		w.pass(10 * time.Minute)
		w.expectStorm(5, 35)
		w.pass(25 * time.Minute)
		w.expectStorm(10, 30)
		w.pass(time.Hour)
		w.expectStorm(15, 25)
		for n := 30; n < 40; n++ { // they wait, and then there is nothing to make a ticket of
			w.post(member("FIXED", fmt.Sprint(n), 1611059000))
		}
		w.gathered()
		w.expectStorm(15, 15)
		w.pass(time.Hour)
		w.expectStorm(20, 10)
		w.pass(2*time.Hour + 5*time.Minute)
		w.expectStorm(30, 0)
		w.expectBound(5)
		digests, own := w.digests()
		digests[0].expectSaid(w, "Every finding of this list has its own ticket or is closed.")
		digests[0].expect(w, false, 1)
		if digests[0].Reason != h.done {
			w.t.Errorf("the digest is closed as %q, want %q", digests[0].Reason, h.done)
		}
		for _, issue := range own {
			issue.expect(w, true, 0)
		}
	}, atMost(5))
}

// expectDigests sees to it that so many findings have an issue, and which digests are open, the oldest
// first.
func (w *world) expectDigests(own int, open ...bool) {
	w.t.Helper()
	digests, made := w.digests()
	var are []bool
	for _, d := range digests {
		are = append(are, d.Open)
	}
	if len(made) != own || !slices.Equal(are, open) {
		w.t.Fatalf("%d issues of findings, digests that are open: %v; want %d, %v", len(made), are, own, open)
	}
}

func TestEachRuleHasABoundOfItsOwn(t *testing.T) {
	amongHosts(t, func(w *world, _ host) {
		for n, severity := range []string{"HIGH", "MEDIUM", "LOW"} {
			for i := range 6 {
				w.post(target("CREATED", fmt.Sprint(severity, i), 1611058000+int64(n), "severity", severity))
			}
		}
		w.pass(10 * time.Minute)
		w.expectDigests(2+3+6, true, true)
	}, "name = \"high\"\nmatch.severity = \"HIGH\"\nmax_new_per_hour = 2\n",
		"name = \"medium\"\nmatch.severity = \"MEDIUM\"\nmax_new_per_hour = 3\n", "")
}

func TestWithoutABoundAfterARestartAllThatWaitedGetTheirTicketsAndTheDigestCloses(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, h host) {
		w.storm(0, 12)
		w.pass(5 * time.Minute)
		w.expectStorm(3, 9)
		w.restartWith(h.rules + "name = \"storm\"\n")
		w.pass(5 * time.Minute)
		w.expectStorm(12, 0)
	}, atMost(3))
}

func TestAnotherBoundHoldsFromTheRestartOn(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, h host) {
		w.storm(0, 12)
		w.pass(5 * time.Minute)
		w.restartWith(h.rules + atMost(5))
		w.pass(5 * time.Minute)
		w.expectStorm(5, 7)
		w.restartWith(h.rules + atMost(2))
		w.pass(30 * time.Minute)
		w.expectStorm(5, 7)
		w.pass(time.Hour)
		w.expectStorm(7, 5)
		w.expectBound(5)
	}, atMost(3))
}

func TestADigestThatAPersonClosedStaysClosedUntilItWasEmptyOnce(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, h host) {
		w.storm(0, 9)
		w.pass(5 * time.Minute)
		digests, _ := w.digests()
		w.must(h.people().close(w, digests[0].Key))
		w.pass(time.Hour)
		w.expectDigests(6, false)
		w.pass(3 * time.Hour)
		w.storm(9, 15)
		w.pass(5 * time.Minute)
		w.expectStorm(12, 3)
	}, atMost(3))
}

func TestADigestThatFillsAgainLongAfterwardsIsFollowedByAnother(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.storm(0, 4)
		w.pass(2 * time.Hour)
		w.expectStorm(4, 0)
		w.pass(5 * time.Hour)
		w.storm(4, 8)
		w.pass(5 * time.Minute)
		w.expectDigests(7, false, true)
		digests, _ := w.digests()
		w.expectFollows(digests[1], digests[0])
		w.pass(time.Hour)
		w.expectDigests(8, false, false)
	}, atMost(3)+"reopen_within = \"1h\"\n")
}

func TestGroupsWaitForTheirTurnWithAllTheirMembers(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		for n := range 3 {
			for _, event := range trio(fmt.Sprintf("g%03d", n), "CREATED a", "CREATED b") {
				w.post(event)
			}
		}
		w.pass(5 * time.Minute)
		w.expectStorm(1, 4)
		w.post(trio("g002", "CREATED c")[0])
		w.gathered()
		w.expectStorm(1, 5)
		for _, event := range trio("g001", "FIXED a", "FIXED b") { // a closing wins a tie
			w.post(event)
		}
		w.gathered()
		w.expectStorm(1, 3)
		w.pass(time.Hour)
		w.expectStorm(2, 0)
		_, own := w.digests()
		own[1].expectList(w, map[string]string{"g002-a": "open", "g002-b": "open", "g002-c": "open"})
		own[1].expect(w, true, 0)
	}, byParent+atMost(1))
}

// ticketWhere gives the oldest ticket row that is so.
func (w *world) ticketWhere(is func(store.Ticket) bool) store.Ticket {
	w.t.Helper()
	all := w.tickets() // newest first
	slices.Reverse(all)
	i := slices.IndexFunc(all, is)
	if i < 0 {
		w.t.Fatal("there is no such ticket")
	}
	return all[i]
}

func waits(t store.Ticket) bool { return t.Turn == store.TurnWaits }

func TestADigestThatIsIgnoredIsNeverWrittenAndAllTheSameEveryFindingHasItsTurn(t *testing.T) {
	long(t)
	inWorld(t, settings{rules: crowds()[0].rules + atMost(3)}, func(w *world) {
		w.storm(0, 9)
		w.settle() // the digest waits for more
		digest := w.ticketWhere(func(t store.Ticket) bool { return t.Digest })
		w.inStore(func(ctx context.Context, s *store.Store) error {
			return s.IgnoreTicket(ctx, digest.ID, "nobody reads it")
		})
		w.poke()
		w.pass(3 * time.Hour)
		w.expectDigests(9)
		w.expectBound(3)
	})
}

func TestWhatWaitsMayBeIgnoredAndATryOfItDoesNotBreakTheBound(t *testing.T) {
	long(t)
	inWorld(t, settings{rules: crowds()[0].rules + atMost(3)}, func(w *world) {
		w.storm(0, 9)
		w.pass(5 * time.Minute)
		first := w.ticketWhere(waits)
		w.inStore(func(ctx context.Context, s *store.Store) error { return s.IgnoreTicket(ctx, first.ID, "a test system") })
		w.poke()
		w.gathered()
		w.expectStorm(3, 5)
		w.inStore(func(ctx context.Context, s *store.Store) error {
			return s.RetryTicket(ctx, w.ticketWhere(waits).ID, time.Now())
		})
		w.poke()
		w.gathered()
		w.expectStorm(3, 5)
		w.pass(2 * time.Hour)
		w.expectStorm(8, 0)
		w.inStore(func(ctx context.Context, s *store.Store) error { return s.RetryTicket(ctx, first.ID, time.Now()) })
		w.poke()
		w.pass(time.Hour)
		w.expectStorm(9, 0)
		w.expectBound(3)
	})
}

func TestADigestThatTheTrackerRefusedHoldsUpNobodyAndIsTriedAgainWhenItsListChanges(t *testing.T) {
	long(t)
	inWorld(t, settings{rules: crowds()[0].rules + atMost(3)}, func(w *world) {
		w.storm(0, 9)
		w.settle()
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Answer, Code: 400, Times: 1})
		w.pass(30 * time.Minute)
		if digest := w.ticketWhere(func(t store.Ticket) bool { return t.Digest }); digest.State != store.TicketHeld || len(w.issues()) != 3 {
			t.Fatalf("the digest is %s, and there are %d issues; want it held, and 3", digest.State, len(w.issues()))
		}
		w.pass(time.Hour)
		w.expectStorm(6, 3)
		w.pass(time.Hour)
		w.expectStorm(9, 0)
		w.expectBound(3)
	})
}

func TestADigestThatAPersonDeletedHoldsUpNobody(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, h host) {
		w.storm(0, 9)
		w.pass(5 * time.Minute)
		digests, _ := w.digests()
		w.must(h.people().delete(w, digests[0].Key))
		w.pass(4 * time.Hour)
		w.expectDigests(9)
		w.expectBound(3)
	}, atMost(3))
}

func TestAnEmptyStoreAdoptsTheDigestAndGoesOnWithTheLine(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.storm(0, 12)
		w.pass(5 * time.Minute)
		w.expectStorm(3, 9)
		w.stop()
		w.loseStore()
		w.start()
		w.storm(0, 12)
		w.pass(20 * time.Minute)
		w.expectDigests(6, true) // that three were made in this hour was in the store
		w.pass(2*time.Hour + 5*time.Minute)
		w.expectDigests(12, false)
		digests, _ := w.digests()
		digests[0].expectSaid(w, "Every finding of this list has its own ticket or is closed.")
	}, atMost(3))
}

func TestARuleOfAnotherNameHasAnotherDigestAndTheOldOneCloses(t *testing.T) {
	long(t)
	keys := "[[rule]]\n" + atMost(3)
	for _, h := range hosts()[:3] {
		t.Run(h.name, func(t *testing.T) {
			s := furnished(h, ruleSet{rules: keys}) // how issues close is among the defaults, which hold for what no rule is left of
			inWorld(t, s, func(w *world) {
				w.storm(0, 9)
				w.pass(5 * time.Minute)
				w.restartWith(strings.Replace(s.rules, "storm", "flood", 1))
				w.pass(5 * time.Minute)
				w.expectDigests(6, false, true)
				if digests, _ := w.digests(); strings.Count(digests[1].Text, "part-") != 3 {
					t.Errorf("the new digest lists:\n%s", digests[1].Text)
				}
				w.pass(2 * time.Hour)
				w.expectDigests(9, false, false)
			})
		})
	}
}

func TestWhatWaitsGoesToTheProjectThatTheRuleNamesNow(t *testing.T) {
	long(t)
	rules := crowds()[0].rules + atMost(3)
	inWorld(t, settings{rules: rules, jira: jiratest.Options{Projects: twoProjects()}}, func(w *world) {
		w.storm(0, 9)
		w.pass(5 * time.Minute)
		w.restartWith(strings.Replace(rules, "SEC", "OPS", 1))
		w.pass(5 * time.Hour)
		perProject := map[string]int{}
		for _, issue := range w.issues() {
			perProject[issue.Key[:3]]++
		}
		w.expectDigests(9, false, false)
		if perProject["SEC"] != 3+1 || perProject["OPS"] != 6+1 {
			t.Errorf("issues by project, digests among them: %v, want 4 and 7", perProject)
		}
		w.expectBound(6) // three in each place
	})
}
