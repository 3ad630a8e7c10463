package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// What waits for the writer waits for the whole of a commit. Each forgotten event dirties a page of its
// own in the index of digests, so that one commit forgets few, and others come in between.
const (
	pruneRows = 100
	pruneTime = 15 * time.Millisecond
	pruneRest = 50 * time.Millisecond
)

// keptOps is how many calls of a ticket are kept however old they are: what is shown to people.
const keptOps = 20

// Pruned counts what a [Pruner] deleted.
type Pruned struct {
	Events    int
	Ops       int // lines of the record of tracker calls
	Sightings int // issues that an audit saw, and that a ticket refers to by now
}

// Pruner deletes what is done with, a little with every [Pruner.Step]. It may be dropped at any step;
// another one goes on from there. It is used by one goroutine.
type Pruner struct {
	store  *Store
	before time.Time
	left   []*sweep
	pruned Pruned
}

// Pruner gives one that deletes what nobody needs any more: events that were applied, probes and erased
// ones that came last before the given time, tracker calls that ended before it except for the newest 20
// of each ticket, and sightings of issues that were made before it and that a ticket refers to.
// Findings, notes and tickets stay, and so do events that a person may want to have applied yet.
//
// An applied event whose own body does not tell its time stays as well ([Event] gives it a Reason): it
// would count as of today were it to come again, and could open what was closed since. Every other
// one folds to the same finding again, or to none.
func (s *Store) Pruner(before time.Time) *Pruner {
	p := &Pruner{store: s, before: before}
	for _, state := range []EventState{EventApplied, EventProbe, EventPersonal} {
		p.left = append(p.left, eventSweep(state, &p.pruned.Events))
	}
	p.left = append(p.left, opSweep(&p.pruned.Ops), sightingSweep(&p.pruned.Sightings))
	return p
}

// Pruned tells what was deleted so far.
func (p *Pruner) Pruned() Pruned { return p.pruned }

