package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// MaxListed bounds the findings that come with a claimed digest; Work.More counts the rest.
const MaxListed = 500

// lineOf is the condition that a row is in the line of the rule $3 at the project $2 of the tracker $1.
const lineOf = `tracker = $1 AND project = $2 AND rule = $3`

// listed is what a digest lists: what waits, of a waiting group only the open members. Where none is
// open the ticket is wanted all the same (ticket_closed), or was not looked at since it closed.
const listed = `
	FROM tickets t JOIN findings ON findings.ticket = t.id
	WHERE t.tracker = $1 AND t.project = $2 AND t.rule = $3 AND t.turn <> '' AND t.turn = 'waits'
		AND (findings.disposition = 'open' OR NOT EXISTS (
			SELECT 1 FROM findings o WHERE o.ticket = t.id AND o.disposition = 'open'))`

const listedQuery = `SELECT ` + findingColumns + listed + ` ORDER BY t.id, findings.id LIMIT $4`

// turnsQuery counts those whose turn has come, who are few, and not those who wait, who may be thousands.
const turnsQuery = `
	SELECT EXISTS (SELECT 1 FROM tickets WHERE ` + lineOf + ` AND turn <> '' AND turn = 'waits' AND id <> $4),
		(SELECT count(*) FROM tickets WHERE ` + lineOf + ` AND turn <> '' AND turn = 'released' AND id <> $4)`

const madeQuery = `
	SELECT count(*), coalesce(min(made), 0) FROM tickets
	WHERE ` + lineOf + ` AND made > 0 AND made > $5 AND made < $6 AND id <> $4 AND digest = 0 AND turn <> 'released'`

const releaseQuery = `
	UPDATE tickets SET turn = 'released', version = version + 1,
		due = CASE WHEN leased = 1 THEN due ELSE $5 END, updated = $5
	WHERE id IN (SELECT t.id FROM tickets t
		WHERE t.tracker = $1 AND t.project = $2 AND t.rule = $3 AND t.turn <> '' AND t.turn = 'waits' ORDER BY t.id LIMIT $4)`

// loadLine reads what a digest is to list. One that was followed by another generation lists nothing.
func (w *Work) loadLine(ctx context.Context, tx querier) error {
	t := w.Ticket
	err := tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM tickets WHERE members = $1 AND generation > $2)`, t.Group, t.Generation).Scan(&w.Followed)
	if err != nil || w.Followed {
		return err
	}
	where := []any{t.Destination.Tracker, t.Destination.Project, t.Rule}
	w.Findings, err = query(ctx, tx, scanFinding, listedQuery, append(where, MaxListed)...)
	if err != nil || len(w.Findings) < MaxListed {
		return err
	}
	all := 0
	err = tx.QueryRowContext(ctx, `SELECT count(*)`+listed, where...).Scan(&all)
	w.More = all - len(w.Findings)
	return err
}

// feed makes the digest of a line look at its list again, and adds it where there is none. One that
// nothing was ever sent for goes where the line's tickets go now.
func (s *Store) feed(ctx context.Context, tx querier, d Ticket) error {
	latest, err := latestTicket(ctx, tx, d.Group)
	if errors.Is(err, sql.ErrNoRows) {
		d.Digest = true
		if _, err := s.insertTicket(ctx, tx, d); err != nil {
			return fmt.Errorf("adding the digest of rule %q: %w", d.Rule, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if latest.Generation == max(d.Generation, 1) {
		d.ID = latest.ID
		if err := redirect(ctx, tx, s.now(), d); err != nil {
			return err
		}
	}
	return wake(ctx, tx, latest.ID, d.Due)
}

// wakeDigest makes the digest of a line that a ticket has left look at its list again.
func wakeDigest(ctx context.Context, tx querier, left Ticket, now time.Time) error {
	var id int64
	err := tx.QueryRowContext(ctx, `
		SELECT id FROM tickets WHERE `+lineOf+` AND digest = 1 ORDER BY generation DESC LIMIT 1`,
		left.Destination.Tracker, left.Destination.Project, left.Rule).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // the ticket was the first to wait, and nobody has written of it yet
	}
	if err != nil {
		return err
	}
	return wake(ctx, tx, id, now)
}

// LineOf gives the line that a ticket waits in or would wait in, without the ticket itself. Creates
// count that were sent within the window before now, or seem to be sent within the window after it:
// the clock was set back then. What lies further ahead was sent by a clock that was quite wrong.
func (s *Store) LineOf(ctx context.Context, t Ticket, now time.Time, window time.Duration) (l Line, err error) {
	l = Line{Destination: t.Destination, Rule: t.Rule}
	err = s.view(ctx, func(tx querier) error {
		return l.count(ctx, tx, t.ID, now, window)
	})
	if err != nil {
		return Line{}, fmt.Errorf("counting the line of rule %q: %w", t.Rule, err)
	}
	return l, nil
}

// count fills in the numbers of a line, without the ticket with an id.
func (l *Line) count(ctx context.Context, tx querier, except int64, now time.Time, window time.Duration) error {
	where := []any{l.Destination.Tracker, l.Destination.Project, l.Rule, except}
	err := tx.QueryRowContext(ctx, turnsQuery, where...).Scan(&l.Waiting, &l.Released)
	if err != nil {
		return err
	}
	var first int64
	err = tx.QueryRowContext(ctx, madeQuery,
		append(where, millis(now.Add(-window)), millis(now.Add(window)))...).Scan(&l.Made, &first)
	l.First = moment(first)
	return err
}

// Lines gives the lines of a tracker in which tickets wait; see [Store.LineOf].
func (s *Store) Lines(ctx context.Context, tracker string, now time.Time, window time.Duration) (all []Line, err error) {
	err = s.view(ctx, func(tx querier) error {
		all, err = query(ctx, tx, scanLine, `
			SELECT tracker, project, issue_type, rule FROM tickets
			WHERE id IN (SELECT min(id) FROM tickets WHERE tracker = $1 AND turn <> '' AND turn = 'waits' GROUP BY project, rule)
			ORDER BY id`, tracker)
		if err != nil {
			return err
		}
		for i := range all {
			if err := all[i].count(ctx, tx, 0, now, window); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting who waits on %s: %w", tracker, err)
	}
	return all, nil
}

func scanLine(r row) (l Line, err error) {
	err = r.Scan(&l.Destination.Tracker, &l.Destination.Project, &l.Destination.IssueType, &l.Rule)
	return l, err
}

// Release gives their turn to the tickets of a line that wait longest, at most room of them, and
// makes them due. The line's digest is due at the time of the digest.
func (s *Store) Release(ctx context.Context, l Line, room int, now time.Time, digest Ticket) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, tx querier) error {
		n, err = change(ctx, tx, releaseQuery,
			l.Destination.Tracker, l.Destination.Project, l.Rule, room, millis(now))
		if err != nil || n == 0 {
			return err
		}
		return s.feed(ctx, tx, digest)
	})
	if err != nil {
		return 0, fmt.Errorf("releasing tickets of rule %q: %w", l.Rule, err)
	}
	return n, nil
}

// WakeLines makes every ticket that waits for its turn and every digest want attention, and tells how
// many: the rules may say otherwise than before.
func (s *Store) WakeLines(ctx context.Context, now time.Time) (int, error) {
	n, err := s.count(ctx, `UPDATE tickets SET `+attention+` WHERE turn <> '' OR digest = 1`, millis(now))
	if err != nil {
		return 0, fmt.Errorf("waking what waits for its turn: %w", err)
	}
	return n, nil
}
