package deliver_test

import (
	"fmt"
	"testing"
	"time"

	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// stamp names the newest status event of a finding, as comment operations do.
func (s *sim) stamp(id string) string {
	s.t.Helper()
	f, err := s.store.FindingByKey(s.t.Context(), s.key(id))
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("%d-%s", f.Status.Time, f.Status.Tie[:8])
}

// wake makes a ticket due without a change.
func (s *sim) wake(id string) {
	s.t.Helper()
	if _, err := s.store.WakeTickets(s.t.Context(), []store.TicketState{s.row(id).State}, s.clock); err != nil {
		s.t.Fatal(err)
	}
}

// issue adds an issue of ours that the store does not know.
func (s *sim) issue(marker string, open bool, created time.Time) *simIssue {
	return s.tracker.add(ticket.Draft{Marker: marker, Destination: ticket.Destination{Project: "SIM"}}, open, created)
}

// refuse makes every call of an operation on an issue ("" any) end with a decision.
func (s *sim) refuse(op, id string, d ticket.Decision) {
	s.tracker.fail = func(called string, r ticket.Ref) error {
		if called == op && (id == "" || r.ID == id) {
			return simError(d)
		}
		return nil
	}
}

// atMost fails when a stretch of time costs more calls than there is reason for.
func (s *sim) atMost(calls int, d time.Duration) {
	s.t.Helper()
	before := s.tracker.calls
	s.pass(d)
	if n := s.tracker.calls - before; n > calls {
		s.t.Errorf("%d calls in %v, want at most %d", n, d, calls)
	}
}

func TestAReopeningThatTheWorkflowRefusesIsSaidOnceAndHeld(t *testing.T) {
	for name, byPerson := range map[string]bool{"closed by us": false, "closed by a person": true} {
		t.Run(name, func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.pass(time.Minute)
			if byPerson {
				s.tracker.issues[0].open = false
			} else {
				s.fix("a", 1001)
				s.pass(time.Minute)
			}
			s.refuse("open", "", ticket.Refused)
			s.open("a", 1002)
			s.atMost(8, time.Hour)
			if row := s.row("a"); row.State != store.TicketHeld || row.Reason == "" {
				t.Errorf("the ticket is %s (%q), want held with a reason", row.State, row.Reason)
			}
			said := mapping.CommentMarker(s.marker("a", 1), "refused/"+s.stamp("a"))
			if n := s.count(s.tracker.issues[0], said); n != 1 {
				t.Errorf("the refusal is said %d times in the issue, want once", n)
			}
		})
	}
}

func TestATicketThatWasFollowedByAnotherComesToRestAfterItsAudit(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.OnRegression = "new" })
	s.open("a", 1000)
	lost := false
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		if op == "create" && !lost {
			lost = true
			return simError(ticket.Doubt)
		}
		return nil
	}
	s.pass(12 * time.Minute) // the second attempt makes it, so that an audit is due
	s.tracker.issues[0].open = false
	s.open("a", 1001)
	s.pass(time.Minute)
	if n := len(s.tracker.issues); n != 2 {
		t.Fatalf("%d issues, want the closed one and the one that follows it", n)
	}
	s.atMost(8, 48*time.Hour)
}

func TestATicketThatIsGoneComesToRestBesideADuplicate(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.issue(s.marker("a", 1), true, s.clock) // a very late effect
	s.start()
	s.open("b", 1000) // the audit before its create sees it
	s.pass(time.Minute)
	s.tracker.fail = func(_ string, r ticket.Ref) error {
		if r.ID == "1" {
			return simError(ticket.Gone)
		}
		return nil
	}
	s.fix("a", 1001)
	s.atMost(20, 48*time.Hour)
}

func TestARefusalOfIdentityIsNotRepeatedHot(t *testing.T) {
	for _, d := range []ticket.Decision{ticket.HoldTicket, ticket.Conflict, ticket.Missing, ticket.Gone, ticket.Refused, ticket.Slow} {
		t.Run(d.String(), func(t *testing.T) {
			s := calm(t)
			s.refuse("identity", "", d)
			s.open("a", 1000)
			calls := s.tracker.calls
			for range 20 {
				if did := s.step(); did.Next.After(s.clock) {
					break
				}
			}
			if n := s.tracker.calls - calls; n != 1 {
				t.Errorf("identity was asked for %d times at once", n)
			}
			s.tracker.fail = nil
			s.pass(time.Hour)
			if len(s.tracker.issues) != 1 {
				t.Error("the ticket was not made when the tracker was well again")
			}
		})
	}
}

func TestADuplicateThatCannotBeClosedKeepsNothingElseWaiting(t *testing.T) {
	for _, d := range []ticket.Decision{ticket.Refused, ticket.HoldTicket, ticket.Retry, ticket.Conflict} {
		t.Run(d.String(), func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.pass(time.Minute)
			s.issue(s.marker("a", 1), true, s.clock)
			s.start()
			s.open("b", 1000)
			s.refuse("close", "2", d)
			s.pass(time.Hour)
			s.fix("a", 1001)
			s.atMost(300, 48*time.Hour)
			if s.tracker.issues[0].open {
				t.Errorf("the issue is open although its finding is fixed: %+v", s.row("a"))
			}
		})
	}
}

