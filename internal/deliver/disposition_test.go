package deliver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

func outcome(d string, o mapping.Outcome) func(*mapping.Rule) {
	return func(r *mapping.Rule) { r.On = map[string]mapping.Outcome{d: o} }
}

// calls notes every call of a tracker from now on.
func (s *sim) calls() *[]string {
	var calls []string
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		calls = append(calls, op)
		return nil
	}
	return &calls
}

func TestADispositionThatIsOnlyCommentedLeavesTheStateAlone(t *testing.T) {
	s := calm(t, outcome("fixed", mapping.Outcome{CommentOnly: true}))
	s.open("a", 1000)
	s.pass(time.Minute)
	issue := s.tracker.issues[0]
	s.fix("a", 1001)
	s.atMost(1, time.Hour)
	if row := s.row("a"); !issue.open || row.State != store.TicketLive || row.Applied.Disposition != finding.Fixed || len(issue.said) != 1 {
		t.Errorf("open=%v, the ticket is %s and counts as %s, said: %q", issue.open, row.State, row.Applied.Disposition, issue.said)
	}
	s.open("a", 1002)
	s.pass(time.Hour)
	if len(issue.said) != 2 || !strings.Contains(issue.said[1], "open again") || s.row("a").Applied.Disposition != finding.Open {
		t.Errorf("said %q; it counts as %s", issue.said, s.row("a").Applied.Disposition)
	}
	s.post(statusBody("a", "parent", "RISK_ACCEPTED", 1003))
	s.pass(time.Hour)
	if issue.open || len(issue.said) != 3 {
		t.Errorf("open=%v after a disposition that closes, said: %q", issue.open, issue.said)
	}
	s.atMost(0, 24*time.Hour)
}

func TestAReopeningThatIsOnlyCommentedLeavesTheIssueClosed(t *testing.T) {
	for name, byPerson := range map[string]bool{"closed by us": false, "closed by a person": true} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, outcome("open", mapping.Outcome{CommentOnly: true}))
			s.open("a", 1000)
			s.pass(time.Minute)
			issue := s.tracker.issues[0]
			if byPerson {
				issue.open = false
			} else {
				s.fix("a", 1001)
				s.pass(time.Minute)
			}
			before := len(issue.said)
			s.open("a", 1002)
			s.pass(time.Hour)
			if issue.open || len(issue.said) != before+1 {
				t.Errorf("open=%v, said %q", issue.open, issue.said)
			}
			s.atMost(0, 24*time.Hour)
		})
	}
}

func TestAnIssueThatAPersonClosedGetsACommentAloneUnlessTheRuleSaysMore(t *testing.T) {
	yes := true
	for name, c := range map[string]struct {
		rule   func(*mapping.Rule)
		labels []string
	}{
		"a comment alone":        {func(*mapping.Rule) {}, nil},
		"the disposition's, too": {func(r *mapping.Rule) { r.ClosePersonClosed = &yes }, []string{"done"}},
	} {
		for seen, look := range map[string]bool{"known": true, "not known yet": false} {
			t.Run(name+", "+seen, func(t *testing.T) {
				s := calm(t, outcome("fixed", mapping.Outcome{Labels: []string{"done"}}), c.rule,
					func(r *mapping.Rule) { r.OnRegression = "nothing" })
				s.open("a", 1000)
				s.pass(time.Minute)
				issue := s.tracker.issues[0]
				issue.open = false
				if look {
					s.open("a", 1001)
					s.pass(time.Minute)
				}
				s.fix("a", 1002)
				s.pass(time.Hour)
				if !slices.Equal(issue.labels, c.labels) || len(issue.said) != 1 || s.row("a").State != store.TicketClosed {
					t.Errorf("labels %q, said %q, the ticket is %s; want labels %q", issue.labels, issue.said, s.row("a").State, c.labels)
				}
				s.atMost(0, 24*time.Hour)
			})
		}
	}
}

func TestWhatTheWorkflowRefusesIsLabelledUntilTheStateIsReached(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.RefusedLabel = "stuck" })
	s.open("a", 1000)
	s.pass(time.Minute)
	s.refuse("close", "", ticket.Refused)
	s.fix("a", 1001)
	s.pass(time.Hour)
	issue := s.tracker.issues[0]
	if row := s.row("a"); row.State != store.TicketHeld || row.Reason == "" || !slices.Equal(issue.labels, []string{"stuck"}) || len(issue.said) != 2 {
		t.Fatalf("the ticket is %s (%q), labels %q, said %q", row.State, row.Reason, issue.labels, issue.said)
	}
	s.atMost(0, 24*time.Hour)
	s.tracker.fail = nil
	if err := s.store.RetryTicket(t.Context(), s.row("a").ID, s.clock); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Hour)
	if issue.open || len(issue.labels) != 0 || len(issue.said) != 2 {
		t.Errorf("open=%v, labels %q, said %q", issue.open, issue.labels, issue.said)
	}
}

