package deliver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// hourly makes the rule make only so many tickets an hour.
func hourly(n int) func(*mapping.Rule) { return func(r *mapping.Rule) { r.MaxNewPerHour = &n } }

// storm opens findings at once: "t0", "t1", …
func (s *sim) storm(n int) {
	s.t.Helper()
	for i := range n {
		s.open(fmt.Sprint("t", i), 1000+int64(i))
	}
}

// made counts the issues of findings.
func (s *sim) made() (n int) {
	s.t.Helper()
	for _, i := range s.tracker.issues {
		row, err := s.store.TicketByMarker(s.t.Context(), i.marker)
		if err != nil {
			s.t.Fatal(err)
		}
		if !row.Digest {
			n++
		}
	}
	return n
}

// list gives the text of the one open digest issue.
func (s *sim) list() string {
	s.t.Helper()
	open := slices.DeleteFunc(s.issuesOf(s.digest()), func(i *simIssue) bool { return !i.open })
	if len(open) != 1 {
		s.t.Fatalf("%d open digests, want one", len(open))
	}
	return plain(open[0].draft.Body)
}

func (s *sim) turns() (waiting, released int) {
	s.t.Helper()
	all, err := s.store.Tickets(s.t.Context(), store.TicketFilter{Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range all {
		switch row.Turn {
		case store.TurnWaits:
			waiting++
		case store.TurnReleased:
			released++
		case store.TurnNone:
		}
	}
	return waiting, released
}

func TestBeyondTheBoundFindingsWaitInOneDigestAndGetTheirTicketsHourByHour(t *testing.T) {
	s := calm(t, hourly(3))
	s.storm(8)
	s.pass(5 * time.Minute)
	if n := s.made(); n != 3 {
		t.Fatalf("%d tickets in the first minutes, want 3", n)
	}
	for i := range 8 {
		if listed := strings.Contains(s.list(), s.key(fmt.Sprint("t", i)).UUID); listed != (i >= 3) {
			t.Errorf("t%d is listed: %v\n%s", i, listed, s.list())
		}
	}
	row := s.row("t7")
	if row.State != store.TicketWanted || !row.Due.IsZero() || !strings.Contains(row.Reason, "at most 3 new tickets an hour") {
		t.Errorf("t7 is %s, due %v: %q", row.State, row.Due, row.Reason)
	}
	s.pass(time.Hour)
	if n := s.made(); n != 6 {
		t.Errorf("%d tickets after an hour, want 6", n)
	}
	if strings.Contains(s.list(), "t5") || !strings.Contains(s.list(), "t6") {
		t.Errorf("the list does not follow: %s", s.list())
	}
	s.pass(time.Hour + 5*time.Minute)
	digest := s.issuesOf(s.digest())
	if n := s.made(); n != 8 || len(digest) != 1 || digest[0].open || len(digest[0].said) != 1 {
		t.Errorf("%d tickets; the digest %+v; want 8 and a digest that is closed with a comment", n, digest[0])
	}
	s.atMost(0, 24*time.Hour)
}

func TestAFindingThatClosesLeavesTheLine(t *testing.T) {
	s := calm(t, hourly(1))
	s.storm(3)
	s.pass(5 * time.Minute)
	s.fix("t1", 2000)
	s.pass(5 * time.Minute)
	if strings.Contains(s.list(), "t1") || s.row("t1").State != store.TicketNone {
		t.Errorf("t1 is %s and listed:\n%s", s.row("t1").State, s.list())
	}
	s.pass(24 * time.Hour)
	if n := s.made(); n != 2 {
		t.Errorf("%d tickets, want those of t0 and t2", n)
	}
}

func TestADigestThatFillsAgainIsOpenedAgainOrFollowed(t *testing.T) {
	for within, issues := range map[string]int{"90d": 1, "1h": 2} {
		t.Run(within, func(t *testing.T) {
			s := calm(t, hourly(1), func(r *mapping.Rule) { r.ReopenWithin = within })
			s.storm(2)
			s.pass(3 * time.Hour)
			s.open("u0", 2000)
			s.open("u1", 2001)
			s.pass(5 * time.Minute)
			if all := s.issuesOf(s.digest()); len(all) != issues || !strings.Contains(s.list(), "u1") {
				t.Errorf("%d digests, want %d that list u1", len(all), issues)
			}
			s.pass(24 * time.Hour)
			if all := s.issuesOf(s.digest()); slices.ContainsFunc(all, func(i *simIssue) bool { return i.open }) {
				t.Error("a digest is open and nothing waits")
			}
		})
	}
}

func TestADigestThatAPersonClosedOrDeletedIsLeftAloneUntilItWasEmptyOnce(t *testing.T) {
	for name, deletes := range map[string]bool{"closed": false, "deleted": true} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, hourly(1))
			s.storm(5)
			s.pass(5 * time.Minute)
			digest := s.issuesOf(s.digest())[0]
			digest.open, digest.deleted = false, deletes
			s.pass(2 * time.Hour)
			if digest.open || len(s.issuesOf(s.digest())) > 1 {
				t.Error("what the person did was undone")
			}
			s.pass(24 * time.Hour)
			if n := s.made(); n != 5 {
				t.Errorf("%d tickets, want 5: a digest holds up nobody", n)
			}
			s.open("u0", 2000)
			s.open("u1", 2001)
			s.pass(5 * time.Minute)
			if !strings.Contains(s.list(), "u1") {
				t.Errorf("u1 is not listed: %s", s.list())
			}
		})
	}
}

