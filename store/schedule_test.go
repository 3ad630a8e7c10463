package store

import (
	"testing"
	"time"

	"ticketd/internal/ticket"
)

func states() []TicketState {
	return []TicketState{TicketWanted, TicketIntent, TicketDoubt, TicketLive, TicketClosed, TicketNone,
		TicketHeld, TicketGone, TicketIgnored}
}

func TestWakingMakesEveryTicketDueButAnIgnoredOne(t *testing.T) {
	b := newBench(t)
	for _, state := range states() {
		row := wanted(string(state))
		row.State, row.Due = state, time.Time{}
		id := b.insert(row)
		b.wake(id)
		got := b.ticket(id)
		if due := got.Due.Equal(noon); due == (state == TicketIgnored) || got.Version != 1 {
			t.Errorf("%s: due %v, version %d", state, got.Due, got.Version)
		}
	}
}

func TestWakingBringsARetryForwardButLosesNoPlaceInTheLine(t *testing.T) {
	b := newBench(t)
	later, earlier := wanted("later"), wanted("earlier")
	later.Due, earlier.Due = noon.Add(time.Hour), noon.Add(-time.Hour)
	for _, c := range []struct {
		row  Ticket
		want time.Time
	}{{later, noon}, {earlier, earlier.Due}} {
		id := b.insert(c.row)
		b.wake(id)
		if got := b.ticket(id).Due; !got.Equal(c.want) {
			t.Errorf("%s: due %v, want %v", c.row.Group, got, c.want)
		}
	}
}

func TestAWakeDuringAStepIsNotLost(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	b.now = noon.Add(time.Second)
	b.wake(id)
	if got := b.ticket(id).Due; !got.Equal(noon.Add(time.Minute)) {
		t.Fatalf("the lease ends at %v", got)
	}
	must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true}))
	if got := b.ticket(id).Due; !got.Equal(b.now) {
		t.Fatalf("due %v, want now", got)
	}
	w, _ = b.claim()
	must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true}))
	if got := b.ticket(id).Due; !got.IsZero() {
		t.Errorf("due %v, want never", got)
	}
}

func TestTicketsOfAStateAreWokenTogether(t *testing.T) {
	b := newBench(t)
	for _, state := range states() {
		row := wanted(string(state))
		row.State, row.Due = state, time.Time{}
		b.insert(row)
	}
	n, err := b.WakeTickets(b.ctx(), []TicketState{TicketHeld, TicketGone, TicketIgnored}, noon)
	must(t, err)
	all, err := b.Tickets(b.ctx(), TicketFilter{})
	must(t, err)
	due := 0
	for _, row := range all {
		if !row.Due.IsZero() {
			due++
		}
	}
	if n != 2 || due != 2 {
		t.Errorf("woke %d, %d are due", n, due)
	}
}

func TestARestartTakesLeasesBack(t *testing.T) {
	b := newBench(t)
	b.insert(wanted("g"))
	w, _ := b.claim()
	b.reopen()
	n, err := b.ReleaseLeases(b.ctx(), b.now)
	must(t, err)
	if n != 1 {
		t.Errorf("released %d", n)
	}
	wantError(t, b.Record(b.ctx(), Record{Ticket: w.Ticket}), ErrFenced)
	if again, _ := b.claim(); again.Ticket.ID != w.Ticket.ID {
		t.Error("not due at once")
	}
	if n, err = b.ReleaseLeases(b.ctx(), b.now); err != nil || n != 1 {
		t.Errorf("released %d, %v", n, err)
	}
}

func TestARestartTakesBackWhatAWrongClockPutOff(t *testing.T) {
	b := newBench(t)
	soon, far := wanted("soon"), wanted("far")
	soon.Due, far.Due = b.now.Add(24*time.Hour), b.now.Add(365*24*time.Hour)
	ids := map[int64]time.Time{b.insert(soon): soon.Due, b.insert(far): b.now}
	if n, err := b.ReleaseLeases(b.ctx(), b.now); err != nil || n != 1 {
		t.Errorf("took back %d: %v", n, err)
	}
	for id, want := range ids {
		if got := b.ticket(id); !got.Due.Equal(want) {
			t.Errorf("%s is due %v, want %v", got.Group, got.Due, want)
		}
	}
}

