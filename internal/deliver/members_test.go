package deliver_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

func byParent(r *mapping.Rule) { r.GroupBy = mapping.Names{"parent"} }

// groupOf gives the one issue of the group that a finding is in.
func (s *sim) groupOf(id string) *simIssue {
	s.t.Helper()
	all := s.issuesOf(s.group(id))
	if len(all) != 1 {
		s.t.Fatalf("%d issues of the group of %s, want one", len(all), id)
	}
	return all[0]
}

func TestManyMembersThatComeAtOnceMakeFewComments(t *testing.T) {
	s := calm(t, byParent)
	s.open("first", 1000)
	s.pass(time.Minute)
	for n := range 100 {
		s.open(fmt.Sprint("m", n), 1001+int64(n))
		s.pass(7 * time.Second)
	}
	s.pass(time.Hour)
	issue := s.groupOf("first")
	if n := len(issue.comments); n == 0 || n > 3 {
		t.Errorf("100 members in twelve minutes made %d comments, want at most 3", n)
	}
	if told := s.ticketOf(s.group("first")).Applied.Told; len(told) != 101 {
		t.Errorf("the issue tells of %d members, want all 101", len(told))
	}
}

func TestAChangeOfAMemberIsToldOnceItIsAMinuteOld(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	issue := s.groupOf("a")
	s.fix("a", 1002)
	s.pass(59 * time.Second)
	if n := len(issue.comments); n != 0 {
		t.Errorf("%d comments after 59 seconds", n)
	}
	s.pass(5 * time.Second)
	if n := len(issue.comments); n != 1 {
		t.Errorf("%d comments after a minute, want one", n)
	}
	s.atMost(0, 24*time.Hour)
}

func TestAMemberThatClosedAndOpenedAgainMeanwhileIsNotToldOf(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	s.fix("a", 1002)
	s.pass(30 * time.Second)
	s.open("a", 1003)
	s.pass(time.Hour)
	if n := len(s.groupOf("a").comments); n != 0 {
		t.Errorf("%d comments, want none", n)
	}
}

func TestAGroupClosesWithItsLastMemberAndOpensWithAnyAgain(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	issue := s.groupOf("a")
	s.fix("a", 1002)
	s.pass(time.Hour)
	if !issue.open {
		t.Error("the issue was closed while a member is open")
	}
	s.post(statusBody("b", "parent", "RISK_ACCEPTED", 1003))
	s.pass(time.Hour)
	if issue.open {
		t.Error("the issue is open, and all members are closed")
	}
	if row := s.ticketOf(s.group("a")); row.Applied.Disposition != finding.RiskAccepted {
		t.Errorf("closed as %s, want as the last member", row.Applied.Disposition)
	}
	s.open("a", 1004)
	s.pass(time.Hour)
	if !issue.open || len(s.tracker.issues) != 1 {
		t.Errorf("open=%v, %d issues; a member opened again", issue.open, len(s.tracker.issues))
	}
}

func TestANewMemberReopensAGroupThatAPersonClosed(t *testing.T) {
	for name, at := range map[string]int64{"opened after the others": 2000, "opened before, but told of after": 900} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, byParent)
			s.open("a", 1000)
			s.pass(time.Minute)
			issue := s.groupOf("a")
			issue.open = false
			s.open("b", at)
			s.pass(time.Hour)
			if !issue.open {
				t.Errorf("the issue is closed: %+v", s.ticketOf(s.group("a")))
			}
			s.atMost(0, 24*time.Hour)
		})
	}
}

func TestWhatClosesBehindAPersonsClosingIsAnOpeningAgainLater(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.pass(time.Minute)
	issue := s.groupOf("a")
	issue.open = false
	s.open("b", 1100)
	s.refuse("open", "", ticket.Retry)
	s.pass(5 * time.Minute) // seen to be closed by a person
	s.tracker.fail = nil
	s.pass(time.Hour)
	issue.open = false
	s.wake("a")
	s.open("c", 1200)
	s.fix("b", 1201)
	s.pass(time.Hour)
	if !issue.open {
		t.Error("c opened after the person closed the issue")
	}
}

