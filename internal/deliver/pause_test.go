package deliver_test

import (
	"testing"
	"time"

	"ticketd/internal/ticket"
	"ticketd/store"
)

func TestWhatAFailurePauses(t *testing.T) {
	for name, c := range map[string]struct {
		err     *ticket.Error
		project string // of the pause; "none" for no pause
		kind    string
		least   time.Duration // before the tracker is called again
		most    time.Duration
	}{
		"a throttle":                 {&ticket.Error{Decision: ticket.Pause, After: 10 * time.Minute}, "", "throttled", 10 * time.Minute, 11 * time.Minute},
		"a throttle without a time":  {&ticket.Error{Decision: ticket.Pause}, "", "throttled", time.Minute, 66 * time.Second},
		"an outage that says when":   {&ticket.Error{Decision: ticket.Doubt, After: 5 * time.Minute}, "", "throttled", 5 * time.Minute, 6 * time.Minute},
		"a refused credential":       {&ticket.Error{Decision: ticket.HoldTracker}, "", "credential", 5 * time.Minute, 5 * time.Minute},
		"a refused project":          {&ticket.Error{Decision: ticket.HoldDestination}, "SIM", "refused", 5 * time.Minute, 5 * time.Minute},
		"a broken connection":        {&ticket.Error{Decision: ticket.Retry}, "none", "", 2 * time.Second, 5 * time.Second},
		"a ticket that is not taken": {&ticket.Error{Decision: ticket.HoldTicket}, "none", "", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.open("b", 1000)
			failed := time.Time{}
			s.tracker.fail = func(op string, _ ticket.Ref) error {
				switch {
				case failed.IsZero() && op == "create":
					failed = s.clock
					return c.err
				case failed.IsZero():
					return nil
				case s.clock.Sub(failed) < c.least:
					t.Errorf("%s was called %v after the failure, want at least %v", op, s.clock.Sub(failed), c.least)
				}
				s.tracker.fail = nil
				if after := s.clock.Sub(failed); after > c.most+10*time.Second { // and a step takes a moment
					t.Errorf("%s was called no sooner than %v after the failure, want %v", op, after, c.most)
				}
				return nil
			}
			for failed.IsZero() {
				s.step()
			}
			pause := s.pause()
			if c.project == "none" {
				if pause.PauseKind != "" {
					t.Errorf("it pauses %+v", pause)
				}
			} else if pause.Project != c.project || pause.PauseKind != c.kind {
				t.Errorf("it pauses %q (%s), want %q (%s)", pause.Project, pause.PauseKind, c.project, c.kind)
			}
			s.pass(time.Hour)
			if pause := s.pause(); pause.PauseKind != "" {
				t.Errorf("still paused after all went well: %+v", pause)
			}
		})
	}
}

// pause gives the scope that is paused, the zero one when none is.
func (s *sim) pause() store.Scope {
	s.t.Helper()
	scopes, err := s.store.Scopes(s.t.Context(), "sim")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, scope := range scopes {
		if scope.PauseKind != "" {
			return scope
		}
	}
	return store.Scope{}
}

func TestAPauseOutlivesTheProcess(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		if op == "create" {
			return &ticket.Error{Decision: ticket.Pause, After: 30 * time.Minute}
		}
		return nil
	}
	s.pass(time.Minute)
	s.start()
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		t.Errorf("%s was called although the tracker asked for a pause", op)
		return nil
	}
	s.pass(25 * time.Minute)
	s.tracker.fail = nil
	s.pass(10 * time.Minute)
	if len(s.tracker.issues) != 1 {
		t.Error("the ticket was not made after the pause")
	}
}

func TestAClockThatWasSetBackProlongsNoPause(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.refuse("create", "", ticket.Pause)
	s.clock = s.clock.Add(10 * 365 * 24 * time.Hour)
	for s.pause().PauseKind == "" {
		s.step()
	}
	s.clock = s.clock.Add(-10 * 365 * 24 * time.Hour)
	s.start() // what a process keeps in memory goes by the monotonic clock
	s.tracker.fail = nil
	s.open("b", 1000)
	s.pass(3 * time.Hour)
	if state := s.row("b").State; state != store.TicketLive {
		t.Errorf("the ticket is %s, want live", state)
	}
}

func TestACredentialThatIsReplacedEndsThePauseOfTheRefusedOneAndNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		decision ticket.Decision
		most     time.Duration // before the tracker is called again once the credential is another
	}{
		"refused":   {ticket.HoldTracker, 15 * time.Second},
		"throttled": {ticket.Pause, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := calm(t)
			s.credential[0] = 1
			s.start()
			s.open("a", 1000)
			failed, after := time.Time{}, time.Duration(0)
			s.tracker.fail = func(op string, _ ticket.Ref) error {
				switch {
				case op == "create" && failed.IsZero():
					failed = s.clock
					return &ticket.Error{Decision: c.decision, After: 4 * time.Minute}
				case !failed.IsZero() && after == 0:
					after = s.clock.Sub(failed)
				}
				return nil
			}
			s.pass(time.Minute)
			if failed.IsZero() || after != 0 {
				t.Fatalf("it failed at %v and was called again after %v", failed, after)
			}
			s.credential[0] = 2
			s.pass(10 * time.Minute)
			if after == 0 || after > time.Minute+c.most || c.decision == ticket.Pause && after < 4*time.Minute {
				t.Errorf("called again after %v", after)
			}
			if len(s.tracker.issues) != 1 {
				t.Errorf("%d issues", len(s.tracker.issues))
			}
		})
	}
}