func TestATroubledOrIgnoredDigestHoldsUpNoRelease(t *testing.T) {
	for name, trouble := range map[string]func(s *sim){
		"its create is refused": func(s *sim) {
			s.tracker.refuseCreate = func(d ticket.Draft) error {
				if d.Marker == s.mapping.Marker("sim", s.digest(), 1) {
					return simError(ticket.HoldTicket)
				}
				return nil
			}
		},
		"its update is refused": func(s *sim) { s.refuse("update", "", ticket.HoldTicket) },
		"a person ignores it": func(s *sim) {
			if err := s.store.IgnoreTicket(s.t.Context(), s.ticketOf(s.digest()).ID, "too much"); err != nil {
				s.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, hourly(2))
			s.storm(3)
			s.pass(10 * time.Second)
			trouble(s)
			for i := range 4 {
				s.open(fmt.Sprint("u", i), 2000+int64(i))
			}
			s.pass(24 * time.Hour)
			if n := s.made(); n != 7 {
				t.Errorf("%d tickets, want 7", n)
			}
		})
	}
}

func TestAnIgnoredWaitingTicketLeavesTheListAndARetriedOneKeepsItsPlace(t *testing.T) {
	s := calm(t, hourly(1))
	s.storm(3)
	s.pass(5 * time.Minute)
	if err := s.store.RetryTicket(t.Context(), s.row("t2").ID, s.clock); err != nil {
		t.Fatal(err)
	}
	if err := s.store.IgnoreTicket(t.Context(), s.row("t1").ID, "not ours"); err != nil {
		t.Fatal(err)
	}
	s.pass(5 * time.Minute)
	if list := s.list(); strings.Contains(list, "t1") || !strings.Contains(list, "t2") || s.made() != 1 {
		t.Errorf("%d tickets, and the list is %s", s.made(), list)
	}
	s.pass(24 * time.Hour)
	if s.made() != 2 || s.row("t1").State != store.TicketIgnored {
		t.Errorf("%d tickets, t1 is %s", s.made(), s.row("t1").State)
	}
}