func TestTheListIsBroughtUpToDateBeforeAGroupCloses(t *testing.T) {
	for name, refusal := range map[string]ticket.Decision{"taken": 0, "refused": ticket.HoldTicket, "forbidden": ticket.HoldDestination} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, byParent)
			s.open("a", 1000)
			s.open("b", 1001)
			s.pass(time.Minute)
			var calls []string
			s.tracker.fail = func(op string, _ ticket.Ref) error {
				calls = append(calls, op)
				if op == "update" && refusal != 0 {
					return simError(refusal)
				}
				return nil
			}
			s.fix("a", 1002)
			s.fix("b", 1003)
			s.pass(time.Minute)
			if want := []string{"comment", "update", "close"}; !slices.Equal(calls, want) {
				t.Errorf("%v, want %v", calls, want)
			}
			row := s.ticketOf(s.group("a"))
			if row.State != store.TicketClosed || row.Reason != "" {
				t.Errorf("the ticket is %s: %s", row.State, row.Reason)
			}
			s.atMost(0, 24*time.Hour)
		})
	}
}

func TestAClosingOfAGroupWhoseAnswerWasLostIsNotTakenForAPersons(t *testing.T) {
	s := calm(t, byParent, func(r *mapping.Rule) { r.OnRegression = "nothing" })
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	issue, away := s.groupOf("a"), false
	s.tracker.fail = func(op string, _ ticket.Ref) error {
		if op == "close" && issue.open {
			issue.open, away = false, true
		}
		if away {
			return simError(ticket.Doubt)
		}
		return nil
	}
	s.fix("a", 1002)
	s.fix("b", 1003)
	s.pass(time.Minute)
	away = false
	s.post(statusBody("a", "parent", "RISK_ACCEPTED", 1004)) // the list is not as written any more
	s.pass(time.Hour)
	if row := s.ticketOf(s.group("a")); row.State != store.TicketClosed || row.Applied.ByPerson {
		t.Errorf("the ticket is %s, closed by a person: %v", row.State, row.Applied.ByPerson)
	}
	s.open("a", 1005)
	s.pass(time.Hour)
	if !issue.open {
		t.Error("the issue that we closed is not reopened")
	}
}

func TestACommentOnMembersThatWasCutOffIsRepeatedAsItWas(t *testing.T) {
	for name, lost := range map[string]bool{"before it was sent": true, "after it was posted": false} {
		t.Run(name, func(t *testing.T) {
			s := calm(t, byParent)
			s.open("a", 1000)
			s.open("b", 1001)
			s.pass(time.Minute)
			issue := s.groupOf("a")
			s.fix("a", 1002)
			cut := false
			s.tracker.fail = func(op string, _ ticket.Ref) error {
				if op != "comment" || cut {
					return nil
				}
				cut = true
				if !lost {
					row := s.ticketOf(s.group("a"))
					issue.comments["there"] = ticket.Posted{ID: "there", Marker: mapping.CommentMarker(row.Marker, row.Applied.TellingOp)}
				}
				runtime.Goexit()
				return nil
			}
			s.pass(2 * time.Minute)
			s.post(statusBody("c", "parent", "CREATED", 1003)) // while the comment is in doubt
			s.pass(time.Hour)
			all := make(map[string]bool)
			for _, c := range issue.comments {
				all[c.Marker] = true
			}
			if !cut || len(issue.comments) != 2 || len(all) != 2 {
				t.Errorf("%d comments of %d markers, want one for a and one for c: %q", len(issue.comments), len(all), issue.said)
			}
		})
	}
}

