package store

import (
	"context"
	"fmt"
	"time"
)

// attention is the part of an UPDATE that makes a row due at $1. A leased row keeps its lease end:
// whoever has it sees the new version when giving it back. A row that is due already keeps its
// place in the line, an ignored one stays at rest.
const attention = `version = version + 1,
	due = CASE WHEN leased = 1 THEN due
		WHEN state = 'ignored' THEN NULL
		WHEN due <= $1 THEN due
		ELSE $1 END`

func wake(ctx context.Context, tx querier, id int64, now time.Time) error {
	n, err := change(ctx, tx, `UPDATE tickets SET `+attention+` WHERE id = $2`, millis(now), id)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// redirect takes the lease away from a step that started with the old destination: it has not sent
// anything, because its intent would be in the state.
func redirect(ctx context.Context, tx querier, now time.Time, t Ticket) error {
	before, err := readTicket(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	n, err := change(ctx, tx, `
		UPDATE tickets SET tracker = $3, project = $4, issue_type = $5, rule = $6, marker = $7,
			version = version + 1,
			due = CASE WHEN leased = 1 OR turn <> '' THEN $1 ELSE due END, leased = 0, turn = '', updated = $1
		WHERE id = $2 AND state IN ('wanted', 'none', 'held') AND attempts = 0 AND ref_id = ''
			AND (tracker <> $3 OR project <> $4 OR issue_type <> $5 OR rule <> $6 OR marker <> $7)`,
		millis(now), t.ID, t.Destination.Tracker, t.Destination.Project, t.Destination.IssueType, t.Rule, t.Marker)
	if err != nil || n == 0 || before.Turn != TurnWaits {
		return err
	}
	return wakeDigest(ctx, tx, before, now)
}

// leave takes the lease away as redirect does.
func leave(ctx context.Context, tx querier, id int64, now time.Time) error {
	before, err := readTicket(ctx, tx, id)
	if err != nil {
		return err
	}
	n, err := change(ctx, tx, `
		UPDATE tickets SET version = version + 1, leased = 0, due = $1, updated = $1
		WHERE id = $2 AND EXISTS (SELECT 1 FROM findings WHERE ticket = $2)`, millis(now), id)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE tickets SET state = 'none', turn = '', reason = 'the rules lead its findings elsewhere', hint = '', held = '',
			version = version + 1, leased = 0, due = NULL, updated = $1
		WHERE id = $2`, millis(now), id)
	if err != nil || before.Turn != TurnWaits {
		return err
	}
	return wakeDigest(ctx, tx, before, now)
}

// WakeTickets makes all tickets in these states want attention and tells how many. Ignored ones stay at
// rest, and those that wait for their turn in the line: see [Store.WakeLines].
func (s *Store) WakeTickets(ctx context.Context, states []TicketState, now time.Time) (int, error) {
	var total int
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		for _, state := range states {
			n, err := change(ctx, tx,
				`UPDATE tickets SET `+attention+` WHERE state = $2 AND state <> 'ignored' AND turn <> 'waits'`, millis(now), state)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("waking tickets: %w", err)
	}
	return total, nil
}

// farthest is more than any ticket is ever put off. What is due later was scheduled by a clock that
// has been set back since.
const farthest = 48 * time.Hour

// ReleaseLeases makes the tickets that a dead process had leased due now, and those that a wrong
// clock put off for longer than anything is. Only the one owner of the database may call it, before
// it claims anything.
func (s *Store) ReleaseLeases(ctx context.Context, now time.Time) (int, error) {
	n, err := s.count(ctx, `UPDATE tickets SET leased = 0, due = $1 WHERE leased = 1 OR due > $2`,
		millis(now), millis(now.Add(farthest)))
	if err != nil {
		return 0, fmt.Errorf("releasing leases: %w", err)
	}
	return n, nil
}

// ForgetApplied makes every issue of a tracker be looked at again, because what the rows say about
// them may be wrong after a restore. Steps under way lose their lease. Tickets that wait for their
// turn are looked at too: they may have got it.
func (s *Store) ForgetApplied(ctx context.Context, tracker string, now time.Time) (int, error) {
	n, err := s.count(ctx, `
		UPDATE tickets SET known = 0, version = version + 1, leased = 0, due = $1
		WHERE tracker = $2 AND (state IN ('live', 'closed', 'none') OR turn <> '')`, millis(now), tracker)
	if err != nil {
		return 0, fmt.Errorf("forgetting what was applied on %s: %w", tracker, err)
	}
	return n, nil
}

func (s *Store) count(ctx context.Context, text string, args ...any) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, tx querier) error {
		n, err = change(ctx, tx, text, args...)
		return err
	})
	return n, err
}
