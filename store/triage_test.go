package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

func TestRetryingGoesBackToWhatTheRowImplies(t *testing.T) {
	b := newBench(t)
	issue := ticket.Ref{ID: "1", Key: "SEC-1"}
	for i, c := range []struct {
		state    TicketState
		ref      ticket.Ref
		attempts int
		want     TicketState
	}{
		{TicketHeld, ticket.Ref{}, 0, TicketWanted},
		{TicketHeld, ticket.Ref{}, 1, TicketDoubt},
		{TicketHeld, issue, 1, TicketLive},
		{TicketIgnored, ticket.Ref{}, 0, TicketWanted},
		{TicketIgnored, ticket.Ref{}, 2, TicketDoubt},
		{TicketIgnored, issue, 1, TicketLive},
		{TicketGone, issue, 1, TicketLive},
		{TicketClosed, issue, 1, TicketClosed},
		{TicketLive, issue, 1, TicketLive},
		{TicketDoubt, ticket.Ref{}, 1, TicketDoubt},
		{TicketWanted, ticket.Ref{}, 0, TicketWanted},
	} {
		row := wanted(fmt.Sprint("g", i))
		row.State, row.Ref, row.Attempts, row.Failures, row.Due = c.state, c.ref, c.attempts, 5, time.Time{}
		row.Applied.Known = true
		id := b.insert(row)
		must(t, b.RetryTicket(b.ctx(), id, noon))
		got := b.ticket(id)
		if got.State != c.want || got.Failures != 0 || !got.Due.Equal(noon) {
			t.Errorf("%s with %d attempts and issue %q: %s, failures %d, due %v",
				c.state, c.attempts, c.ref.ID, got.State, got.Failures, got.Due)
		}
		if got.Applied.Known != c.ref.IsZero() {
			t.Errorf("%s with issue %q: known %v", c.state, c.ref.ID, got.Applied.Known)
		}
	}
}

func TestRetryingLeavesAStepUnderWayAlone(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	must(t, b.RetryTicket(b.ctx(), id, noon))
	intent := w.Ticket
	intent.State = TicketIntent
	must(t, b.Record(b.ctx(), Record{Ticket: intent, Done: true, Due: noon.Add(time.Hour)}))
	if got := b.ticket(id).Due; !got.Equal(noon) {
		t.Errorf("due %v, want at once", got)
	}
}

func TestIgnoringStopsAStepAndOutlastsEveryWake(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	must(t, b.IgnoreTicket(b.ctx(), id, "not ours"))
	wantError(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Due: noon}), ErrFenced)
	b.wake(id)
	if got := b.ticket(id); got.State != TicketIgnored || got.Reason != "not ours" || !got.Due.IsZero() {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestTriageOfATicketThatIsNotThereSaysSo(t *testing.T) {
	b := newBench(t)
	wantError(t, b.RetryTicket(b.ctx(), 1, noon), ErrNotFound)
	wantError(t, b.IgnoreTicket(b.ctx(), 1, ""), ErrNotFound)
	_, err := b.Ticket(b.ctx(), 1)
	wantError(t, err, ErrNotFound)
}

func TestATicketIsFoundByWhatAPersonHasAtHand(t *testing.T) {
	b := newBench(t)
	var ids []int64
	for generation := range 2 {
		row := wanted("violation/v")
		row.Generation, row.Marker = generation+1, fmt.Sprint("dtw-", generation)
		row.Ref = ticket.Ref{ID: fmt.Sprint(100 + generation), Key: fmt.Sprint("SEC-", generation)}
		ids = append(ids, b.insert(row))
	}
	b.save(violation("v", ids[1]))
	for word, want := range map[string]int64{
		"1": ids[0], "SEC-0": ids[0], "SEC-1": ids[1], "dtw-0": ids[0], "violation/v": ids[1], "v": ids[1],
		"": 0, "99": 0, "SEC-2": 0, "%": 0,
	} {
		got, err := b.FindTicket(b.ctx(), word)
		if got.ID != want || (want == 0) != errors.Is(err, ErrNotFound) {
			t.Errorf("%q: ticket %d, %v; want %d", word, got.ID, err, want)
		}
	}
}

func TestTicketsAreListedByStateAndPlaceNewestFirst(t *testing.T) {
	b := newBench(t)
	for i, state := range []TicketState{TicketLive, TicketHeld, TicketLive} {
		row := wanted(fmt.Sprint(i))
		row.State, row.Destination.Project = state, fmt.Sprint("P", i)
		b.insert(row)
	}
	for _, c := range []struct {
		filter TicketFilter
		want   string
	}{
		{TicketFilter{}, "210"},
		{TicketFilter{Limit: 1}, "2"},
		{TicketFilter{States: []TicketState{TicketLive}}, "20"},
		{TicketFilter{Tracker: "jira", Project: "P1"}, "1"},
		{TicketFilter{Tracker: "github"}, ""},
	} {
		all, err := b.Tickets(b.ctx(), c.filter)
		must(t, err)
		got := ""
		for _, row := range all {
			got += row.Group
		}
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.filter, got, c.want)
		}
	}
}

