package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lanesQuery gives, for each project of a tracker in which anything is scheduled, when its first
// ticket is due. It steps over the index from project to project, so that neither the backlog nor a
// paused project's thousands of due tickets cost anything.
const lanesQuery = `
	WITH RECURSIVE lanes (project) AS (
		SELECT (SELECT t.project FROM tickets t
			WHERE t.tracker = $1 AND t.due IS NOT NULL ORDER BY t.project LIMIT 1)
		UNION ALL
		SELECT (SELECT t.project FROM tickets t
			WHERE t.tracker = $1 AND t.due IS NOT NULL AND t.project > lanes.project ORDER BY t.project LIMIT 1)
		FROM lanes WHERE lanes.project IS NOT NULL
	)
	SELECT lanes.project, (SELECT t.due FROM tickets t
		WHERE t.tracker = $1 AND t.project = lanes.project AND t.due IS NOT NULL ORDER BY t.due LIMIT 1)
	FROM lanes WHERE lanes.project IS NOT NULL`

// headQuery leases the first due ticket of a project.
const headQuery = `
	UPDATE tickets SET due = $4, token = token + 1, leased = 1
	WHERE id = (SELECT t.id FROM tickets t
		WHERE t.tracker = $1 AND t.project = $2 AND t.due <= $3 ORDER BY t.due LIMIT 1)
	RETURNING ` + ticketColumns

type lane struct {
	project string
	due     int64
}

func scanLane(r row) (l lane, err error) {
	err = r.Scan(&l.project, &l.due)
	return l, err
}

// Claim leases the ticket of a tracker that has been due longest and gives it with everything that
// decides what is to be done. Where none is due, Work.Ticket.ID is 0 and the time says when the
// next one will be; zero: none is scheduled. Paused projects count for neither.
//
// The lease ends by itself at Now + Lease; each claim raises the ticket's Token, so that whoever
// held it before is refused by [Store.Record]. What belongs to the ticket is read after the lease is
// committed and beside the writer, which a group of thousands would hold up: it is as new as the lease
// or newer, and what is newer has raised the version, which is seen when the lease is given back.
func (s *Store) Claim(ctx context.Context, c Claim) (Work, time.Time, error) {
	var w Work
	var next time.Time
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		first, ok, err := firstLane(ctx, tx, c)
		if err != nil || !ok {
			return err
		}
		if first.due > millis(c.Now) {
			next = moment(first.due)
			return nil
		}
		w.Ticket, err = scanTicket(tx.QueryRowContext(ctx, headQuery,
			c.Tracker, first.project, millis(c.Now), millis(c.Now.Add(c.Lease))))
		return err
	})
	if err == nil && w.Ticket.ID != 0 {
		err = s.view(ctx, func(tx querier) error { return w.load(ctx, tx) })
	}
	if err != nil {
		return Work{}, time.Time{}, fmt.Errorf("claiming a ticket of %s: %w", c.Tracker, err)
	}
	return w, next, nil
}

// firstLane gives the project whose first ticket is due first; ok is false where nothing is
// scheduled.
func firstLane(ctx context.Context, tx querier, c Claim) (first lane, ok bool, err error) {
	lanes, err := query(ctx, tx, scanLane, lanesQuery, c.Tracker)
	if err != nil {
		return lane{}, false, err
	}
	for _, l := range lanes {
		if !slices.Contains(c.Skip, l.project) && (!ok || l.due < first.due) {
			first, ok = l, true
		}
	}
	return first, ok, nil
}

// load reads what belongs to the ticket.
func (w *Work) load(ctx context.Context, tx querier) (err error) {
	if w.Ticket.Digest {
		err = w.loadLine(ctx, tx)
	} else {
		w.Findings, err = findingsOfTicket(ctx, tx, w.Ticket.ID)
	}
	if err != nil {
		return err
	}
	if w.Notes, err = notesOfTicket(ctx, tx, w.Ticket.ID); err != nil {
		return err
	}
	w.Comments, err = commentsOfTicket(ctx, tx, w.Ticket.ID)
	return err
}
