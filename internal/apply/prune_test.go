package apply_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/store"
)

// remembered gives what the store says of findings and tickets.
func (b *bench) remembered() []any {
	b.t.Helper()
	var all []any
	for _, row := range b.tickets() {
		members, err := b.store.FindingsOfTicket(b.t.Context(), row.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, row, members)
	}
	return all
}

// prune forgets all that is done with, whatever its age, and tells how many events that were.
func (b *bench) prune() int {
	b.t.Helper()
	p := b.store.Pruner(noon.Add(time.Hour))
	for more := true; more; {
		var err error
		if more, err = p.Step(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
	return p.Pruned().Events
}

// Data Theorem, or a person, may send again what was forgotten: in any order it changes nothing.
func TestWhatComesAgainAfterItWasPrunedChangesNothing(t *testing.T) {
	bodies := []string{
		sample(opened), sample(resolved), sample(created), sample(noteMade), sample("MOBILE_SECURE__FINDING_NOTE_DELETED"),
		sample(loginMade), sample("SETUP_PROBE"),
	}
	b := newBench(t, everything)
	b.post(bodies...)
	before := b.remembered()
	for range 2 {
		if n := b.prune(); n != len(bodies) {
			t.Fatalf("%d of %d events were pruned", n, len(bodies))
		}
		slices.Reverse(bodies)
		b.post(bodies...)
		if after := b.remembered(); !reflect.DeepEqual(after, before) {
			t.Errorf("got  %+v\nwant %+v", after, before)
		}
	}
}

// An event that does not tell its time counts as of its receipt: forgotten, and received again, it
// would be the newest of all.
func TestAnEventThatDoesNotTellItsTimeIsNeverPruned(t *testing.T) {
	b := newBench(t, everything)
	timeless := strings.Replace(sample(opened), `"time"`, `"no time"`, 1)
	if timeless == sample(opened) {
		t.Fatal("the sample has no time")
	}
	b.post(timeless)
	if n := b.prune(); n != 0 || b.event(1).State != store.EventApplied {
		t.Errorf("%d events were pruned, and it is %s", n, b.event(1).State)
	}
}
