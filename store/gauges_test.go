package store

import (
	"maps"
	"strings"
	"testing"
	"time"
)

func (b *bench) gauges() Gauges {
	b.t.Helper()
	g, err := b.Gauges(b.ctx(), b.now)
	must(b.t, err)
	return g
}

func TestAFreshStoreHasNoBacklogAndNoLastEvent(t *testing.T) {
	g := newBench(t).gauges()
	if g.Pending != (Backlog{}) || len(g.Due)+len(g.Tickets)+len(g.Pauses)+g.Unrouted != 0 || !g.LastEvent.IsZero() {
		t.Errorf("%+v", g)
	}
}

func TestEventsWaitSinceTheOldestCame(t *testing.T) {
	b := newBench(t)
	first := b.accept("one")
	b.now = b.now.Add(time.Minute)
	b.accept("two")
	b.now = b.now.Add(time.Minute)
	b.accept("two")
	g := b.gauges()
	if g.Pending.Count != 2 || !g.Pending.Since.Equal(noon) || !g.LastEvent.Equal(b.now) {
		t.Errorf("%+v, last at %v", g.Pending, g.LastEvent)
	}
	b.apply(func(tx *Tx) error {
		return tx.SetEvent(b.ctx(), Event{Seq: first.Seq, State: EventApplied}, false)
	})
	if g = b.gauges(); g.Pending.Count != 1 || !g.Pending.Since.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", g.Pending)
	}
}

func TestTicketsAreCountedByTrackerStateAndWhyTheyAreHeld(t *testing.T) {
	b := newBench(t)
	for i, row := range []Ticket{
		{State: TicketWanted}, {State: TicketHeld, Held: HeldRejected}, {State: TicketHeld, Held: HeldRejected}, {State: TicketHeld, Held: HeldWorkflow}, {State: TicketHeld},
	} {
		group := wanted(strings.Repeat("x", i+1))
		group.State, group.Held = row.State, row.Held
		b.insert(group)
	}
	b.save(Finding{Finding: violation("u", 0).Finding})
	counts := map[TicketCount]bool{}
	g := b.gauges()
	for _, c := range g.Tickets {
		counts[c] = true
	}
	want := map[TicketCount]bool{
		{"jira", TicketWanted, "", 1}: true, {"jira", TicketHeld, HeldRejected, 2}: true,
		{"jira", TicketHeld, HeldWorkflow, 1}: true, {"jira", TicketHeld, "", 1}: true,
	}
	if !maps.Equal(counts, want) || g.Unrouted != 1 {
		t.Errorf("%v, %d unrouted", counts, g.Unrouted)
	}
}

func TestWhyATicketIsHeldIsForgottenWhenItIsHeldNoMore(t *testing.T) {
	b := newBench(t)
	for group, release := range map[string]func(id int64) error{
		"retried": func(id int64) error { return b.RetryTicket(b.ctx(), id, b.now) },
		"ignored": func(id int64) error { return b.IgnoreTicket(b.ctx(), id, "by a person") },
		"left": func(id int64) error {
			return b.Apply(b.ctx(), func(tx *Tx) error { return tx.Leave(b.ctx(), id, b.now) })
		},
	} {
		row := wanted(group)
		row.State, row.Held = TicketHeld, HeldTemplate
		id := b.insert(row)
		if got := b.ticket(id); got.Held != HeldTemplate {
			t.Errorf("%s: held for %q", group, got.Held)
		}
		must(t, release(id))
		if got := b.ticket(id); got.Held != "" || got.State == TicketHeld {
			t.Errorf("%s: is %s for %q", group, got.State, got.Held)
		}
	}
}