func TestATicketIsRedirectedOnlyWhileNothingWasSent(t *testing.T) {
	b := newBench(t)
	to := ticket.Destination{Tracker: "github", Project: "acme/app"}
	for _, c := range []struct {
		name     string
		change   func(*Ticket)
		redirect bool
	}{
		{"wanted", func(*Ticket) {}, true},
		{"none", func(r *Ticket) { r.State = TicketNone }, true},
		{"held", func(r *Ticket) { r.State = TicketHeld }, true},
		{"attempted", func(r *Ticket) { r.Attempts = 1 }, false},
		{"held with an issue", func(r *Ticket) { r.State, r.Ref.ID = TicketHeld, "1" }, false},
		{"intent", func(r *Ticket) { r.State = TicketIntent }, false},
		{"doubt", func(r *Ticket) { r.State = TicketDoubt }, false},
		{"live", func(r *Ticket) { r.State, r.Ref.ID = TicketLive, "1" }, false},
		{"ignored", func(r *Ticket) { r.State = TicketIgnored }, false},
	} {
		row := wanted(c.name)
		c.change(&row)
		id := b.insert(row)
		b.apply(func(tx *Tx) error { return tx.Redirect(b.ctx(), id, to, "other", "dtw-new "+c.name) })
		got := b.ticket(id)
		if moved := got.Destination == to && got.Rule == "other" && got.Marker == "dtw-new "+c.name; moved != c.redirect {
			t.Errorf("%s: %+v", c.name, got)
		}
		if !c.redirect && got.Marker != row.Marker {
			t.Errorf("%s: has marker %s", c.name, got.Marker)
		}
	}
}

func TestRedirectingStopsAStepThatStartedWithTheOldDestination(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	same, other := w.Ticket.Destination, w.Ticket.Destination
	other.Project = "APP"
	for _, c := range []struct {
		to   ticket.Destination
		want error
	}{{same, nil}, {other, ErrFenced}} {
		b.apply(func(tx *Tx) error { return tx.Redirect(b.ctx(), id, c.to, w.Ticket.Rule, w.Ticket.Marker) })
		intent := w.Ticket
		intent.State = TicketIntent
		if c.want == nil {
			intent.State = TicketWanted // nothing changed, so nothing stops it
		}
		wantError(t, b.Record(b.ctx(), Record{Ticket: intent}), c.want)
	}
	if got := b.ticket(id); got.State != TicketWanted || got.Destination != other || !got.Due.Equal(noon) {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestForgettingWhatWasAppliedMakesEveryIssueBeLookedAt(t *testing.T) {
	b := newBench(t)
	for _, state := range states() {
		row := wanted(string(state))
		row.State, row.Due, row.Applied.Known, row.Applied.Draft = state, time.Time{}, true, "d"
		b.insert(row)
	}
	n, err := b.ForgetApplied(b.ctx(), "jira", noon)
	must(t, err)
	if n != 3 {
		t.Errorf("%d tickets", n)
	}
	if n, err = b.ForgetApplied(b.ctx(), "github", noon); err != nil || n != 0 {
		t.Errorf("%d tickets of another tracker, %v", n, err)
	}
	all, err := b.Tickets(b.ctx(), TicketFilter{})
	must(t, err)
	for _, row := range all {
		forgotten := row.State == TicketLive || row.State == TicketClosed || row.State == TicketNone
		if row.Applied.Known == forgotten || row.Due.Equal(noon) != forgotten || row.Applied.Draft != "d" {
			t.Errorf("%s: known %v, due %v", row.State, row.Applied.Known, row.Due)
		}
	}
}