func TestAMemberThatComesToTheSameDispositionTwiceIsToldOfTwice(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	for n := range int64(3) {
		s.fix("a", 1002+2*n)
		s.pass(20 * time.Minute)
		s.open("a", 1003+2*n)
		s.pass(20 * time.Minute)
	}
	if n := len(s.groupOf("a").comments); n != 6 {
		t.Errorf("%d comments, want one for each of six changes", n)
	}
}

func TestAFollowingIssueTakesAllMembersAlong(t *testing.T) {
	s := calm(t, byParent, func(r *mapping.Rule) { r.OnRegression = "new" })
	s.open("a", 1000)
	s.open("b", 1001)
	s.pass(time.Minute)
	s.groupOf("a").open = false
	s.open("c", 1002)
	s.pass(time.Hour)
	row := s.ticketOf(s.group("a"))
	members, err := s.store.FindingsOfTicket(t.Context(), row.ID)
	if err != nil || len(members) != 3 || row.Generation != 2 || row.State != store.TicketLive {
		t.Errorf("generation %d is %s with %d members: %v", row.Generation, row.State, len(members), err)
	}
	s.atMost(0, 24*time.Hour)
}

func TestAGroupWhoseStoreWasLostIsAdopted(t *testing.T) {
	s := calm(t, byParent)
	s.open("a", 1000)
	s.pass(time.Minute)
	marker := s.ticketOf(s.group("a")).Marker
	fresh := calm(t, byParent)
	fresh.issue(marker, true, fresh.clock.Add(-time.Hour))
	fresh.open("a", 1000)
	fresh.open("b", 1001)
	fresh.pass(time.Hour)
	if n := len(fresh.tracker.issues); n != 1 {
		t.Fatalf("%d issues, want the one that was there", n)
	}
	row := fresh.ticketOf(fresh.group("a"))
	if row.State != store.TicketLive || len(row.Applied.Told) != 2 {
		t.Errorf("the ticket is %s and tells of %v", row.State, row.Applied.Told)
	}
	fresh.atMost(3, 48*time.Hour) // its audits
}

func TestNotesGoToEveryTicketThatHoldsATargetOfTheirFinding(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.GroupBy = mapping.Names{"platform"} })
	for id, platform := range map[string]string{"a": "IOS", "b": "IOS", "c": "ANDROID", "d": ""} {
		s.post(platformBody(id, platform, 1000))
	}
	s.post(noteBody("n", "parent", "CREATED", 1001))
	s.pass(time.Hour)
	if n := len(s.tracker.issues); n != 3 {
		t.Fatalf("%d issues, want two groups and one by itself", n)
	}
	for _, i := range s.tracker.issues {
		if len(i.comments) != 1 || !strings.Contains(i.said[0], "a note") {
			t.Errorf("%s: %q, want the note once", i.ref.Key, i.said)
		}
	}
	s.post(noteBody("n", "parent", "DELETED", 1002))
	s.pass(time.Hour)
	for _, i := range s.tracker.issues {
		if len(i.comments) != 0 {
			t.Errorf("%s has the deleted note still", i.ref.Key)
		}
	}
}

func TestNotesOfOneNumberOnSeveralFindingsOfAGroupAreAllThere(t *testing.T) {
	s := calm(t, func(r *mapping.Rule) { r.GroupBy = mapping.Names{"product"} })
	s.post(statusBody("a", "p1", "CREATED", 1000))
	s.post(statusBody("b", "p2", "CREATED", 1001))
	s.post(noteBody("1", "p1", "CREATED", 1002))
	s.post(noteBody("1", "p2", "CREATED", 1003))
	s.pass(time.Hour)
	if n := len(s.groupOf("a").comments); n != 2 {
		t.Errorf("%d notes, want both", n)
	}
}

func platformBody(uuid, platform string, at int64) string {
	body := statusBody(uuid, "parent", "CREATED", at)
	if platform == "" {
		return body
	}
	return strings.Replace(body, `"data":{`, fmt.Sprintf(`"data":{"platform":%q,`, platform), 1)
}
