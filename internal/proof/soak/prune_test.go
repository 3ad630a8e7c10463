package soak_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"ticketd/internal/proof/report"
	"ticketd/store"
)

var rows = flag.Int("rows", 5_000, "how many events the store holds while some of them are pruned")

const (
	mostPruned = 30_000               // of the rows
	body       = 2_000                // bytes of a body, as Data Theorem's have
	everyFew   = 5 * time.Millisecond // comes a webhook
)

func TestPruningHoldsUpNoWebhook(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run leaves out figures: the store's own tests look for races of pruning")
	}
	path := filepath.Join(t.TempDir(), "ticketd.db")
	now := time.Now()
	old := min(*rows/10, mostPruned)
	fill(t, path, *rows, old, now)
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()

	p := s.Pruner(now.Add(-time.Hour))
	began := time.Now()
	during := accepting(t, s, "during", func() {
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	took := time.Since(began)
	after := accepting(t, s, "after", func() { <-time.After(took) }) // the same without pruning
	if got := p.Pruned().Events; got != old {
		t.Errorf("%d of %d events were pruned", got, old)
	}
	counts, err := s.Counts(t.Context())
	if err != nil || counts.Events[store.EventApplied] != *rows-old || counts.Events[store.EventNew] != len(during)+len(after) {
		t.Errorf("left are %v after %d and %d were accepted: %v", counts.Events, len(during), len(after), err)
	}
	report.Tell(t, report.Row{
		Part: "Soak",
		What: fmt.Sprintf("%d events of %d bytes in the store, the oldest %d pruned in %s, %d webhooks accepted meanwhile",
			*rows, body, old, took.Round(time.Second/10), len(during)),
		Outcome: fmt.Sprintf("longest wait for a commit %s (99 %% within %s); in the same time without pruning %s (%s)",
			longest(during, 1), longest(during, 0.99), longest(after, 1), longest(after, 0.99)),
	})
}

// longest gives the longest of the given part of all waits.
func longest(waits []time.Duration, part float64) time.Duration {
	sorted := slices.Sorted(slices.Values(waits))
	return sorted[int(float64(len(sorted)-1)*part)].Round(100 * time.Microsecond)
}

// accepting accepts a body every few milliseconds, whatever became of the one before, until do returns,
// and gives how long each, at least one, had to wait.
func accepting(t *testing.T, s *store.Store, name string, do func()) (waits []time.Duration) {
	t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		do()
	}()
	var mu sync.Mutex
	var all sync.WaitGroup
	tick := time.NewTicker(everyFew)
	defer tick.Stop()
	for n := 0; ; n++ {
		all.Go(func() {
			in := store.Incoming{Body: fmt.Appendf(nil, "%s %*d", name, body, n), Received: time.Now()}
			began := time.Now()
			_, err := s.Accept(t.Context(), in)
			took := time.Since(began)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, took)
		})
		select {
		case <-over:
			all.Wait()
			return waits
		case <-tick.C:
		}
	}
}

// fill makes a store of applied events, of which the first are a day old and the others are of now.
func fill(t *testing.T, path string, rows, old int, now time.Time) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path}) // makes the tables
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path+"?_pragma=cache_size(-500000)")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`PRAGMA journal_mode = OFF`, // or all would be written twice; the store sets its own again
		`PRAGMA synchronous = OFF`,
		`INSERT INTO events (digest, body, erased, source, received, last_seen, seen, state, type, kind, uuid, reason)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + strconv.Itoa(rows) + `)
		SELECT lower(hex(randomblob(32))), zeroblob(` + strconv.Itoa(body) + `), 0, 'fill', at, at, 1, 'applied', 'TYPE', 'target', 'u' || i, ''
		FROM (SELECT i, ` + strconv.FormatInt(now.UnixMilli(), 10) + ` - (i <= ` + strconv.Itoa(old) + `) * 86400000 AS at FROM n)`,
	} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	settle(t, path)
}

// settle has the system write down what was filled in, or the first to wait for the disk would wait for
// gigabytes of it.
func settle(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
