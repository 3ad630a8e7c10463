package store

import (
	"context"
	"fmt"
)

// Space is what a database takes on the disk, in bytes.
type Space struct {
	Size int64 // of its file, without the log
	Free int64 // of that, what is used again before the file grows
}

// Space tells how large the database is and how much of it is free inside.
func (s *Store) Space(ctx context.Context) (Space, error) {
	var p Space
	err := s.view(ctx, func(tx querier) error {
		return tx.QueryRowContext(ctx, `SELECT page_count * page_size, freelist_count * page_size
			FROM pragma_page_count, pragma_page_size, pragma_freelist_count`).Scan(&p.Size, &p.Free)
	})
	if err != nil {
		return Space{}, fmt.Errorf("asking for the size of the database: %w", err)
	}
	return p, nil
}
