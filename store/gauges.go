package store

import (
	"context"
	"fmt"
	"time"
)

// Gauges are the numbers that monitoring watches, of one moment. Each comes from an index, so that they
// stay cheap whatever is in the tables.
type Gauges struct {
	Tickets   []TicketCount
	Pending   Backlog            // events that were not looked at yet
	Due       map[string]Backlog // by tracker: tickets that want attention; a tracker without any is absent
	Pauses    []Scope            // of trackers and projects, that are not over
	Unrouted  int                // findings that no rule matches
	LastEvent time.Time          // when the newest event came last; zero: there is none
}

// TicketCount is a number of tickets that have all of this in common.
type TicketCount struct {
	Tracker string
	State   TicketState
	Held    Held
	Count   int
}

// Backlog is what waits and could be worked on.
type Backlog struct {
	Count int
	Since time.Time // since when the first of it waits; zero where nothing does
}

const ticketCountsQuery = `SELECT state, tracker, held, count(*) FROM tickets GROUP BY state, tracker, held`

const intakeQuery = `
	SELECT (SELECT count(*) FROM events WHERE state = 'new'),
		coalesce((SELECT received FROM events WHERE state = 'new' ORDER BY seq LIMIT 1), 0),
		coalesce((SELECT last_seen FROM events ORDER BY seq DESC LIMIT 1), 0),
		(SELECT count(*) FROM findings WHERE rule = '')`

const dueQuery = `SELECT tracker, count(*), min(due) FROM tickets WHERE due IS NOT NULL AND due <= $1 GROUP BY tracker`

// failingQuery finds the tickets that are tried again after failures. They are due at the time of the next
// try, and wait since the first call that failed after the last that did not. An audit, and another look
// at an issue that was not to be seen, wait for the time that was planned for them.
const failingQuery = `
	SELECT t.tracker, sum(CASE WHEN t.due > $1 THEN 1 ELSE 0 END),
		min(coalesce((SELECT min(o.started) FROM ops o WHERE o.ticket = t.id AND o.seq > coalesce(
			(SELECT k.seq FROM ops k WHERE k.ticket = t.id AND k.outcome = 'ok' ORDER BY k.seq DESC LIMIT 1), 0)), t.due))
	FROM tickets t
	WHERE t.failures > 0 AND t.due IS NOT NULL AND t.due <> t.audit_at AND t.misses = 0 AND t.state <> 'held'
	GROUP BY t.tracker`

const pausesQuery = `
	SELECT tracker, project, paused_until, pause_reason, pause_kind, pauses, audited_at, slowed
	FROM scopes WHERE paused_until > $1 ORDER BY tracker, project`

// Gauges gives the numbers that monitoring watches, from one snapshot.
func (s *Store) Gauges(ctx context.Context, now time.Time) (g Gauges, err error) {
	err = s.view(ctx, func(tx querier) error {
		if g.Tickets, err = query(ctx, tx, scanTicketCount, ticketCountsQuery); err != nil {
			return err
		}
		if g.Pauses, err = query(ctx, tx, scanScope, pausesQuery, millis(now)); err != nil {
			return err
		}
		var oldest, last int64
		if err := tx.QueryRowContext(ctx, intakeQuery).Scan(&g.Pending.Count, &oldest, &last, &g.Unrouted); err != nil {
			return err
		}
		g.Pending.Since, g.LastEvent = moment(oldest), moment(last)
		g.Due, err = readDue(ctx, tx, now)
		return err
	})
	if err != nil {
		return Gauges{}, fmt.Errorf("reading the gauges: %w", err)
	}
	return g, nil
}

func scanTicketCount(r row) (c TicketCount, err error) {
	err = r.Scan(&c.State, &c.Tracker, &c.Held, &c.Count)
	return c, err
}

// waiting is the backlog of one tracker.
type waiting struct {
	tracker string
	Backlog
}

func scanWaiting(r row) (w waiting, err error) {
	var since int64
	err = r.Scan(&w.tracker, &w.Count, &since)
	w.Since = moment(since)
	return w, err
}

// readDue adds what is due to what is tried again later.
func readDue(ctx context.Context, tx querier, now time.Time) (map[string]Backlog, error) {
	all := make(map[string]Backlog)
	for _, text := range []string{dueQuery, failingQuery} {
		some, err := query(ctx, tx, scanWaiting, text, millis(now))
		if err != nil {
			return nil, err
		}
		for _, w := range some {
			b, known := all[w.tracker]
			b.Count += w.Count
			if !known || w.Since.Before(b.Since) {
				b.Since = w.Since
			}
			all[w.tracker] = b
		}
	}
	return all, nil
}
