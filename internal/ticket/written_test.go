package ticket_test

import (
	"fmt"
	"slices"
	"testing"

	"ticketd/internal/ticket"
)

func TestADoubtfulWriteIsRememberedBesideWhatStoodBefore(t *testing.T) {
	before := ticket.Written{Fence: "a", Priority: "High", Labels: []string{"x"}}
	w := before.Or(ticket.Written{Fence: "b", Priority: "Low", Labels: []string{"y", "x"}})
	if got := w.Fences(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("fences %q", got)
	}
	if got := w.Priorities(); !slices.Equal(got, []string{"High", "Low"}) {
		t.Errorf("priorities %q", got)
	}
	if got := w.EveryLabel(); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("labels %q", got)
	}
	if len(before.Also) != 0 {
		t.Errorf("what was given was changed: %+v", before)
	}
}

func TestOnlyTheNewestDoubtfulWritesAreRememberedEachOnce(t *testing.T) {
	w := ticket.Written{Fence: "first"}
	for n := range 40 {
		w = w.Or(ticket.Written{Fence: fmt.Sprint(n)}).Or(ticket.Written{Fence: fmt.Sprint(n)})
	}
	if got, want := w.Fences(), []string{"first", "32", "33", "34", "35", "36", "37", "38", "39"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
