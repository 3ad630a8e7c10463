package store

import (
	"fmt"
	"testing"
	"time"

	"ticketd/internal/finding"
)

// waiting adds a ticket that waits for its turn, with one finding.
func (b *bench) waiting(group string) int64 {
	b.t.Helper()
	row := wanted(group)
	row.Turn, row.Due = TurnWaits, time.Time{}
	id := b.insert(row)
	b.save(violation(group, id))
	return id
}

// digestRow is the digest of the line that wanted tickets are in, due a minute from noon.
func digestRow() Ticket {
	row := wanted("digest/jira/SEC/all")
	row.Digest, row.Due = true, noon.Add(time.Minute)
	return row
}

func line() Line { return Line{Destination: wanted("").Destination, Rule: "all"} }

func TestALineCountsWhoWaitsAndWhatWasMadeInTheWindow(t *testing.T) {
	b := newBench(t)
	first := b.waiting("a")
	second := b.waiting("b")
	for i, ago := range []time.Duration{-2 * time.Hour, -time.Minute, 0, 30 * time.Minute, time.Hour - time.Millisecond, time.Hour, 5 * time.Hour} {
		row := wanted(fmt.Sprint("made", i))
		row.State, row.Made = TicketLive, noon.Add(-ago)
		b.insert(row)
	}
	released := wanted("released")
	released.Turn, released.Made = TurnReleased, noon // counted once
	b.insert(released)
	digest := digestRow()
	digest.Made = noon
	b.insert(digest)
	elsewhere := wanted("elsewhere")
	elsewhere.Rule, elsewhere.Made = "another", noon
	b.insert(elsewhere)

	want := Line{Destination: wanted("").Destination, Rule: "all", Waiting: true, Released: 1, Made: 4, First: noon.Add(-time.Hour + time.Millisecond)}
	lines, err := b.Lines(b.ctx(), "jira", noon, time.Hour)
	must(t, err)
	if len(lines) != 1 || lines[0] != want {
		t.Errorf("lines: %+v, want %+v", lines, want)
	}
	for range 2 { // the first is not the only one
		if got, err := b.LineOf(b.ctx(), b.ticket(first), noon, time.Hour); err != nil || got != want {
			t.Errorf("without the first: %+v, %v; want %+v", got, err, want)
		}
		must(t, b.IgnoreTicket(b.ctx(), second, "no"))
		want.Waiting = false
	}
	if lines, err = b.Lines(b.ctx(), "github", noon, time.Hour); err != nil || len(lines) != 0 {
		t.Errorf("of another tracker: %+v, %v", lines, err)
	}
}

func TestThoseWhoWaitLongestHaveTheirTurnFirst(t *testing.T) {
	b := newBench(t)
	ids := []int64{b.waiting("a"), b.waiting("b"), b.waiting("c")}
	digest := b.insert(digestRow())
	n, err := b.Release(b.ctx(), line(), 2, noon, digestRow())
	must(t, err)
	if n != 2 {
		t.Errorf("released %d", n)
	}
	for i, id := range ids {
		row, want := b.ticket(id), TurnReleased
		if i == 2 {
			want = TurnWaits
		}
		if row.Turn != want || row.Due.IsZero() == (want == TurnReleased) {
			t.Errorf("%s: turn %q, due %v", row.Group, row.Turn, row.Due)
		}
	}
	if row := b.ticket(digest); row.Version != 1 || !row.Due.Equal(noon.Add(time.Minute)) {
		t.Errorf("the digest was not told: version %d, due %v", row.Version, row.Due)
	}
	if n, err := b.Release(b.ctx(), Line{Rule: "nobody's"}, 2, noon, digestRow()); n != 0 || err != nil {
		t.Errorf("released %d of nobody's, %v", n, err)
	}
}

func TestAStepThatMakesATicketWaitAddsTheDigestOrWakesTheNewestOne(t *testing.T) {
	b := newBench(t)
	for i, group := range []string{"a", "b"} {
		b.insert(wanted(group))
		w, _ := b.claim()
		w.Ticket.Turn = TurnWaits
		digest := digestRow()
		must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Digest: &digest}))
		got, err := b.FindTicket(b.ctx(), digest.Group)
		must(t, err)
		if !got.Digest || got.Generation != 1 || got.Version != int64(i) || !got.Due.Equal(digest.Due) {
			t.Errorf("after %s: %+v", group, got)
		}
	}
}

func TestADigestComesWithWhatItLists(t *testing.T) {
	b := newBench(t)
	row := digestRow()
	row.Due = noon
	digest := b.insert(row)
	grouped := b.waiting("a")
	open, closed := violation("a2", grouped), violation("a3", grouped)
	closed.Disposition = finding.Fixed
	b.save(open)
	b.save(closed)
	wantedAnyway := violation("b", b.waiting("b")) // nothing of it is open: ticket_closed
	wantedAnyway.Disposition = finding.Fixed
	b.save(wantedAnyway)
	b.save(violation("c", b.insert(func() Ticket { r := wanted("c"); r.Due = time.Time{}; return r }())))
	w, _ := b.claim()
	if w.Ticket.ID != digest || keys(w.Findings) != "violation/a violation/a2 violation/b" || w.More != 0 || w.Followed {
		t.Errorf("ticket %d lists %q and %d more", w.Ticket.ID, keys(w.Findings), w.More)
	}
	closedDigest := w.Ticket
	closedDigest.State = TicketClosed
	next := digestRow()
	next.Marker = "dtw-next"
	must(t, b.Record(b.ctx(), Record{Ticket: closedDigest, Done: true, Due: noon, Next: &next}))
	if w, _ = b.claim(); w.Ticket.ID != digest || !w.Followed || len(w.Findings) != 0 {
		t.Errorf("ticket %d, followed %v, lists %q", w.Ticket.ID, w.Followed, keys(w.Findings))
	}
}