func TestTheLabelOfARefusalGoesWhenTheFindingOpensAgain(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.refuse("close", "", ticket.Refused)
	s.fix("a", 1001)
	s.pass(time.Hour)
	s.open("a", 1002)
	s.pass(time.Hour)
	if row := s.row("a"); row.State != store.TicketLive || len(s.tracker.issues[0].labels) != 0 {
		t.Errorf("the ticket is %s with labels %q", row.State, s.tracker.issues[0].labels)
	}
}

func TestAClosingThatWasRefusedIsTriedAgainAfterAMemberWasOpenMeanwhile(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.pass(time.Minute)
	s.refuse("close", "", ticket.Refused)
	s.fix("a", 1010)
	s.pass(time.Hour)
	s.open("b", 1001) // told of late: a is still the one that closed last when it closes
	s.pass(time.Hour)
	s.fix("b", 1002)
	s.pass(time.Hour)
	if row := s.ticketOf(s.group("a")); row.State != store.TicketHeld || row.Reason == "" || len(s.groupOf("a").labels) != 1 {
		t.Errorf("the ticket is %s (%q), labels %q; want it held again", row.State, row.Reason, s.groupOf("a").labels)
	}
	s.atMost(0, 24*time.Hour)
}

func TestALabelWhoseAnswerWasLostComesOffAllTheSame(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	issue, lost := s.tracker.issues[0], false
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		switch {
		case op == "close":
			return simError(ticket.Refused)
		case op == "relabel" && !lost:
			lost, issue.labels = true, []string{mapping.DefaultRefusedLabel}
			s.open("a", 1002) // before the next try
			return simError(ticket.Doubt)
		}
		return nil
	}
	s.fix("a", 1001)
	s.pass(time.Hour)
	if row := s.row("a"); !lost || row.State != store.TicketLive || len(issue.labels) != 0 {
		t.Errorf("lost=%v, the ticket is %s with labels %q", lost, row.State, issue.labels)
	}
	s.atMost(0, 24*time.Hour)
}

func TestALabelThatIsRefusedIsTriedOnceAndHoldsUpNothing(t *testing.T) {
	for _, d := range []ticket.Decision{ticket.HoldTicket, ticket.HoldDestination, ticket.Refused} {
		t.Run(d.String(), func(t *testing.T) {
			s := calm(t)
			s.open("a", 1000)
			s.pass(time.Minute)
			tries := 0
			s.tracker.fail = func(op string, _ ticket.Ref) error {
				switch op {
				case "close":
					return simError(ticket.Refused)
				case "relabel":
					tries++
					return simError(d)
				}
				return nil
			}
			s.fix("a", 1001)
			s.pass(time.Hour)
			s.wake("a")
			s.open("b", 1002)
			s.pass(24 * time.Hour)
			if row := s.row("a"); tries != 1 || row.State != store.TicketHeld || s.row("b").State != store.TicketLive {
				t.Errorf("%d tries; a is %s (%q), b is %s", tries, row.State, row.Reason, s.row("b").State)
			}
		})
	}
}

func TestALabelInDoubtIsPutOnAgain(t *testing.T) {
	s := calm(t)
	s.open("a", 1000)
	s.pass(time.Minute)
	doubts := 0
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		switch {
		case op == "close":
			return simError(ticket.Refused)
		case op == "relabel" && doubts < 2:
			doubts++
			return simError(ticket.Doubt)
		}
		return nil
	}
	s.fix("a", 1001)
	s.pass(time.Hour)
	if row := s.row("a"); !slices.Equal(s.tracker.issues[0].labels, []string{mapping.DefaultRefusedLabel}) || row.State != store.TicketHeld || !strings.Contains(row.Reason, "sim") {
		t.Errorf("labels %q, the ticket is %s (%q)", s.tracker.issues[0].labels, row.State, row.Reason)
	}
}

func TestAClosingThatCannotBeRenderedHoldsTheTicketWithTheReason(t *testing.T) {
	s := calm(t, outcome("fixed", mapping.Outcome{Fields: map[string]any{
		"Effort": map[string]any{"number": "{{ .Title }}"},
	}}))
	s.post(strings.Replace(statusBody("a", "parent", "CREATED", 1000), `"data":{`, `"data":{"title":"not a number",`, 1))
	s.pass(time.Minute)
	calls := s.calls()
	s.fix("a", 1001)
	s.pass(time.Hour)
	row := s.row("a")
	if row.State != store.TicketHeld || !strings.Contains(row.Reason, "Effort") || row.Hint == "" || slices.Contains(*calls, "close") {
		t.Errorf("the ticket is %s: %q, %q; calls %v", row.State, row.Reason, row.Hint, *calls)
	}
}