func TestAReopeningInDoubtIsNotFollowedByANewIssue(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.ReopenWithin = "1h" })
	s.open("a", 1000)
	s.pass(time.Minute)
	s.fix("a", 1001)
	s.pass(59 * time.Minute)
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		if op != "open" {
			return nil
		}
		s.tracker.issues[0].open = true // the effect, but the answer is lost
		s.tracker.fail = nil
		s.clock = s.clock.Add(time.Hour)
		return simError(ticket.Doubt)
	}
	s.open("a", 1002)
	s.pass(3 * time.Hour)
	if n := len(s.tracker.issues); n != 1 || !s.tracker.issues[0].open {
		t.Errorf("%d issues, the first open=%v; want the one issue, open", n, s.tracker.issues[0].open)
	}
}

func TestASearchThatBeganBeforeTheQuietPeriodWasOverAllowsNoCreate(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	var sent time.Time
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		switch {
		case op == "create" && sent.IsZero():
			sent = s.clock
			return simError(ticket.Doubt)
		case op == "find" && s.clock.After(sent.Add(simQuiet)) && s.clock.Before(sent.Add(simCall+simQuiet)):
			s.clock = sent.Add(simCall + simQuiet + time.Second) // a slow answer: what it says was true when it was asked
		case op == "create":
			s.clock = s.clock.Add(time.Second)
		}
		return nil
	}
	begun := time.Time{}
	inner := s.tracker.fail
	s.tracker.fail = func(op string, r ticket.Ref) error {
		if op == "find" {
			begun = s.clock
		}
		if op == "create" && !sent.IsZero() && begun.Before(sent.Add(simCall+simQuiet)) {
			t.Errorf("created again after a search that began %v after the doubtful create", begun.Sub(sent))
		}
		return inner(op, r)
	}
	s.pass(simQuiet + simCall/2)
	s.wake("a") // a search out of turn, just before the quiet period is over
	s.pass(time.Hour)
	if len(s.tracker.issues) != 1 {
		t.Errorf("%d issues, want 1", len(s.tracker.issues))
	}
}

func TestARefusedCreateBacksOffAfterADoubtToo(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.refuse("create", "", ticket.Doubt)
	s.pass(time.Minute)
	s.refuse("create", "", ticket.Conflict)
	s.pass(20 * time.Minute)
	s.atMost(60, 3*time.Hour)
}

func TestATicketThatTheProjectRefusesLeavesItsPlaceToOthers(t *testing.T) {
	for _, d := range []ticket.Decision{ticket.HoldDestination, ticket.HoldTracker} {
		t.Run(d.String(), func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.pass(time.Minute)
			s.refuse("close", "1", d) // of this issue alone, as an issue's own security does
			s.fix("a", 1001)
			s.pass(3 * time.Hour)
			late := 0
			for i := range 20 {
				id := string(rune('b' + i))
				s.open(id, 1000)
				s.pass(time.Minute)
				if s.row(id).State != store.TicketLive {
					late++
				}
				s.pass(9 * time.Minute)
			}
			if late > 8 {
				t.Errorf("%d of 20 new findings waited for a ticket that is refused", late)
			}
		})
	}
}

func TestAnIssueThatMovedIntoARefusedProjectPausesNoOther(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.tracker.issues[0].ref.Project = "PRIVATE"
	s.fix("a", 1001)
	s.pass(time.Minute)
	s.refuse("open", "1", ticket.HoldDestination)
	s.open("a", 1002)
	s.open("b", 1000)
	s.pass(time.Minute)
	if state := s.row("b").State; state != store.TicketLive {
		t.Errorf("the other ticket is %s, want live", state)
	}
	s.atMost(40, 3*time.Hour)
}

func TestAHeldTicketKeepsItsReasonWhileACommentFails(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	refused, failed := false, 0
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		switch {
		case op == "close":
			refused = true
			return &ticket.Error{Op: "transition", Decision: ticket.Refused, Message: "no way to Done", Hint: "set transitions"}
		case op == "comment" && refused && failed < 5:
			failed++
			return simError(ticket.Retry)
		}
		return nil
	}
	s.fix("a", 1001)
	s.pass(time.Hour)
	if row := s.row("a"); row.State != store.TicketHeld || row.Hint != "set transitions" {
		t.Errorf("the ticket is %s, reason %q, hint %q", row.State, row.Reason, row.Hint)
	}
}