func TestADigestListsOnlySoManyAndCountsTheRest(t *testing.T) {
	b := newBench(t)
	b.apply(func(tx *Tx) error {
		for i := range MaxListed + 7 {
			row := wanted(fmt.Sprint("g", i))
			row.Turn, row.Due = TurnWaits, time.Time{}
			id, err := tx.InsertTicket(b.ctx(), row)
			if err != nil {
				return err
			}
			if err := tx.SaveFinding(b.ctx(), violation(row.Group, id)); err != nil {
				return err
			}
		}
		return nil
	})
	row := digestRow()
	row.Due = noon
	b.insert(row)
	if w, _ := b.claim(); len(w.Findings) != MaxListed || w.More != 7 {
		t.Errorf("%d listed, %d more", len(w.Findings), w.More)
	}
}

func TestWhateverLeavesALineWakesItsDigest(t *testing.T) {
	for name, leave := range map[string]func(b *bench, id int64){
		"ignored": func(b *bench, id int64) { must(b.t, b.IgnoreTicket(b.ctx(), id, "no")) },
		"redirected": func(b *bench, id int64) {
			b.apply(func(tx *Tx) error {
				return tx.Redirect(b.ctx(), id, wanted("").Destination, "another", "dtw-a")
			})
		},
		"its finding went elsewhere": func(b *bench, id int64) {
			other := b.insert(func() Ticket { r := wanted("other"); r.Due = time.Time{}; return r }())
			b.apply(func(tx *Tx) error {
				if err := tx.SaveFinding(b.ctx(), violation("a", other)); err != nil {
					return err
				}
				return tx.Leave(b.ctx(), id, noon)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			row := digestRow()
			row.Due = time.Time{}
			digest, id := b.insert(row), b.waiting("a")
			leave(b, id)
			if got := b.ticket(id); got.Turn != TurnNone {
				t.Errorf("it has the turn %q", got.Turn)
			}
			if got := b.ticket(digest); got.Version != 1 || !got.Due.Equal(noon) {
				t.Errorf("the digest has version %d and is due %v", got.Version, got.Due)
			}
		})
	}
}

func TestATicketThatAFindingLeftIsStoppedAndLooksAgain(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	b.save(violation("a", id))
	b.save(violation("b", id))
	w, _ := b.claim()
	b.apply(func(tx *Tx) error {
		if err := tx.SaveFinding(b.ctx(), violation("a", b.otherTicket(tx))); err != nil {
			return err
		}
		return tx.Leave(b.ctx(), id, noon)
	})
	wantError(t, b.Record(b.ctx(), Record{Ticket: w.Ticket}), ErrFenced)
	if got := b.ticket(id); got.State != TicketWanted || !got.Due.Equal(noon) {
		t.Errorf("the rest of it is %s, due %v", got.State, got.Due)
	}
	b.apply(func(tx *Tx) error {
		if err := tx.SaveFinding(b.ctx(), violation("b", b.otherTicket(tx))); err != nil {
			return err
		}
		return tx.Leave(b.ctx(), id, noon)
	})
	if got := b.ticket(id); got.State != TicketNone || !got.Due.IsZero() || got.Reason == "" {
		t.Errorf("empty, it is %s, due %v: %q", got.State, got.Due, got.Reason)
	}
}

// otherTicket gives the ticket that findings go to.
func (b *bench) otherTicket(tx *Tx) int64 {
	b.t.Helper()
	row, err := tx.LatestTicket(b.ctx(), "other")
	if err != nil {
		row.ID, err = tx.InsertTicket(b.ctx(), wanted("other"))
	}
	must(b.t, err)
	return row.ID
}

func TestOtherRulesMakeWhatWaitsAndDigestsLookAgain(t *testing.T) {
	b := newBench(t)
	row := digestRow()
	row.Due = time.Time{}
	digest, waits := b.insert(row), b.waiting("a")
	idle := wanted("idle")
	idle.Due = time.Time{}
	rests := b.insert(idle)
	if n, err := b.WakeLines(b.ctx(), noon); err != nil || n != 2 {
		t.Errorf("woke %d, %v", n, err)
	}
	if b.ticket(digest).Due.IsZero() || b.ticket(waits).Due.IsZero() || !b.ticket(rests).Due.IsZero() {
		t.Error("woke others")
	}
}

func TestAStartLeavesThoseInTheirPlaceWhoWait(t *testing.T) {
	b := newBench(t)
	waits, rests := b.waiting("a"), wanted("b")
	rests.Due = time.Time{}
	rest := b.insert(rests)
	n, err := b.WakeTickets(b.ctx(), []TicketState{TicketWanted}, noon)
	if err != nil || n != 1 || !b.ticket(waits).Due.IsZero() || b.ticket(rest).Due.IsZero() {
		t.Errorf("woke %d, %v; who waits is due %v", n, err, b.ticket(waits).Due)
	}
}

func TestARestoreMakesWhatWaitsBeLookedAt(t *testing.T) {
	b := newBench(t)
	id := b.waiting("a")
	if n, err := b.ForgetApplied(b.ctx(), "jira", noon); err != nil || n != 1 || !b.ticket(id).Due.Equal(noon) {
		t.Errorf("woke %d, %v; due %v", n, err, b.ticket(id).Due)
	}
}
