package metrics

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticketd/store"
)

// tell gives what the store says.
func (w *watch) tell(to chan<- prometheus.Metric, g store.Gauges, now time.Time) {
	w.waits(to, g.Pending, now, stageApply, "")
	trackers := w.trackers(g)
	for _, tracker := range trackers {
		w.waits(to, g.Due[tracker], now, stageDeliver, tracker)
	}
	w.tellTickets(to, g, trackers)
	w.tellPauses(to, g.Pauses)
	to <- value(w.unrouted, float64(g.Unrouted))
	last := max(w.m.lastKept.Load(), 0)
	if !g.LastEvent.IsZero() {
		last = max(last, g.LastEvent.UnixMilli())
	}
	to <- value(w.lastEvent, float64(last)/1000)
}

// trackers gives those that are configured and those that were once and still have tickets.
func (w *watch) trackers(g store.Gauges) []string {
	all := slices.Clone(w.m.o.Trackers)
	for _, c := range g.Tickets {
		all = append(all, c.Tracker)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// waits gives a backlog and its age.
func (w *watch) waits(to chan<- prometheus.Metric, b store.Backlog, now time.Time, stage, tracker string) {
	age := 0.0
	if !b.Since.IsZero() {
		age = max(now.Sub(b.Since).Seconds(), 0) // a clock may have been set back
	}
	to <- value(w.backlog, float64(b.Count), stage, tracker)
	to <- value(w.oldest, age, stage, tracker)
}

// labels are those of a gauge with two.
type labels struct{ tracker, second string }

// tellTickets gives the tickets by state and the held ones by reason, 0 where there are none.
func (w *watch) tellTickets(to chan<- prometheus.Metric, g store.Gauges, trackers []string) {
	states, held := make(map[labels]int), make(map[labels]int)
	for _, tracker := range trackers {
		for _, s := range store.TicketStates() {
			states[labels{tracker, string(s)}] = 0
		}
		held[labels{tracker, heldBefore}] = 0
		for _, reason := range store.HeldReasons() {
			held[labels{tracker, string(reason)}] = 0
		}
	}
	for _, c := range g.Tickets {
		states[labels{c.Tracker, string(c.State)}] += c.Count
		if c.State == store.TicketHeld {
			held[labels{c.Tracker, cmp.Or(string(c.Held), heldBefore)}] += c.Count
		}
	}
	for l, n := range states {
		to <- value(w.tickets, float64(n), l.tracker, l.second)
	}
	for l, n := range held {
		to <- value(w.held, float64(n), l.tracker, l.second)
	}
}

// tellPauses gives what is left alone, of the trackers that are configured.
func (w *watch) tellPauses(to chan<- prometheus.Metric, pauses []store.Scope) {
	for _, tracker := range w.m.o.Trackers {
		whole, projects := "", 0
		for _, p := range pauses {
			switch {
			case p.Tracker != tracker:
			case p.Project == "":
				whole = p.PauseKind
			default:
				projects++
			}
		}
		for _, kind := range w.m.o.Pauses {
			to <- value(w.paused, truth(kind == whole), tracker, kind)
		}
		to <- value(w.projects, float64(projects), tracker)
	}
}
