package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

// settled accepts a body and says what became of it.
func (b *bench) settled(body string, state EventState, reason string) int64 {
	b.t.Helper()
	a := b.accept(body)
	b.apply(func(tx *Tx) error {
		return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: state, Reason: reason}, state == EventPersonal)
	})
	return a.Seq
}

// prune prunes to the end what is older than a time and gives the counts and the number of steps.
func (b *bench) prune(before time.Time) (Pruned, int) {
	b.t.Helper()
	p, steps := b.Pruner(before), 0
	for more := true; more; steps++ {
		var err error
		was := p.Pruned()
		more, err = p.Step(b.ctx())
		must(b.t, err)
		now := p.Pruned()
		if n := now.Events + now.Ops + now.Sightings - was.Events - was.Ops - was.Sightings; n > pruneRows {
			b.t.Fatalf("one step deleted %d rows", n)
		}
	}
	return p.Pruned(), steps
}

func (b *bench) kept(seq int64) bool {
	b.t.Helper()
	all, err := b.Events(b.ctx(), EventFilter{After: seq - 1, Limit: 1})
	must(b.t, err)
	return len(all) == 1 && all[0].Seq == seq
}

func TestWhatIsDoneWithAndOldIsPrunedAndNothingElse(t *testing.T) {
	b := newBench(t)
	gone := []int64{
		b.settled("applied", EventApplied, ""), b.settled("probe", EventProbe, ""), b.settled("personal", EventPersonal, ""),
	}
	stays := []int64{
		b.settled("unhandled", EventUnhandled, "no entry"), b.settled("unparsed", EventUnparsed, "no JSON"),
		b.settled("without time", EventApplied, "it tells no time"), b.settled("again", EventApplied, ""), b.accept("new").Seq,
	}
	b.now = noon.Add(24 * time.Hour)
	b.accept("again")
	stays = append(stays, b.settled("young", EventApplied, ""))
	if got, _ := b.prune(noon.Add(time.Hour)); got != (Pruned{Events: 3}) {
		t.Errorf("pruned %+v", got)
	}
	for _, seq := range gone {
		if b.kept(seq) {
			t.Errorf("event %d is there", seq)
		}
	}
	for _, seq := range stays {
		if !b.kept(seq) {
			t.Errorf("event %d is gone", seq)
		}
	}
	if got, _ := b.prune(noon.Add(time.Hour)); got != (Pruned{}) {
		t.Errorf("pruned %+v when there was nothing left", got)
	}
}

func TestAPruneGoesOnWhereAnotherStopped(t *testing.T) {
	b := newBench(t)
	for i := range 3 * pruneRows {
		b.settled(fmt.Sprint(i), EventApplied, "")
	}
	dropped := b.Pruner(noon.Add(time.Hour))
	if more, err := dropped.Step(b.ctx()); err != nil || !more || dropped.Pruned().Events == 0 {
		t.Fatalf("the first step pruned %+v: %v, %v", dropped.Pruned(), more, err)
	}
	b.reopen()
	rest, steps := b.prune(noon.Add(time.Hour))
	if got := dropped.Pruned().Events + rest.Events; got != 3*pruneRows || steps < 2 {
		t.Errorf("%d of %d pruned in %d more steps", got, 3*pruneRows, steps)
	}
	stopped, stop := context.WithCancel(b.ctx())
	stop()
	if _, err := b.Pruner(noon.Add(time.Hour)).Step(stopped); err == nil {
		t.Error("a step ignores the end of its context")
	}
}

// Between the look and the deletion a person may have had the event applied once more.
func TestAnEventThatWasMadeNewMeanwhileIsNotPruned(t *testing.T) {
	b := newBench(t)
	seq := b.settled("applied", EventApplied, "")
	p := b.Pruner(noon.Add(time.Hour))
	rows, err := p.look(b.ctx(), p.left[0])
	must(t, err)
	if _, err := b.RequeueEvents(b.ctx(), []EventState{EventApplied}); err != nil {
		t.Fatal(err)
	}
	if n, err := p.forget(b.ctx(), p.left[0], rows); err != nil || n != 0 || !b.kept(seq) {
		t.Errorf("%d rows pruned: %v", n, err)
	}
}

