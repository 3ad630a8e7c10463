package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
)

// FindTicket gives the ticket that a person means by a word: a row id, an issue key, a marker, a
// group ("violation/924f…") or the UUID of a finding; the newest generation where several fit. It
// gives [ErrNotFound] where none does.
func (s *Store) FindTicket(ctx context.Context, word string) (t Ticket, err error) {
	err = s.view(ctx, func(tx querier) error {
		t, err = findTicket(ctx, tx, word)
		return err
	})
	if err != nil {
		return Ticket{}, fmt.Errorf("looking for ticket %q: %w", word, err)
	}
	return t, nil
}

func findTicket(ctx context.Context, tx querier, word string) (Ticket, error) {
	if id, err := strconv.ParseInt(word, 10, 64); err == nil {
		if t, err := readTicket(ctx, tx, id); !errors.Is(err, sql.ErrNoRows) {
			return t, err
		}
	}
	for _, where := range []string{
		`ref_key = $1 AND ref_key <> '' ORDER BY id DESC LIMIT 1`,
		`marker = $1`,
		`members = $1 ORDER BY generation DESC LIMIT 1`,
		`id = (SELECT max(ticket) FROM findings WHERE uuid = $1)`,
	} {
		t, err := scanTicket(tx.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE `+where, word))
		if !errors.Is(err, sql.ErrNoRows) {
			return t, err
		}
	}
	return Ticket{}, ErrNotFound
}
