package store

import (
	"context"
	"fmt"
)

func scanOp(r row) (Op, error) {
	var o Op
	var started, ended int64
	err := r.Scan(&o.TicketID, &o.Name, &started, &ended, &o.Outcome, &o.Status, &o.Text, &o.RequestID)
	o.Started, o.Ended = moment(started), moment(ended)
	return o, err
}

// insertOp adds a line to the record of tracker calls and gives its number.
func insertOp(ctx context.Context, tx querier, ticketID int64, o Op) (int64, error) {
	seq, err := nextOperation(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("numbering an operation: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO ops (seq, ticket, name, started, ended, outcome, status, text, request_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		seq, ticketID, o.Name, millis(o.Started), millis(o.Ended), o.Outcome, o.Status, o.Text, o.RequestID)
	return seq, err
}

// Ops gives the newest tracker calls of a ticket, oldest first; a limit of 0 means 100.
func (s *Store) Ops(ctx context.Context, ticketID int64, limit int) (all []Op, err error) {
	err = s.view(ctx, func(tx querier) error {
		all, err = query(ctx, tx, scanOp, `
			SELECT ticket, name, started, ended, outcome, status, text, request_id FROM (
				SELECT * FROM ops WHERE ticket = $1 ORDER BY seq DESC LIMIT $2
			) newest ORDER BY seq`, ticketID, atMost(limit))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the operations of ticket %d: %w", ticketID, err)
	}
	return all, nil
}