func TestAnEventThatComesAgainAfterItWasPrunedIsNew(t *testing.T) {
	b := newBench(t)
	first := b.settled("applied", EventApplied, "")
	b.prune(noon.Add(time.Hour))
	if again := b.accept("applied"); again.Seq <= first || again.Seen != 1 {
		t.Errorf("it is %+v after event %d", again, first)
	}
}

func TestTheNewestCallsOfATicketAreKeptHoweverOld(t *testing.T) {
	b := newBench(t)
	busy, quiet := b.insert(wanted("busy")), b.insert(wanted("quiet"))
	call := func(id int64, n int) {
		for i := range n {
			row := b.ticket(id)
			b.wake(id)
			w, _ := b.claim()
			for w.Ticket.ID != row.ID { // the other one was first
				must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true}))
				w, _ = b.claim()
			}
			must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Op: &Op{Name: fmt.Sprint(i), Started: b.now, Ended: b.now}}))
		}
	}
	call(busy, keptOps+30)
	call(quiet, 3)
	if got, _ := b.prune(noon); got != (Pruned{}) {
		t.Errorf("pruned %+v of what is not older", got)
	}
	if got, _ := b.prune(noon.Add(time.Hour)); got != (Pruned{Ops: 30}) {
		t.Errorf("pruned %+v", got)
	}
	for id, want := range map[int64]int{busy: keptOps, quiet: 3} {
		ops, err := b.Ops(b.ctx(), id, 0)
		must(t, err)
		if len(ops) != want || ops[len(ops)-1].Name != fmt.Sprint(map[int64]int{busy: keptOps + 29, quiet: 2}[id]) {
			t.Errorf("ticket %d has %d calls, want the newest %d", id, len(ops), want)
		}
	}
	b.reopen()
	if b.Restored() {
		t.Error("a pruned database counts as restored")
	}
}

func TestASightingIsKeptAsLongAsAnythingMayFollowFromIt(t *testing.T) {
	b := newBench(t)
	made := wanted("made")
	made.State, made.Ref = TicketLive, ticket.Ref{ID: "1", Key: "SEC-1", Project: "SEC"}
	b.insert(made)
	b.insert(wanted("wanted"))
	see := func(marker, id, project string, open bool) {
		must(t, b.Sight(b.ctx(), []Sighting{{
			Tracker: "jira", Marker: "dtw-" + marker, Open: open, Created: noon, Ref: ticket.Ref{ID: id, Key: "K", Project: project},
		}}))
	}
	see("made", "1", "SEC", true)      // the ticket's own
	see("made", "1", "OPS", true)      // overwrites the former; where a number may be another issue
	see("made", "2", "SEC", false)     // a duplicate that was dealt with
	see("made", "3", "SEC", true)      // one that was not
	see("wanted", "4", "SEC", true)    // is to be adopted
	see("forgotten", "5", "SEC", true) // is to be adopted once its finding comes again
	if got, _ := b.prune(noon.Add(time.Hour)); got != (Pruned{Sightings: 1}) {
		t.Errorf("pruned %+v", got)
	}
	see("made", "1", "SEC", true)
	if got, _ := b.prune(noon.Add(time.Hour)); got != (Pruned{Sightings: 1}) {
		t.Errorf("pruned %+v", got)
	}
	if got, err := b.Sighted(b.ctx(), "jira", "dtw-made"); err != nil || got.Ref.ID != "3" {
		t.Errorf("left is %+v: %v", got, err)
	}
	for _, marker := range []string{"dtw-wanted", "dtw-forgotten"} {
		if _, err := b.Sighted(b.ctx(), "jira", marker); err != nil {
			t.Errorf("%s: %v", marker, err)
		}
	}
}

func TestAPruneReadsNoMoreThanItGives(t *testing.T) {
	b := newBench(t)
	p := b.Pruner(noon)
	for _, s := range p.left {
		plan := b.plan(s.look, append([]any{millis(noon), pruneRows}, s.after...)...)
		plan = append(plan, b.plan(s.forget, append([]any{millis(noon)}, s.after...)...)...)
		for _, line := range plan {
			if strings.Contains(line, "SCAN") && !strings.Contains(line, "newer") || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("to forget %s it reads more than it gives: %s", s.what, line)
			}
		}
	}
}