// Run steps until nothing is left, with a rest after every step, or until the context ends.
func (p *Pruner) Run(ctx context.Context) error {
	rest := time.NewTicker(pruneRest)
	defer rest.Stop()
	for {
		if more, err := p.Step(ctx); err != nil || !more {
			return err
		}
		rest.Reset(pruneRest)
		select {
		case <-rest.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Step deletes some rows in one short transaction. It tells whether there may be more.
func (p *Pruner) Step(ctx context.Context) (more bool, err error) {
	for len(p.left) > 0 {
		s := p.left[0]
		rows, err := p.look(ctx, s)
		if err != nil {
			return false, fmt.Errorf("looking for %s to forget: %w", s.what, err)
		}
		if len(rows) == 0 {
			p.left = p.left[1:]
			continue
		}
		n, err := p.forget(ctx, s, rows)
		if err != nil {
			return false, fmt.Errorf("forgetting %s: %w", s.what, err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Count goes through all rows as Run does, deletes none, and counts those that it would delete. The Pruner
// is done then.
func (p *Pruner) Count(ctx context.Context) error {
	for _, s := range p.left {
		for {
			rows, err := p.look(ctx, s)
			if err != nil {
				return fmt.Errorf("looking for %s to forget: %w", s.what, err)
			}
			if len(rows) == 0 {
				break
			}
			for _, row := range rows {
				if row.needless {
					*s.count++
				}
			}
			s.after = rows[len(rows)-1].key
		}
	}
	p.left = nil
	return nil
}

// look reads the next rows, beside the writer, which a million rows that stay would hold up. Where all
// are younger than what is looked for the rest is too, and it gives none.
func (p *Pruner) look(ctx context.Context, s *sweep) (rows []swept, err error) {
	err = p.store.view(ctx, func(tx querier) error {
		rows, err = query(ctx, tx, s.scan, s.look, append([]any{millis(p.before), pruneRows}, s.after...)...)
		return err
	})
	if !slices.ContainsFunc(rows, func(row swept) bool { return row.old }) {
		rows = nil
	}
	return rows, err
}

// forget deletes rows, as many as the time of one commit allows, and gives their number. Each is asked
// once more whether it may go: it may have been made new again since.
func (p *Pruner) forget(ctx context.Context, s *sweep, rows []swept) (n int, err error) {
	for len(rows) > 0 && !rows[0].needless {
		s.after, rows = rows[0].key, rows[1:]
	}
	if len(rows) == 0 {
		return 0, nil
	}
	var after []any
	err = p.store.do(ctx, func(ctx context.Context, tx querier) error {
		began := time.Now()
		for _, row := range rows {
			if row.needless {
				gone, err := change(ctx, tx, s.forget, append([]any{millis(p.before)}, row.key...)...)
				if err != nil {
					return err
				}
				n += gone
			}
			if after = row.key; time.Since(began) > pruneTime {
				break
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	s.after = after
	*s.count += n
	return n, nil
}

// sweep goes through the rows of one kind in the order of their keys.
type sweep struct {
	what   string
	count  *int
	look   string // the key, whether it is old, and whether it is needless, of rows after a key; $1: before, $2: limit
	forget string // by $1: before, and the key
	after  []any  // the key of the row that was looked at last
}

// swept is a row that a sweep comes across.
type swept struct {
	key           []any
	old, needless bool
}

func (s *sweep) scan(r row) (w swept, err error) {
	w.key = make([]any, len(s.after))
	into := make([]any, 0, len(s.after)+2)
	for i := range w.key {
		into = append(into, &w.key[i])
	}
	err = r.Scan(append(into, &w.old, &w.needless)...)
	return w, err
}

func eventSweep(state EventState, count *int) *sweep {
	const needless = `last_seen < $1 AND reason = ''`
	of := `state = '` + string(state) + `' AND `
	return &sweep{
		what: string(state) + " events", count: count, after: []any{int64(0)},
		look:   `SELECT seq, received < $1, ` + needless + ` FROM events WHERE ` + of + `seq > $3 ORDER BY seq LIMIT $2`,
		forget: `DELETE FROM events WHERE ` + of + `seq = $2 AND ` + needless,
	}
}

func opSweep(count *int) *sweep {
	kept := strconv.Itoa(keptOps)
	return &sweep{
		what: "tracker calls", count: count, after: []any{int64(0)},
		look: `SELECT o.seq, o.ended < $1, o.ended < $1 AND ` + kept + ` = (SELECT count(*) FROM (
				SELECT 1 FROM ops n WHERE n.ticket = o.ticket AND n.seq > o.seq LIMIT ` + kept + `) newer)
			FROM ops o WHERE o.seq > $3 ORDER BY o.seq LIMIT $2`,
		forget: `DELETE FROM ops WHERE ended < $1 AND seq = $2`,
	}
}

// sightingSweep is about those from which nothing follows any more: the ticket with the marker has an
// issue, which is this one, or this one is closed. See deliver's run.sighted. Their order is not that of
// their age.
func sightingSweep(count *int) *sweep {
	const needless = `EXISTS (SELECT 1 FROM tickets t
		WHERE t.marker = sightings.marker AND t.tracker = sightings.tracker AND t.ref_id <> ''
			AND (sightings.open = 0 OR t.ref_id = sightings.ref_id AND t.ref_project = sightings.ref_project))
		AND created < $1`
	return &sweep{
		what: "sightings", count: count, after: []any{"", "", ""},
		look: `SELECT tracker, marker, ref_id, TRUE, ` + needless + ` FROM sightings
			WHERE (tracker, marker, ref_id) > ($3, $4, $5) ORDER BY tracker, marker, ref_id LIMIT $2`,
		forget: `DELETE FROM sightings WHERE tracker = $2 AND marker = $3 AND ref_id = $4 AND ` + needless,
	}
}
