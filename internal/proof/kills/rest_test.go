package kills_test

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"ticketd/store"
)

// patience is how long a world may take to come to rest; it is no measure of anything.
const patience = 3 * time.Minute

// rest waits until all is done that was to be done. look is called meanwhile, to see to the process.
func (w *world) rest(look func()) {
	w.t.Helper()
	s := w.open()
	defer w.close(s)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		look()
		waiting := w.waiting(s)
		if len(waiting) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			w.t.Fatalf("it did not come to rest: %s", strings.Join(waiting[:min(len(waiting), 5)], "\n"))
		}
	}
}

// waiting tells what is still to be done.
func (w *world) waiting(s *store.Store) (all []string) {
	w.t.Helper()
	counts := must[store.Counts](w.t)(s.Counts(w.t.Context()))
	if n := counts.Events[store.EventNew]; n > 0 {
		all = append(all, fmt.Sprint(n, " events are not applied"))
	}
	busy := maps.Clone(counts.Tickets)
	for _, calm := range []store.TicketState{store.TicketLive, store.TicketClosed, store.TicketNone} {
		delete(busy, calm)
	}
	for state, n := range busy {
		if n > 0 {
			all = append(all, fmt.Sprint(n, " tickets are ", state))
		}
	}
	if len(all) > 0 {
		return all
	}
	soon := time.Now().Add(2 * time.Minute) // no lease, wait or back-off is longer; an audit comes later
	for _, row := range must[[]store.Ticket](w.t)(s.Tickets(w.t.Context(), store.TicketFilter{Limit: everything})) {
		if !row.Due.IsZero() && row.Due.Before(soon) {
			all = append(all, fmt.Sprintf("due: %+v", row))
		}
	}
	return all
}
