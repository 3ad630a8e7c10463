package store

import (
	"context"
	"fmt"
)

// Counts gives the numbers of a status screen, from one snapshot. States that no row is in are
// absent.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	c := Counts{Events: map[EventState]int{}, Tickets: map[TicketState]int{}}
	err := s.view(ctx, func(tx querier) error {
		if err := tally(ctx, tx, c.Events, `SELECT state, count(*) FROM events GROUP BY state`); err != nil {
			return err
		}
		if err := tally(ctx, tx, c.Tickets, `SELECT state, count(*) FROM tickets GROUP BY state`); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM findings WHERE rule = ''`).Scan(&c.Unrouted)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("counting: %w", err)
	}
	return c, nil
}

type stateCount[S ~string] struct {
	state S
	n     int
}

func tally[S ~string](ctx context.Context, tx querier, into map[S]int, text string) error {
	counts, err := query(ctx, tx, func(r row) (c stateCount[S], err error) {
		err = r.Scan(&c.state, &c.n)
		return c, err
	}, text)
	for _, c := range counts {
		into[c.state] = c.n
	}
	return err
}
