package store

import (
	"context"
	"fmt"
	"time"
)

// RetryTicket makes a ticket due at once with its failures forgotten. A held, ignored or gone one
// goes back to what its row implies: live, to be looked at, where an issue is known; doubt where a
// create may have had an effect; wanted otherwise.
func (s *Store) RetryTicket(ctx context.Context, id int64, now time.Time) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		// Only a row that comes back to life is taken from a step under way; one that is being
		// worked on keeps its lease and is due after it.
		_, err := tx.ExecContext(ctx, `
			UPDATE tickets SET
				state = CASE WHEN ref_id <> '' THEN 'live' WHEN attempts > 0 THEN 'doubt' ELSE 'wanted' END,
				reason = '', hint = '', held = '', misses = 0, first_miss = 0, leased = 0, updated = $1
			WHERE id = $2 AND state IN ('held', 'ignored', 'gone')`, millis(now), id)
		if err != nil {
			return err
		}
		n, err := change(ctx, tx, `
			UPDATE tickets SET failures = 0, known = CASE WHEN ref_id <> '' THEN 0 ELSE known END,
				`+attention+` WHERE id = $2`, millis(now), id)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("retrying ticket %d: %w", id, err)
	}
	return nil
}

// IgnoreTicket puts a ticket to rest because a person said so; it leaves the line that it may have
// waited in. A step under way loses its lease.
func (s *Store) IgnoreTicket(ctx context.Context, id int64, reason string) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		before, err := readTicket(ctx, tx, id)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE tickets SET state = 'ignored', reason = $1, hint = '', held = '', version = version + 1,
				leased = 0, due = NULL, turn = '', updated = $2
			WHERE id = $3`, reason, millis(s.now()), id)
		if err != nil || before.Turn != TurnWaits {
			return err
		}
		return wakeDigest(ctx, tx, before, s.now())
	})
	if err != nil {
		return fmt.Errorf("ignoring ticket %d: %w", id, err)
	}
	return nil
}
