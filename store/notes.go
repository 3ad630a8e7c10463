package store

import (
	"context"

	"ticketd/internal/finding"
)

const noteColumns = `n.kind, n.uuid, n.id AS note, n.text, n.author, n.created, n.stamp_time, n.stamp_rank, n.stamp_tie, n.deleted`

func scanNote(r row) (finding.Note, error) {
	var n finding.Note
	err := r.Scan(&n.Subject.Kind, &n.Subject.UUID, &n.ID, &n.Text, &n.Author, &n.Created,
		&n.Stamp.Time, &n.Stamp.Rank, &n.Stamp.Tie, &n.Deleted)
	return n, err
}

func readNote(ctx context.Context, tx querier, subject finding.Key, id string) (finding.Note, error) {
	return scanNote(tx.QueryRowContext(ctx, `
		SELECT `+noteColumns+` FROM notes n WHERE n.kind = $1 AND n.uuid = $2 AND n.id = $3`,
		subject.Kind, subject.UUID, id))
}

func saveNote(ctx context.Context, tx querier, n finding.Note) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO notes (kind, uuid, id, text, author, created, stamp_time, stamp_rank, stamp_tie, deleted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (kind, uuid, id) DO UPDATE SET
			text = excluded.text, author = excluded.author, created = excluded.created,
			stamp_time = excluded.stamp_time, stamp_rank = excluded.stamp_rank,
			stamp_tie = excluded.stamp_tie, deleted = excluded.deleted`,
		n.Subject.Kind, n.Subject.UUID, n.ID, n.Text, n.Author, n.Created,
		n.Stamp.Time, n.Stamp.Rank, n.Stamp.Tie, number(n.Deleted))
	return err
}

// notesOfTicket gives the notes on the members of a ticket and on their parents, by creation. A
// note on a parent comes once, however many members the parent has.
func notesOfTicket(ctx context.Context, tx querier, ticketID int64) ([]finding.Note, error) {
	return query(ctx, tx, scanNote, `
		SELECT `+noteColumns+` FROM findings f JOIN notes n ON n.kind = f.kind AND n.uuid = f.uuid
		WHERE f.ticket = $1
		UNION
		SELECT `+noteColumns+` FROM findings f JOIN notes n ON n.kind = 'parent' AND n.uuid = f.parent
		WHERE f.ticket = $1 AND f.parent <> ''
		ORDER BY stamp_time, stamp_rank, stamp_tie, note`, ticketID)
}
