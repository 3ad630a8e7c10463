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
