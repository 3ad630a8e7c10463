package deliver

import (
	"context"
	"fmt"
	"math"
	"time"

	"ticketd/mapping"
	"ticketd/store"
)

// window is the time in which a rule makes at most Policy.MaxNewPerHour tickets: any hour.
const window = time.Hour

// bound gives how many tickets a rule makes in a window; 0: as many as there are.
func (d *Deliverer) bound(l store.Line) int {
	return d.o.Mapping.For(mapping.Subject{Digest: true}, l.Destination, l.Rule).Policy().MaxNewPerHour
}

// digest is the digest ticket of a line as it begins; it is due when more changes may have gathered.
func (d *Deliverer) digest(l store.Line) *store.Ticket {
	now := d.o.Now()
	group := mapping.DigestGroup(l.Destination.Tracker, l.Destination.Project, l.Rule)
	return &store.Ticket{
		Group: group, Digest: true, Generation: 1, Destination: l.Destination, Rule: l.Rule,
		Marker: d.o.Mapping.Marker(l.Destination.Tracker, group, 1),
		State:  store.TicketWanted, Due: now.Add(d.o.Timing.Gather), Created: now, Updated: now,
	}
}

// waits puts the ticket into the line of its rule where that made, or is making, as many tickets in
// the last hour as it may, or where others were there before. A ticket whose turn has come, or of
// which a create was sent in that hour, has its place already.
func (r *run) waits(ctx context.Context) (bool, error) {
	if r.t.Digest || r.t.Turn == store.TurnReleased {
		return false, nil
	}
	now := r.o.Now()
	mine := store.Line{Destination: r.t.Destination, Rule: r.t.Rule}
	bound := r.bound(mine)
	if bound == 0 || (!r.t.Made.IsZero() && now.Sub(r.t.Made) < window) {
		return false, nil
	}
	l, err := r.o.Store.LineOf(ctx, r.t, now, window)
	if err != nil {
		return false, err
	}
	if !l.Waiting && l.Made+l.Released < bound {
		if r.t.Turn == store.TurnWaits {
			r.t.Turn = store.TurnReleased
		}
		return false, nil
	}
	if r.t.State != store.TicketDoubt {
		r.t.State = store.TicketWanted
	}
	r.t.Turn = store.TurnWaits
	r.t.Reason = fmt.Sprintf("waits for its turn: rule %q makes at most %d new tickets an hour", r.t.Rule, bound)
	r.t.Hint = "Until then it is listed in the rule's digest ticket; max_new_per_hour is the bound"
	r.expect(l, bound, now)
	r.log.Info("ticket waits for its turn", "rule", r.t.Rule)
	return true, r.done(ctx, time.Time{}, nil)
}

// release gives their turn to as many of those that wait as there is room for, when there may be some.
func (d *Deliverer) release(ctx context.Context, now time.Time) error {
	if d.counted && (d.turn.IsZero() || d.turn.After(now)) {
		return nil
	}
	lines, err := d.o.Store.Lines(ctx, d.o.Name, now, window)
	if err != nil {
		return err
	}
	d.counted, d.turn = true, time.Time{}
	for _, l := range lines {
		bound, room := d.bound(l), math.MaxInt
		if bound > 0 {
			room = bound - l.Made - l.Released
		}
		if room > 0 {
			n, err := d.o.Store.Release(ctx, l, room, now, *d.digest(l))
			if err != nil {
				return err
			}
			d.o.Logger.Info("tickets have their turn", "rule", l.Rule, "project", l.Destination.Project, "tickets", n)
			l.Waiting, l.Released = n == room, l.Released+n
		}
		if l.Waiting {
			d.expect(l, bound, now)
		}
	}
	return nil
}

// expect notes when there may be room in a line: when the oldest create in it is an hour old, at once
// where there is some, and, where tickets hold it that wait for something else, from time to time.
func (d *Deliverer) expect(l store.Line, bound int, now time.Time) {
	switch {
	case l.Made+l.Released < bound:
		d.counted = false
		return
	case !l.First.IsZero():
		d.turn = earliest(d.turn, l.First.Add(window+time.Millisecond)) // times are kept to the millisecond
	}
	if l.Released > 0 {
		d.turn = earliest(d.turn, now.Add(d.o.Timing.Idle))
	}
}