func TestAClockThatWasSetBackBeginsTheQuietPeriodAnew(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.refuse("create", "", ticket.Doubt)
	s.clock = s.clock.Add(10 * 365 * 24 * time.Hour)
	for s.row("a").State != store.TicketDoubt {
		s.step()
	}
	s.clock = s.clock.Add(-10 * 365 * 24 * time.Hour)
	s.start() // what a process keeps in memory goes by the monotonic clock
	s.tracker.fail = nil
	s.wake("a")
	s.pass(simQuiet - time.Minute)
	if n := len(s.tracker.issues); n != 0 {
		t.Fatalf("%d issues before a quiet period has passed on either clock", n)
	}
	s.pass(3 * time.Minute)
	if n := len(s.tracker.issues); n != 1 {
		t.Errorf("%d issues after the quiet period, want 1", n)
	}
}

func TestTheQuietPeriodMustPassOnBothClocks(t *testing.T) {
	for name, jump := range map[string]func(*sim){
		"the tracker's date is false": func(s *sim) { s.skew = 24 * time.Hour },
		"our clock is set forward": func(s *sim) {
			s.clock, s.skew = s.clock.Add(24*time.Hour), -24*time.Hour
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.refuse("create", "", ticket.Doubt)
			for s.row("a").State != store.TicketDoubt {
				s.step()
			}
			jump(s)
			s.tracker.fail = nil
			s.wake("a")
			s.pass(simQuiet - time.Minute)
			if n := len(s.tracker.issues); n != 0 {
				t.Fatalf("%d issues before the quiet period has passed", n)
			}
			s.pass(3 * time.Minute)
			if n := len(s.tracker.issues); n != 1 {
				t.Errorf("%d issues after the quiet period, want 1", n)
			}
		})
	}
}

func TestAPanicHoldsItsTicketAndNoOther(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.tracker.fail = func(op string, r ticket.Ref) error {
		if op == "close" {
			panic("a bug that only " + r.Key + " brings out")
		}
		return nil
	}
	s.fix("a", 1001)
	s.open("b", 1000)
	s.pass(time.Hour)
	if row := s.row("a"); row.State != store.TicketHeld || row.Reason != "internal error: a bug that only SIM-1 brings out" {
		t.Errorf("the ticket is %s (%s)", row.State, row.Reason)
	}
	if state := s.row("b").State; state != store.TicketLive {
		t.Errorf("the other ticket is %s, want live", state)
	}
	s.tracker.fail = nil
	if err := s.store.RetryTicket(t.Context(), s.row("a").ID, s.clock); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Hour)
	if s.tracker.issues[0].open {
		t.Error("the issue was not closed when the ticket was tried again")
	}
}

func TestARestoredStoreWaitsBeforeItActsAndLooksBeforeItRests(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.OnRegression = "new" })
	s.open("kept", 1000)
	s.fix("none", 1000)
	s.pass(time.Minute)
	restore := s.backUp()
	s.tracker.issues[0].open = false // by a person
	s.open("kept", 1001)             // is followed
	s.open("none", 1001)             // gets an issue
	s.open("new", 1001)
	s.pass(time.Minute)
	restore()
	before := len(s.tracker.issues)
	s.open("kept", 1001)
	s.fix("none", 1002)
	s.open("new", 1001)
	calls := s.tracker.calls
	s.pass(simQuiet - time.Minute)
	if n := s.tracker.calls - calls; n != 0 {
		t.Errorf("%d calls within the quiet period after a restore", n)
	}
	s.start() // which does not end the wait
	s.pass(time.Hour)
	if n := len(s.tracker.issues); before != 4 || n != before {
		t.Errorf("%d issues before the restore and %d after it, want 4", before, n)
	}
	open := 0
	for _, i := range s.tracker.issues {
		if i.open {
			open++
		}
	}
	if open != 2 {
		t.Errorf("%d issues are open, want those of the two findings that are", open)
	}
}

func TestTheCommentOfADeletedNoteIsFoundByAStoreThatDoesNotRememberIt(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	restore := s.backUp()
	s.post(noteBody("n", "parent", "CREATED", 1001))
	s.pass(time.Minute)
	if n := len(s.tracker.issues[0].comments); n != 1 {
		t.Fatalf("%d comments, want the note", n)
	}
	restore()
	s.post(noteBody("n", "parent", "DELETED", 1002))
	s.pass(time.Hour)
	if n := len(s.tracker.issues[0].comments); n != 0 {
		t.Errorf("%d comments, want none: the note was deleted", n)
	}
}

func TestAnIssueThatWasSaidToCloseAndNeverDidIsSaidToBeOpenAgain(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.fix("a", 1001)
	for len(s.tracker.issues[0].comments) == 0 {
		s.step()
	}
	s.open("a", 1002) // before the closing that the comment told of
	s.pass(time.Minute)
	if i := s.tracker.issues[0]; !i.open || s.count(i, mapping.CommentMarker(s.marker("a", 1), "state/"+s.stamp("a"))) != 1 {
		t.Errorf("the issue is open: %v; its comments: %+v", i.open, i.comments)
	}
}
