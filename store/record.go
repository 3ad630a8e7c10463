package store

import (
	"context"
	"fmt"

	"ticketd/internal/proof"
)

// Record writes what a step did, all of it or nothing. It gives [ErrFenced], and writes nothing,
// when the ticket was claimed again meanwhile or its lease was given back or taken away. When the
// findings or notes behind the ticket changed since the claim, giving the lease back makes it due
// at once.
func (s *Store) Record(ctx context.Context, r Record) error {
	err := s.writer.write(ctx, func(ctx context.Context, tx querier) (mark, error) {
		if err := s.updateTicket(ctx, tx, r); err != nil {
			return mark{}, err
		}
		for _, c := range r.Comments {
			c.TicketID = r.Ticket.ID
			if err := s.saveComment(ctx, tx, c); err != nil {
				return mark{}, err
			}
		}
		if r.Next != nil {
			if err := s.succeed(ctx, tx, r.Ticket.ID, *r.Next); err != nil {
				return mark{}, err
			}
		}
		if r.Digest != nil {
			if err := s.feed(ctx, tx, *r.Digest); err != nil {
				return mark{}, err
			}
		}
		if r.Op == nil {
			return mark{}, nil
		}
		operation, err := insertOp(ctx, tx, r.Ticket.ID, *r.Op)
		return mark{operation: operation}, err
	})
	if err != nil {
		return fmt.Errorf("recording a step of ticket %d: %w", r.Ticket.ID, err)
	}
	return nil
}

func (s *Store) updateTicket(ctx context.Context, tx querier, r Record) error {
	args, err := r.Ticket.body()
	if err != nil {
		return err
	}
	if proof.Without(ctx, proof.Fencing) {
		if _, err := tx.ExecContext(ctx, `UPDATE tickets SET token = $1, leased = 1 WHERE id = $2`, r.Ticket.Token, r.Ticket.ID); err != nil {
			return err
		}
	}
	args = append(args, r.Ticket.ID, r.Ticket.Token, r.Ticket.Version, number(r.Done), optional(r.Due), millis(s.now()))
	n, err := change(ctx, tx, `
		UPDATE tickets SET marker = $1, tracker = $2, project = $3, issue_type = $4, rule = $5, state = $6,
			ref_id = $7, ref_key = $8, ref_project = $9, ref_url = $10,
			prev_id = $11, prev_key = $12, prev_project = $13, prev_url = $14,
			attempts = $15, send_deadline = $16, attempt_end = $17, known = $18, applied = $19,
			misses = $20, first_miss = $21, failures = $22, audit_at = $23, reason = $24, hint = $25,
			made = $26, turn = $27, held = $28,
			due = CASE WHEN $32 = 0 THEN due WHEN version = $31 THEN $33 ELSE $34 END,
			leased = CASE WHEN $32 = 0 THEN 1 ELSE 0 END,
			updated = $34
		WHERE id = $29 AND token = $30 AND leased = 1`, args...)
	if err == nil && n == 0 {
		err = ErrFenced
	}
	return err
}

// succeed adds the following generation of a ticket's group and moves the findings to it. It is due
// at once unless it says otherwise.
func (s *Store) succeed(ctx context.Context, tx querier, old int64, next Ticket) error {
	before, err := readTicket(ctx, tx, old)
	if err != nil {
		return err
	}
	next.Group, next.Generation = before.Group, before.Generation+1
	next.Version, next.Token = 0, 0
	if next.Due.IsZero() {
		next.Due = s.now()
	}
	id, err := s.insertTicket(ctx, tx, next)
	if err != nil {
		return fmt.Errorf("adding generation %d of %s: %w", next.Generation, next.Group, err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE findings SET ticket = $1 WHERE ticket = $2`, id, old)
	return err
}
