package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/proof"
)

const eventColumns = `seq, digest, body, erased, source, received, last_seen, seen, state, type, kind, uuid, reason`

const pendingQuery = `SELECT ` + eventColumns + ` FROM events WHERE state = 'new' ORDER BY seq LIMIT $1`

func scanEvent(r row) (Event, error) {
	var e Event
	var received, lastSeen int64
	var erased bool
	err := r.Scan(&e.Seq, &e.Digest, &e.Body, &erased, &e.Source, &received, &lastSeen, &e.Seen,
		&e.State, &e.Type, &e.Key.Kind, &e.Key.UUID, &e.Reason)
	e.Received, e.LastSeen = moment(received), moment(lastSeen)
	e.Damaged = !erased && digest(e.Body) != e.Digest
	return e, err
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Accept keeps a body and returns when it is on disk. A body that is known already, even one that
// was erased, is counted; one that the disk has damaged since is put right, and made new again if it
// could not be understood.
func (s *Store) Accept(ctx context.Context, in Incoming) (Accepted, error) {
	var a Accepted
	if proof.Without(ctx, proof.Dedupe) { // then no two bodies are the same
		in.Body = append(slices.Clone(in.Body), bytes.Repeat([]byte(" "), 1+int(in.Received.UnixMilli()%9999))...)
	}
	err := s.writer.write(ctx, func(ctx context.Context, tx querier) (mark, error) {
		err := tx.QueryRowContext(ctx, `
			INSERT INTO events (digest, body, erased, source, received, last_seen, seen, state, type, kind, uuid, reason)
			VALUES ($1, $2, 0, $3, $4, $4, 1, 'new', '', '', '', '')
			ON CONFLICT (digest) DO UPDATE SET seen = events.seen + 1, last_seen = excluded.last_seen,
				body = CASE WHEN erased = 1 THEN body ELSE excluded.body END,
				state = CASE WHEN erased = 0 AND body <> excluded.body AND state = 'unparsed' THEN 'new' ELSE state END
			RETURNING seq, seen`,
			digest(in.Body), notNull(in.Body), in.Source, millis(in.Received)).Scan(&a.Seq, &a.Seen)
		return mark{event: a.Seq}, err
	})
	if err != nil {
		return Accepted{}, fmt.Errorf("accepting an event: %w", err)
	}
	return a, nil
}

// notNull keeps a nil slice from becoming NULL.
func notNull(body []byte) []byte {
	if body == nil {
		return []byte{}
	}
	return body
}

// PendingEvents gives the oldest events that were not looked at yet, in portions of some megabytes.
func (s *Store) PendingEvents(ctx context.Context, limit int) ([]Event, error) {
	var events []Event
	err := s.look(ctx, func(tx querier) (err error) {
		events, err = pendingEvents(ctx, tx, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading pending events: %w", err)
	}
	return events, nil
}

// portion is the size of bodies, in bytes, after which no further event is given: as many as a limit
// allows could be a lot of memory, and a long transaction to apply.
const portion = 4 << 20

func pendingEvents(ctx context.Context, tx querier, limit int) (events []Event, err error) {
	rows, err := tx.QueryContext(ctx, pendingQuery, atMost(limit))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for size := 0; size < portion && rows.Next(); {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		size += len(e.Body)
		events = append(events, e)
	}
	return events, rows.Err()
}

// Events gives the events that fit the filter, oldest first: the ones that follow After, or without
// it the newest.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]Event, error) {
	const fits = ` FROM events WHERE ($1 = '' OR $1 LIKE '%,' || state || ',%') AND ($2 = '' OR type = $2)`
	text := `SELECT ` + eventColumns + ` FROM (
			SELECT ` + eventColumns + fits + ` AND seq > $3 ORDER BY seq DESC LIMIT $4
		) newest ORDER BY seq`
	if f.After > 0 {
		text = `SELECT ` + eventColumns + fits + ` AND seq > $3 ORDER BY seq LIMIT $4`
	}
	var events []Event
	err := s.view(ctx, func(tx querier) (err error) {
		events, err = query(ctx, tx, scanEvent, text, anyOf(f.States), f.Type, f.After, atMost(f.Limit))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing events: %w", err)
	}
	return events, nil
}

// anyOf writes states as ",new,applied," for a query that takes any number of them in one
// placeholder; "" for none.
func anyOf[S ~string](states []S) string {
	if len(states) == 0 {
		return ""
	}
	var b strings.Builder
	for _, state := range states {
		b.WriteString("," + string(state))
	}
	return b.String() + ","
}

// Event gives one event, or [ErrNotFound].
func (s *Store) Event(ctx context.Context, seq int64) (Event, error) {
	e, err := s.oneEvent(ctx, `SELECT `+eventColumns+` FROM events WHERE seq = $1`, seq)
	if err != nil {
		return Event{}, fmt.Errorf("reading event %d: %w", seq, err)
	}
	return e, nil
}

// LastEvent gives the newest event, or [ErrNotFound].
func (s *Store) LastEvent(ctx context.Context) (Event, error) {
	e, err := s.oneEvent(ctx, `SELECT `+eventColumns+` FROM events ORDER BY seq DESC LIMIT 1`)
	if err != nil {
		return Event{}, fmt.Errorf("reading the newest event: %w", err)
	}
	return e, nil
}

func (s *Store) oneEvent(ctx context.Context, text string, args ...any) (e Event, err error) {
	err = s.look(ctx, func(tx querier) error {
		e, err = scanEvent(tx.QueryRowContext(ctx, text, args...))
		return err
	})
	return e, err
}

// RequeueEvents makes events new again, to be applied once more, and tells how many. What was
// erased stays as it is.
func (s *Store) RequeueEvents(ctx context.Context, states []EventState) (int, error) {
	var total int
	err := s.do(ctx, func(ctx context.Context, tx querier) error {
		for _, state := range states {
			n, err := change(ctx, tx, `
				UPDATE events SET state = 'new', reason = ''
				WHERE state = $1 AND state NOT IN ('new', 'personal') AND erased = 0`, state)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("requeueing events: %w", err)
	}
	return total, nil
}

func setEvent(ctx context.Context, tx querier, e Event, erase bool) error {
	n, err := change(ctx, tx, `
		UPDATE events SET state = $2, type = $3, kind = $4, uuid = $5, reason = $6,
			erased = CASE WHEN $7 = 1 THEN 1 ELSE erased END,
			body = CASE WHEN $7 = 1 THEN $8 ELSE body END
		WHERE seq = $1`,
		e.Seq, e.State, e.Type, e.Key.Kind, e.Key.UUID, e.Reason, number(erase), []byte{})
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}
