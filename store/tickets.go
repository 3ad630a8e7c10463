package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

const ticketColumns = `id, members, generation, marker, tracker, project, issue_type, rule, state,
	ref_id, ref_key, ref_project, ref_url, prev_id, prev_key, prev_project, prev_url,
	attempts, send_deadline, attempt_end, known, applied, misses, first_miss, failures, audit_at,
	reason, hint, version, token, due, created, updated, digest, made, turn, held`

func scanTicket(r row) (Ticket, error) {
	var t Ticket
	var applied []byte
	var known bool
	var sendDeadline, attemptEnd, firstMiss, auditAt, created, updated, made int64
	var due sql.NullInt64
	err := r.Scan(&t.ID, &t.Group, &t.Generation, &t.Marker,
		&t.Destination.Tracker, &t.Destination.Project, &t.Destination.IssueType, &t.Rule, &t.State,
		&t.Ref.ID, &t.Ref.Key, &t.Ref.Project, &t.Ref.URL,
		&t.Previous.ID, &t.Previous.Key, &t.Previous.Project, &t.Previous.URL,
		&t.Attempts, &sendDeadline, &attemptEnd, &known, &applied, &t.Misses, &firstMiss, &t.Failures, &auditAt,
		&t.Reason, &t.Hint, &t.Version, &t.Token, &due, &created, &updated, &t.Digest, &made, &t.Turn, &t.Held)
	if err != nil {
		return Ticket{}, err
	}
	if err := json.Unmarshal(applied, &t.Applied); err != nil {
		return Ticket{}, fmt.Errorf("decoding ticket %d: %w: %w", t.ID, ErrDamaged, err)
	}
	t.Applied.Known = known // the column decides: [Store.ForgetApplied] changes only it
	t.SendDeadline, t.AttemptEnd, t.FirstMiss = moment(sendDeadline), moment(attemptEnd), moment(firstMiss)
	t.AuditAt, t.Created, t.Updated, t.Made = moment(auditAt), moment(created), moment(updated), moment(made)
	if due.Valid {
		t.Due = moment(due.Int64)
	}
	return t, nil
}

func readTicket(ctx context.Context, tx querier, id int64) (Ticket, error) {
	return scanTicket(tx.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE id = $1`, id))
}

func latestTicket(ctx context.Context, tx querier, group string) (Ticket, error) {
	return scanTicket(tx.QueryRowContext(ctx, `
		SELECT `+ticketColumns+` FROM tickets WHERE members = $1 ORDER BY generation DESC LIMIT 1`, group))
}

// body gives the columns that a step may change, in the order in which insertTicket and
// updateTicket name them.
func (t Ticket) body() ([]any, error) {
	applied, err := encode(t.Applied)
	if err != nil {
		return nil, fmt.Errorf("encoding ticket %d: %w", t.ID, err)
	}
	return []any{
		t.Marker, t.Destination.Tracker, t.Destination.Project, t.Destination.IssueType, t.Rule, t.State,
		t.Ref.ID, t.Ref.Key, t.Ref.Project, t.Ref.URL,
		t.Previous.ID, t.Previous.Key, t.Previous.Project, t.Previous.URL,
		t.Attempts, millis(t.SendDeadline), millis(t.AttemptEnd), number(t.Applied.Known), applied,
		t.Misses, millis(t.FirstMiss), t.Failures, millis(t.AuditAt), t.Reason, t.Hint,
		millis(t.Made), t.Turn, t.Held,
	}, nil
}

// insertTicket adds a row; a Generation of 0 counts as 1, a zero Created as now.
func (s *Store) insertTicket(ctx context.Context, tx querier, t Ticket) (int64, error) {
	args, err := t.body()
	if err != nil {
		return 0, err
	}
	now := s.now()
	if t.Created.IsZero() {
		t.Created = now
	}
	args = append(args, t.Group, max(t.Generation, 1), t.Version, t.Token, optional(t.Due), millis(t.Created), millis(now), number(t.Digest))
	var id int64
	err = tx.QueryRowContext(ctx, `
		INSERT INTO tickets (marker, tracker, project, issue_type, rule, state,
			ref_id, ref_key, ref_project, ref_url, prev_id, prev_key, prev_project, prev_url,
			attempts, send_deadline, attempt_end, known, applied,
			misses, first_miss, failures, audit_at, reason, hint, made, turn, held,
			members, generation, version, token, due, created, updated, digest, leased)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
			$20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, 0)
		RETURNING id`, args...).Scan(&id)
	return id, err
}

// Ticket gives a ticket, or [ErrNotFound].
func (s *Store) Ticket(ctx context.Context, id int64) (Ticket, error) {
	t, err := s.oneTicket(ctx, `id = $1`, id)
	if err != nil {
		return Ticket{}, fmt.Errorf("reading ticket %d: %w", id, err)
	}
	return t, nil
}

// TicketByMarker gives the ticket with a marker, or [ErrNotFound].
func (s *Store) TicketByMarker(ctx context.Context, marker string) (Ticket, error) {
	t, err := s.oneTicket(ctx, `marker = $1`, marker)
	if err != nil {
		return Ticket{}, fmt.Errorf("reading the ticket with marker %s: %w", marker, err)
	}
	return t, nil
}

func (s *Store) oneTicket(ctx context.Context, where string, args ...any) (t Ticket, err error) {
	err = s.look(ctx, func(tx querier) error {
		t, err = scanTicket(tx.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE `+where, args...))
		return err
	})
	return t, err
}

// Tickets gives the tickets that fit the filter, newest first.
func (s *Store) Tickets(ctx context.Context, f TicketFilter) (all []Ticket, err error) {
	err = s.view(ctx, func(tx querier) error {
		all, err = query(ctx, tx, scanTicket, `
			SELECT `+ticketColumns+` FROM tickets
			WHERE ($1 = '' OR $1 LIKE '%,' || state || ',%')
				AND ($2 = '' OR tracker = $2) AND ($3 = '' OR project = $3)
			ORDER BY id DESC LIMIT $4`,
			anyOf(f.States), f.Tracker, f.Project, atMost(f.Limit))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing tickets: %w", err)
	}
	return all, nil
}