func TestWhereARuleHasNoBoundAnyMoreAllIsMadeAtOnce(t *testing.T) {
	s := calm(t, hourly(1))
	s.rerouted()
	s.storm(5)
	s.pass(5 * time.Minute)
	s.remap(hourly(0))
	s.pass(5 * time.Minute)
	if n := s.made(); n != 5 {
		t.Errorf("%d tickets, want all 5", n)
	}
	if digest := s.issuesOf(s.digest()); len(digest) != 1 || digest[0].open {
		t.Error("the digest is open still")
	}
}

func TestWhereTheRuleIsGoneNothingOfItsLineIsMade(t *testing.T) {
	s := calm(t, hourly(1))
	s.rerouted()
	s.storm(5)
	s.pass(5 * time.Minute)
	s.remap(func(r *mapping.Rule) { r.Match.Kind = mapping.Patterns{"violation"} })
	s.pass(24 * time.Hour)
	if digest := s.issuesOf(s.digest()); s.made() != 1 || len(digest) != 1 || digest[0].open {
		t.Errorf("%d tickets, want the one of before and a digest that is closed", s.made())
	}
}

func TestARenamedRuleTakesItsLineAlong(t *testing.T) {
	s := calm(t, hourly(1))
	s.rerouted()
	s.storm(4)
	s.pass(5 * time.Minute)
	s.remap(hourly(1), func(r *mapping.Rule) { r.Name = "renamed" })
	s.pass(5 * time.Minute)
	if open := s.issuesOf(s.digest()); open[0].open {
		t.Error("the digest of the old name is open, and nothing waits in it")
	}
	if n := s.made(); n != 2 { // the new name has made none yet
		t.Errorf("%d tickets, want 2", n)
	}
	s.pass(24 * time.Hour)
	if n := s.made(); n != 4 {
		t.Errorf("%d tickets, want 4", n)
	}
}

func TestAGroupWaitsAsAWhole(t *testing.T) {
	s := calm(t, hourly(1), byParent)
	s.post(statusBody("a", "p1", "CREATED", 1000))
	s.post(statusBody("b", "p2", "CREATED", 1001))
	s.pass(5 * time.Minute)
	s.post(statusBody("c", "p2", "CREATED", 1002))
	s.pass(5 * time.Minute)
	if list := s.list(); !strings.Contains(list, "b") || !strings.Contains(list, "c") || s.made() != 1 {
		t.Errorf("%d tickets, and the list is %s", s.made(), list)
	}
	s.pass(time.Hour)
	if row := s.ticketOf(s.group("b")); row.State != store.TicketLive || len(row.Applied.Told) != 2 {
		t.Errorf("the second group is %s and tells of %v", row.State, row.Applied.Told)
	}
}

func TestARefusedTicketGivesItsPlaceToTheNext(t *testing.T) {
	s := calm(t, hourly(1))
	s.tracker.refuseCreate = func(d ticket.Draft) error {
		if d.Marker == s.marker("t0", 1) {
			return simError(ticket.HoldTicket)
		}
		return nil
	}
	s.storm(2)
	s.pass(5 * time.Minute)
	if s.row("t0").State != store.TicketHeld || s.row("t1").State != store.TicketLive {
		t.Errorf("t0 is %s, t1 is %s", s.row("t0").State, s.row("t1").State)
	}
}

func TestARestartFindsWhoWaits(t *testing.T) {
	s := calm(t, hourly(1))
	s.storm(2)
	s.pass(5 * time.Minute)
	s.start()
	s.pass(2 * time.Hour)
	if waiting, released := s.turns(); s.made() != 2 || waiting+released != 0 {
		t.Errorf("%d tickets, %d wait, %d are released", s.made(), waiting, released)
	}
}

// rerouted is what a start does with its rules.
func (s *sim) rerouted() {
	s.t.Helper()
	if _, err := s.applier.Reroute(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// remap goes on with other rules, as after a restart.
func (s *sim) remap(change ...func(*mapping.Rule)) {
	s.t.Helper()
	s.mapping = simMapping(s.t, change...)
	s.applier = apply.New(s.applyOptions())
	s.start()
	s.rerouted()
}
