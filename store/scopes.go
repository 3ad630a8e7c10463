package store

import (
	"context"
	"fmt"
)

func scanScope(r row) (Scope, error) {
	var c Scope
	var pausedUntil, auditedAt int64
	err := r.Scan(&c.Tracker, &c.Project, &pausedUntil, &c.PauseReason, &c.PauseKind, &c.Pauses, &auditedAt, &c.Slowed)
	c.PausedUntil, c.AuditedAt = moment(pausedUntil), moment(auditedAt)
	return c, err
}

// Scopes gives what is kept about a tracker and its projects, the tracker itself first.
func (s *Store) Scopes(ctx context.Context, tracker string) (all []Scope, err error) {
	err = s.look(ctx, func(tx querier) error {
		all, err = query(ctx, tx, scanScope, `
			SELECT tracker, project, paused_until, pause_reason, pause_kind, pauses, audited_at, slowed
			FROM scopes WHERE tracker = $1 ORDER BY project`, tracker)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the scopes of %s: %w", tracker, err)
	}
	return all, nil
}

// SaveScope writes a scope, new or known.
func (s *Store) SaveScope(ctx context.Context, c Scope) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO scopes (tracker, project, paused_until, pause_reason, pause_kind, pauses, audited_at, slowed)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (tracker, project) DO UPDATE SET
				paused_until = excluded.paused_until, pause_reason = excluded.pause_reason,
				pause_kind = excluded.pause_kind, pauses = excluded.pauses,
				audited_at = excluded.audited_at, slowed = excluded.slowed`,
			c.Tracker, c.Project, millis(c.PausedUntil), c.PauseReason, c.PauseKind, c.Pauses, millis(c.AuditedAt), c.Slowed)
		return err
	})
	if err != nil {
		return fmt.Errorf("saving scope %s/%s: %w", c.Tracker, c.Project, err)
	}
	return nil
}
