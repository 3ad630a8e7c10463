package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"ticketd/internal/finding"
)

const findingColumns = `findings.folded, findings.rule, findings.ticket, findings.event, findings.updated`

func scanFinding(r row) (Finding, error) {
	var f Finding
	var folded []byte
	var ticketID sql.NullInt64
	var updated int64
	if err := r.Scan(&folded, &f.Rule, &ticketID, &f.Event, &updated); err != nil {
		return Finding{}, err
	}
	if err := json.Unmarshal(folded, &f.Finding); err != nil {
		return Finding{}, fmt.Errorf("decoding a finding: %w: %w", ErrDamaged, err)
	}
	f.TicketID, f.Updated = ticketID.Int64, moment(updated)
	return f, nil
}

// encode writes a value as JSON without escaping HTML, so that a member of an event comes back as
// it was.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}

func readFinding(ctx context.Context, tx querier, k finding.Key) (Finding, error) {
	return scanFinding(tx.QueryRowContext(ctx,
		`SELECT `+findingColumns+` FROM findings WHERE kind = $1 AND uuid = $2`, k.Kind, k.UUID))
}

// findingsAbout gives the finding itself, or the members of a parent, oldest first.
func findingsAbout(ctx context.Context, tx querier, subject finding.Key) ([]Finding, error) {
	if subject.Kind == finding.Parent {
		return query(ctx, tx, scanFinding,
			`SELECT `+findingColumns+` FROM findings WHERE parent = $1 AND parent <> '' ORDER BY id`, subject.UUID)
	}
	return query(ctx, tx, scanFinding,
		`SELECT `+findingColumns+` FROM findings WHERE kind = $1 AND uuid = $2`, subject.Kind, subject.UUID)
}

func findingsOfTicket(ctx context.Context, tx querier, ticketID int64) ([]Finding, error) {
	return query(ctx, tx, scanFinding,
		`SELECT `+findingColumns+` FROM findings WHERE ticket = $1 ORDER BY id`, ticketID)
}

func (s *Store) saveFinding(ctx context.Context, tx querier, f Finding) error {
	folded, err := encode(f.Finding)
	if err != nil {
		return fmt.Errorf("encoding finding %s: %w", f.Key, err)
	}
	if f.Updated.IsZero() {
		f.Updated = s.now()
	}
	ticketID := sql.NullInt64{Int64: f.TicketID, Valid: f.TicketID != 0}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO findings (kind, uuid, parent, disposition, folded, rule, ticket, event, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (kind, uuid) DO UPDATE SET
			parent = excluded.parent, disposition = excluded.disposition, folded = excluded.folded,
			rule = excluded.rule, ticket = excluded.ticket, event = excluded.event, updated = excluded.updated`,
		f.Key.Kind, f.Key.UUID, f.Parent.Text, f.Disposition, folded, f.Rule, ticketID, f.Event, millis(f.Updated))
	return err
}

// FindingByKey gives a finding, or [ErrNotFound].
func (s *Store) FindingByKey(ctx context.Context, key finding.Key) (f Finding, err error) {
	err = s.look(ctx, func(tx querier) error {
		f, err = readFinding(ctx, tx, key)
		return err
	})
	if err != nil {
		return Finding{}, fmt.Errorf("reading finding %s: %w", key, err)
	}
	return f, nil
}

// FindingsOfTicket gives the findings behind a ticket, oldest first.
func (s *Store) FindingsOfTicket(ctx context.Context, id int64) (all []Finding, err error) {
	err = s.look(ctx, func(tx querier) error {
		all, err = findingsOfTicket(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the findings of ticket %d: %w", id, err)
	}
	return all, nil
}

// Unrouted gives findings that no rule matched, oldest first.
func (s *Store) Unrouted(ctx context.Context, limit int) (all []Finding, err error) {
	err = s.view(ctx, func(tx querier) error {
		all, err = query(ctx, tx, scanFinding,
			`SELECT `+findingColumns+` FROM findings WHERE rule = '' ORDER BY id LIMIT $1`, atMost(limit))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading unrouted findings: %w", err)
	}
	return all, nil
}