func TestCountsAddUp(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	b.accept("2")
	b.insert(wanted("g"))
	lost := violation("lost", 0)
	lost.Rule = ""
	b.save(lost)
	c, err := b.Counts(b.ctx())
	must(t, err)
	want := Counts{Events: map[EventState]int{EventNew: 2}, Tickets: map[TicketState]int{TicketWanted: 1}, Unrouted: 1}
	if fmt.Sprint(c) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", c, want)
	}
}

func TestScopesSightingsAndSettingsAreKept(t *testing.T) {
	b := newBench(t)
	scope := Scope{Tracker: "jira", Project: "SEC", PausedUntil: noon, PauseReason: "r", PauseKind: "throttled",
		Pauses: 2, AuditedAt: noon, Slowed: 1.5}
	must(t, b.SaveScope(b.ctx(), scope))
	scope.Pauses = 3
	must(t, b.SaveScope(b.ctx(), scope))
	must(t, b.SaveScope(b.ctx(), Scope{Tracker: "jira", Slowed: 1}))
	must(t, b.SaveScope(b.ctx(), Scope{Tracker: "github"}))
	young := Sighting{Tracker: "jira", Marker: "m", Ref: ticket.Ref{ID: "1", Key: "SEC-1"}, Open: true, Created: noon}
	old := young
	old.Ref.ID, old.Created = "2", noon.Add(-time.Hour)
	must(t, b.Sight(b.ctx(), []Sighting{young, old, young}))
	must(t, b.SetSetting(b.ctx(), "k", "1"))
	must(t, b.SetSetting(b.ctx(), "k", "2"))
	b.reopen()

	scopes, err := b.Scopes(b.ctx(), "jira")
	must(t, err)
	if len(scopes) != 2 || scopes[0] != (Scope{Tracker: "jira", Slowed: 1}) || scopes[1] != scope {
		t.Errorf("scopes: %+v", scopes)
	}
	if got, err := b.Sighted(b.ctx(), "jira", "m"); err != nil || got != old {
		t.Errorf("sighted: %+v, %v", got, err)
	}
	_, err = b.Sighted(b.ctx(), "github", "m")
	wantError(t, err, ErrNotFound)
	for key, want := range map[string]string{"k": "2", "other": ""} {
		if got, err := b.Setting(b.ctx(), key); err != nil || got != want {
			t.Errorf("setting %s: %q, %v", key, got, err)
		}
	}
}

func TestATicketIsFoundByItsMarker(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	if got, err := b.TicketByMarker(b.ctx(), "dtw-g"); err != nil || got.ID != id {
		t.Errorf("ticket %d, %v", got.ID, err)
	}
	_, err := b.TicketByMarker(b.ctx(), "dtw-x")
	wantError(t, err, ErrNotFound)
}
