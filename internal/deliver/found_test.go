package deliver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// What the schedules found is tested here by hand as well, where that is easy: a change of the simulation
// gives a seed another schedule.

func TestSchedulesThatOnceWentWrong(t *testing.T) {
	for seed, was := range map[uint64]string{
		691:  "after a restore a reopening was refused, and the issue never told of its members any more",
		2072: "after a restore an issue was made, where another had followed one that was deleted",
		1328: "an issue came into being late that was not needed any more, and then was: two were open",
		536:  "an issue came into being late that was not needed any more, and stayed open",
	} {
		t.Run(fmt.Sprintf("seed %d: %s", seed, was), func(t *testing.T) { playOut(t, seed, newTally()) })
	}
}

func TestARestoredStoreDoesNotBelieveThatTheTextIsAsItWroteItLast(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Hour)
	restore := s.backUp()
	s.fix("a", 1002)
	s.pass(time.Hour)
	if text := plain(s.groupOf("a").draft.Body); !strings.Contains(text, "1 fixed") {
		t.Fatalf("the issue says %q, want that one is fixed", text)
	}
	restore()
	s.fix("a", 1002)
	s.open("a", 1003) // as the backup knows it
	s.pass(2 * time.Hour)
	if text := plain(s.groupOf("a").draft.Body); strings.Contains(text, "1 fixed") {
		t.Errorf("the issue says %q, and both are open", text)
	}
}

// A store that was restored from before there was a digest has no row of it. Nothing waits any more
// there: nothing else would ever ask for the digest.
func TestARestoredStoreClosesADigestThatItDoesNotKnow(t *testing.T) {
	s := calm(t, hourly(1))
	s.open("t0", 1000)
	s.pass(30 * time.Minute)
	restore := s.backUp()
	s.open("t1", 1001)
	s.pass(20 * time.Minute)
	if text := s.list(); !strings.Contains(text, "Finding target t1") {
		t.Fatalf("the digest says %q, want that one finding waits", text)
	}
	restore()
	s.open("t1", 1001)
	s.fix("t1", 1002)
	s.pass(time.Hour)
	digests := s.issuesOf(s.digest())
	if len(digests) != 1 || digests[0].open {
		t.Errorf("nothing waits, and of %d digests the first is open: %v", len(digests), digests[0].open)
	}
}

// A store that was restored from before a finding was known does not know that its issue was deleted,
// and that another followed.
func TestARestoredStoreFindsTheIssueThatFollowedADeletedOne(t *testing.T) {
	for deleted := 1; deleted <= 3; deleted++ {
		s := calm(t, func(r *mapping.Rule) { r.OnRegression = "new" })
		s.open("other", 999)
		s.pass(time.Hour)
		restore := s.backUp()
		one := func() *simIssue {
			t.Helper()
			there := s.issuesOf(s.group("a"))
			if len(there) != 1 {
				t.Fatalf("with %d deleted there are %d issues, want one", deleted, len(there))
			}
			return there[0]
		}
		for n := range deleted {
			s.open("a", 1000+int64(n))
			s.pass(time.Hour)
			one().deleted = true
		}
		s.open("a", 1010)
		s.pass(time.Hour)
		last := one()
		restore()
		s.open("a", 1010)
		s.pass(time.Hour)
		if one() != last || !last.open {
			t.Errorf("with %d deleted, %s is there, want %s", deleted, one().ref.Key, last.ref.Key)
		}
	}
}

// What an issue that was adopted told of its members, nobody remembers.
func TestAnAdoptedIssueThatTheWorkflowWillNotReopenTellsOfItsMembers(t *testing.T) {
	s := calm(t, byParent)
	s.post(statusBody("other", "elsewhere", "CREATED", 999))
	s.pass(time.Hour)
	restore := s.backUp()
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Hour)
	restore()
	s.refuse("open", "", ticket.Refused)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Hour)
	issue := s.groupOf("a")
	before := len(issue.said)
	s.fix("a", 1002)
	s.pass(time.Hour)
	if said := issue.said[before:]; len(said) != 1 || !strings.Contains(said[0], "fixed") {
		t.Errorf("since one of two was fixed it was said %q", said)
	}
}

// A create whose answer was lost may have its effect when the issue is needed no more and was looked for
// in vain.
func TestAnIssueThatCameLateAndIsNotNeededAnyMoreIsClosedAndNotMadeAgain(t *testing.T) {
	for name, again := range map[string]bool{"it stays closed": false, "it opens again": true} {
		t.Run(name, func(t *testing.T) {
			s := calm(t)
			s.tracker.refuseCreate = func(ticket.Draft) error { return simError(ticket.Doubt) }
			s.open("a", 1000)
			s.pass(time.Minute)
			s.fix("a", 1001)
			s.pass(20 * time.Minute)
			if row := s.row("a"); row.State != store.TicketNone {
				t.Fatalf("the ticket is %s, want none", row.State)
			}
			s.tracker.refuseCreate = nil
			late := s.issue(s.marker("a", 1), true, s.clock)
			if again {
				s.open("a", 1002)
			}
			s.pass(25 * time.Hour)
			if all := s.issuesOf(s.group("a")); len(all) != 1 || late.open != again {
				t.Errorf("there are %d issues, and the late one is open: %v", len(all), late.open)
			}
			s.atMost(0, 48*time.Hour)
		})
	}
}

func TestACreateThatIsRefusedAfterALateLookIsNotTriedWithoutEnd(t *testing.T) {
	s := calm(t)
	s.tracker.refuseCreate = func(ticket.Draft) error { return simError(ticket.Doubt) }
	s.open("a", 1000)
	s.pass(time.Minute)
	s.fix("a", 1001)
	s.pass(20 * time.Minute)
	s.tracker.refuseCreate = func(ticket.Draft) error { return simError(ticket.HoldTicket) }
	s.open("a", 1002)
	s.atMost(10, 48*time.Hour)
	if row := s.row("a"); row.State != store.TicketHeld {
		t.Errorf("the ticket is %s, want held", row.State)
	}
}
