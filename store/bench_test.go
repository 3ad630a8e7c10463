package store

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func BenchmarkAcceptBy64Clients(b *testing.B) {
	s, err := Open(b.Context(), Options{Path: b.TempDir() + "/ticketd.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	padding := strings.Repeat("x", 2000)
	var n atomic.Int64
	b.SetParallelism(32) // times GOMAXPROCS
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := fmt.Appendf(nil, "%d %s", n.Add(1), padding)
			if _, err := s.Accept(b.Context(), Incoming{Body: body, Received: time.Now()}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkClaimAndRecordBehindABacklog(b *testing.B) {
	for _, backlog := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(backlog), func(b *testing.B) {
			s, err := Open(b.Context(), Options{Path: b.TempDir() + "/ticketd.db"})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			now := time.Now()
			err = s.Apply(b.Context(), func(tx *Tx) error {
				for i := range backlog {
					row := wanted(fmt.Sprint(i))
					row.Due, row.Destination.Project = now, fmt.Sprint("P", i%3)
					if _, err := tx.InsertTicket(b.Context(), row); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				w, _, err := s.Claim(b.Context(), Claim{Tracker: "jira", Now: now, Lease: time.Minute, Skip: []string{"P0"}})
				if err != nil || w.Ticket.ID == 0 {
					b.Fatal(w.Ticket.ID, err)
				}
				r := Record{Ticket: w.Ticket, Done: true, Due: now, Op: &Op{Name: "create", Started: now, Ended: now}}
				if err := s.Record(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGauges measures what a scrape of the metrics asks of a large store: a million events, of which
// a thousand wait; a hundred thousand tickets of two kilobytes, half of them due, a thousand failing.
func BenchmarkGauges(b *testing.B) {
	s, err := Open(b.Context(), Options{Path: b.TempDir() + "/ticketd.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	now := time.Now()
	for _, text := range []string{`
		INSERT INTO events (digest, body, erased, source, received, last_seen, seen, state, type, kind, uuid, reason)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
		SELECT i || 'x', zeroblob(500), 0, 'token', i, i, 1, CASE WHEN i > 999000 THEN 'new' ELSE 'applied' END, 'T', 'violation', i, '' FROM n`, `
		INSERT INTO tickets (members, generation, marker, tracker, project, issue_type, rule, state,
			ref_id, ref_key, ref_project, ref_url, prev_id, prev_key, prev_project, prev_url, attempts, send_deadline,
			attempt_end, known, applied, misses, first_miss, failures, audit_at, reason, hint, version, token, leased, due, created, updated)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		SELECT 'violation/' || i, 1, 'dtw-' || i, CASE WHEN i % 2 THEN 'jira' ELSE 'hub' END, 'P' || (i % 50), 'Bug', 'all',
			CASE i % 20 WHEN 0 THEN 'held' WHEN 1 THEN 'closed' ELSE 'live' END,
			i, 'SEC-' || i, 'SEC', 'https://x/SEC-1', '', '', '', '', 1, 1000, 2000, 1, '{"draft":"' || hex(zeroblob(1000)) || '"}', 0, 0,
			CASE WHEN i % 100 = 2 THEN 3 ELSE 0 END, 0, '', '', 3, 4, 0, CASE WHEN i % 2 THEN i ELSE i + 99999999999999 END, 500, 600 FROM n`, `
		INSERT INTO ops (ticket, name, started, ended, outcome, status, text, request_id)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
		SELECT 1 + i % 100000, 'create', i, i, CASE WHEN i % 100 = 1 THEN 'retry' ELSE 'ok' END, 0, 'what was said', 'id' FROM n`,
	} {
		if _, err := s.count(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		g, err := s.Gauges(b.Context(), now)
		if err != nil || g.Pending.Count != 1000 || g.Due["jira"].Count != 50_000 || g.Due["hub"].Count != 1000 {
			b.Fatal(g.Pending, g.Due, err)
		}
	}
}