func TestABacklogIsWhatCouldBeWorkedOnAndNotWhatWaitsForItsTime(t *testing.T) {
	soon, past := noon.Add(10*time.Minute), noon.Add(-10*time.Minute)
	for name, c := range map[string]struct {
		change  func(*Ticket)
		backlog bool
	}{
		"due":                   {func(r *Ticket) { r.Due = past }, true},
		"gathers changes":       {func(r *Ticket) { r.Due = soon }, false},
		"tried again":           {func(r *Ticket) { r.Due, r.Failures = soon, 2 }, true},
		"an audit tried again":  {func(r *Ticket) { r.State, r.Due, r.AuditAt, r.Failures = TicketLive, soon, soon, 2 }, false},
		"not to be seen":        {func(r *Ticket) { r.State, r.Due, r.Misses, r.Failures = TicketLive, soon, 1, 1 }, false},
		"held, with an audit":   {func(r *Ticket) { r.State, r.Due, r.Failures = TicketHeld, soon, 1 }, false},
		"nothing wanted":        {func(r *Ticket) { r.State, r.Due, r.Failures = TicketLive, time.Time{}, 1 }, false},
		"waits for its turn":    {func(r *Ticket) { r.Due, r.Turn = time.Time{}, TurnWaits }, false},
		"due, after a failure":  {func(r *Ticket) { r.Due, r.Failures = past, 1 }, true},
		"another tracker's due": {func(r *Ticket) { r.Due, r.Destination.Tracker = past, "hub" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			row := wanted("u")
			c.change(&row)
			b.insert(row)
			want := map[string]Backlog{}
			if c.backlog {
				want[row.Destination.Tracker] = Backlog{1, row.Due}
			}
			if got := b.gauges().Due; !maps.EqualFunc(got, want, func(a, b Backlog) bool { return a.Count == b.Count && a.Since.Equal(b.Since) }) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestATicketThatIsTriedAgainWaitsSinceItsFirstFailureInARow(t *testing.T) {
	b := newBench(t)
	b.insert(wanted("u"))
	for i, outcome := range []string{"retry", "ok", "doubt", "retry", "retry"} {
		w, _ := b.claim()
		if w.Ticket.ID == 0 {
			t.Fatal("nothing is due")
		}
		w.Ticket.Failures = i
		due := b.now.Add(time.Hour)
		must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Due: due, Op: &Op{Name: "create", Started: b.now, Ended: b.now, Outcome: outcome}}))
		b.now = due
	}
	b.now = b.now.Add(-time.Minute)
	if got := b.gauges().Due["jira"]; got.Count != 1 || !got.Since.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("%+v, want it to wait since %v", got, noon.Add(2*time.Hour))
	}
	b.now = b.now.Add(time.Hour)
	if got := b.gauges().Due["jira"]; got.Count != 1 || !got.Since.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("counted twice, or anew, once it is due: %+v", got)
	}
}

func TestOnlyPausesThatAreNotOverAreGiven(t *testing.T) {
	b := newBench(t)
	for _, s := range []Scope{
		{Tracker: "jira", PauseKind: "credential", PausedUntil: noon.Add(time.Minute)},
		{Tracker: "jira", Project: "SEC", PauseKind: "refused", PausedUntil: noon.Add(time.Minute)},
		{Tracker: "jira", Project: "OPS", PauseKind: "refused", PausedUntil: noon.Add(-time.Minute)},
		{Tracker: "hub", PauseKind: "throttled"},
	} {
		must(t, b.SaveScope(b.ctx(), s))
	}
	got := b.gauges().Pauses
	if len(got) != 2 || got[0].PauseKind != "credential" || got[1].Project != "SEC" {
		t.Errorf("%+v", got)
	}
}

func TestGaugesAreReadFromIndexesAlone(t *testing.T) {
	b := newBench(t)
	for _, text := range []string{ticketCountsQuery, dueQuery, intakeQuery} {
		must(t, b.view(b.ctx(), func(tx querier) error {
			steps, err := query(b.ctx(), tx, func(r row) (detail string, err error) {
				var id, parent, unused int
				err = r.Scan(&id, &parent, &unused, &detail)
				return detail, err
			}, "EXPLAIN QUERY PLAN "+strings.ReplaceAll(text, "$1", "0"))
			for _, step := range steps {
				if (strings.Contains(step, "tickets") || strings.Contains(step, "findings")) && !strings.Contains(step, "COVERING INDEX") {
					t.Errorf("%s\n%s", step, text)
				}
			}
			return err
		}))
	}
}

func TestACommitIsToldWithItsOperations(t *testing.T) {
	b := newBench(t)
	must(t, b.Close())
	operations, failures := 0, 0
	s, err := Open(t.Context(), Options{Path: b.path, Committed: func(n int, took time.Duration, err error) {
		operations += n
		if err != nil || took <= 0 {
			failures++
		}
	}})
	must(t, err)
	for range 3 {
		_, err := s.Accept(t.Context(), Incoming{Body: []byte("{}"), Received: noon})
		must(t, err)
	}
	must(t, s.Close())
	if operations != 3 || failures != 0 {
		t.Errorf("%d operations, %d failures", operations, failures)
	}
}
