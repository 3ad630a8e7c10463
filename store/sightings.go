package store

import (
	"context"
	"fmt"
)

func scanSighting(r row) (Sighting, error) {
	var g Sighting
	var created int64
	err := r.Scan(&g.Tracker, &g.Marker, &g.Ref.ID, &g.Ref.Key, &g.Ref.Project, &g.Ref.URL, &g.Open, &created)
	g.Created = moment(created)
	return g, err
}

// Sight keeps issues of ours that an audit saw, all or none.
func (s *Store) Sight(ctx context.Context, seen []Sighting) error {
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		for _, g := range seen {
			if err := saveSighting(ctx, tx, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping what an audit saw: %w", err)
	}
	return nil
}

func saveSighting(ctx context.Context, tx querier, g Sighting) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO sightings (tracker, marker, ref_id, ref_key, ref_project, ref_url, open, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tracker, marker, ref_id) DO UPDATE SET
			ref_key = excluded.ref_key, ref_project = excluded.ref_project, ref_url = excluded.ref_url,
			open = excluded.open, created = excluded.created`,
		g.Tracker, g.Marker, g.Ref.ID, g.Ref.Key, g.Ref.Project, g.Ref.URL, number(g.Open), millis(g.Created))
	return err
}

// Sighted gives the oldest issue that was seen with a marker, or [ErrNotFound].
func (s *Store) Sighted(ctx context.Context, tracker, marker string) (g Sighting, err error) {
	err = s.look(ctx, func(tx querier) error {
		g, err = scanSighting(tx.QueryRowContext(ctx, `
			SELECT tracker, marker, ref_id, ref_key, ref_project, ref_url, open, created FROM sightings
			WHERE tracker = $1 AND marker = $2 ORDER BY created, ref_id LIMIT 1`, tracker, marker))
		return err
	})
	if err != nil {
		return Sighting{}, fmt.Errorf("looking for an issue with marker %s: %w", marker, err)
	}
	return g, nil
}
