package store

import (
	"context"
	"fmt"
)

func scanComment(r row) (Comment, error) {
	var c Comment
	var sendDeadline, attemptEnd, updated int64
	err := r.Scan(&c.TicketID, &c.Op, &c.Marker, &c.State, &c.RemoteID, &c.Attempts, &sendDeadline, &attemptEnd, &updated)
	c.SendDeadline, c.AttemptEnd, c.Updated = moment(sendDeadline), moment(attemptEnd), moment(updated)
	return c, err
}

func commentsOfTicket(ctx context.Context, tx querier, ticketID int64) ([]Comment, error) {
	return query(ctx, tx, scanComment, `
		SELECT ticket, op, marker, state, remote_id, attempts, send_deadline, attempt_end, updated
		FROM comments WHERE ticket = $1 ORDER BY op`, ticketID)
}

func (s *Store) saveComment(ctx context.Context, tx querier, c Comment) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO comments (ticket, op, marker, state, remote_id, attempts, send_deadline, attempt_end, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (ticket, op) DO UPDATE SET
			marker = excluded.marker, state = excluded.state, remote_id = excluded.remote_id,
			attempts = excluded.attempts, send_deadline = excluded.send_deadline,
			attempt_end = excluded.attempt_end, updated = excluded.updated`,
		c.TicketID, c.Op, c.Marker, c.State, c.RemoteID, c.Attempts,
		millis(c.SendDeadline), millis(c.AttemptEnd), millis(s.now()))
	return err
}

// Comments gives the comment operations of a ticket, by Op.
func (s *Store) Comments(ctx context.Context, ticketID int64) (all []Comment, err error) {
	err = s.view(ctx, func(tx querier) error {
		all, err = commentsOfTicket(ctx, tx, ticketID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the comments of ticket %d: %w", ticketID, err)
	}
	return all, nil
}
