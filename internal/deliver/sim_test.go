package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/datatheorem"
	"ticketd/internal/deliver"
	"ticketd/internal/finding"
	"ticketd/mapping"
	"ticketd/store"
)

// The simulation drives the real store, apply and deliver by hand over a scripted tracker. Its clock
// is a variable: nothing waits.

const (
	simQuiet = 10 * time.Minute
	simCall  = 25 * time.Second // the default
)

// sim is a process that may die, with all that outlives it.
type sim struct {
	t       *testing.T
	clock   time.Time
	quiet   time.Duration
	skew    time.Duration // of the tracker's clock
	dir     string
	tracker *simTracker
	store   *store.Store
	applier *apply.Applier
	deliver *deliver.Deliverer
	mapping *mapping.Mapping
	table   *datatheorem.Table
	posted  []string // every body so far
	crashes int
}

func newSim(t *testing.T, seed uint64, change ...func(*mapping.Rule)) *sim {
	t.Helper()
	s := &sim{t: t, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), quiet: simQuiet, dir: simDir(t)}
	s.tracker = &simTracker{now: s.now, rng: rand.New(rand.NewPCG(seed, 1)), faults: 0.3, lag: simLag}
	s.mapping = simMapping(t, change...)
	var errs []error
	if s.table, errs = datatheorem.NewTable(nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	empty, err := emptyStore()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(), empty, 0o600); err != nil {
		t.Fatal(err)
	}
	s.openStore()
	t.Cleanup(s.closeStore)
	s.start()
	return s
}

// simMapping is a mapping of one rule for everything.
func simMapping(t *testing.T, change ...func(*mapping.Rule)) *mapping.Mapping {
	t.Helper()
	rule := mapping.Rule{Name: "all", Tracker: "sim", Project: "SIM"}
	for _, f := range change {
		f(&rule)
	}
	m, problems := mapping.Compile(mapping.Spec{
		Rules:    []mapping.Rule{rule},
		Trackers: map[string]mapping.Service{"sim": mapping.Jira}, Instance: "sim",
	})
	for _, p := range problems {
		if !p.Warning {
			t.Fatal(p)
		}
	}
	return m
}

// emptyStore is a store that has its schema, to begin with: making one is the most of a simulation.
var emptyStore = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "ticketd-sim")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "empty.db")
	st, err := store.Open(context.Background(), store.Options{Path: path, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func (s *sim) now() time.Time { return s.clock }

func (s *sim) path() string { return filepath.Join(s.dir, "sim.db") }

func (s *sim) openStore() {
	s.t.Helper()
	var err error
	if s.store, err = store.Open(s.t.Context(), store.Options{
		Path: s.path(), Now: s.now, Logger: slog.New(slog.DiscardHandler),
	}); err != nil {
		s.t.Fatal(err)
	}
	s.applier = apply.New(s.applyOptions())
}

func (s *sim) applyOptions() apply.Options {
	return apply.Options{
		Store: s.store, Table: s.table, Mapping: s.mapping, Logger: slog.New(slog.DiscardHandler), Now: s.now, Applied: func() {},
	}
}

func (s *sim) closeStore() {
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

// simDir is a folder in memory where there is one: fsync costs nothing there and is not what the
// simulation is about.
func simDir(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("/dev/shm"); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "ticketd-sim") //nolint:usetesting // t.TempDir cannot be told where
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// start is what a process does first; after a crash it is all that is left of the old one.
func (s *sim) start() {
	s.t.Helper()
	s.deliver = deliver.New(deliver.Options{
		Name: "sim", Tracker: s.tracker, Store: s.store, Mapping: s.mapping, Pace: deliver.Pace{Burst: 1},
		Timing: deliver.Timing{Quiet: s.quiet}, Logger: slog.New(slog.DiscardHandler),
		Now: s.now, Skew: func() time.Duration { return s.skew }, Rand: s.tracker.rng.Float64,
	})
	if _, err := s.store.ReleaseLeases(s.t.Context(), s.clock); err != nil {
		s.t.Fatal(err)
	}
	if !s.store.Restored() {
		return
	}
	if err := s.deliver.Restored(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.ClearRestored(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// backUp copies the store and gives what puts the copy in its place.
func (s *sim) backUp() (restore func()) {
	s.t.Helper()
	s.closeStore()
	backup, err := os.ReadFile(s.path())
	if err != nil {
		s.t.Fatal(err)
	}
	s.openStore()
	s.start()
	return func() {
		s.closeStore()
		if err := os.WriteFile(s.path(), backup, 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.openStore()
		s.start()
	}
}

// step runs one step of the process, which may die in it.
func (s *sim) step() (did deliver.Did) {
	s.t.Helper()
	var err error
	alive, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		did, err = s.deliver.Step(s.t.Context())
		alive = true
	}()
	<-ended
	if err != nil {
		s.t.Fatal(err)
	}
	if !alive {
		s.crashes++
		s.clock = s.clock.Add(time.Duration(s.tracker.rng.IntN(120)) * time.Second)
		s.start()
		return deliver.Did{Action: "crash", Next: s.clock}
	}
	return did
}

// until steps until a time, jumping from one thing to do to the next.
func (s *sim) until(end time.Time) {
	s.t.Helper()
	var did deliver.Did
	for range 3000 {
		did = s.step()
		if did.Action != "" {
			s.clock = s.clock.Add(time.Duration(s.tracker.rng.IntN(2000)) * time.Millisecond)
			continue
		}
		if did.Next.IsZero() || did.Next.After(end) {
			if end.After(s.clock) {
				s.clock = end
			}
			return
		}
		if did.Next.After(s.clock) {
			s.clock = did.Next
		}
	}
	s.t.Fatalf("the simulation does not come to rest: %q for ticket %d, again and again", did.Action, did.Ticket)
}

func (s *sim) post(body string) {
	s.t.Helper()
	s.posted = append(s.posted, body)
	if _, err := s.store.Accept(s.t.Context(), store.Incoming{Body: []byte(body), Source: "sim", Received: s.clock}); err != nil {
		s.t.Fatal(err)
	}
	for {
		if n, err := s.applier.Step(s.t.Context()); err != nil {
			s.t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}

func (s *sim) pass(d time.Duration) { s.t.Helper(); s.until(s.clock.Add(d)) }
func (s *sim) open(id string, at int64) {
	s.t.Helper()
	s.post(statusBody(id, "parent", "CREATED", at))
}
func (s *sim) fix(id string, at int64) { s.t.Helper(); s.post(statusBody(id, "parent", "FIXED", at)) }

func (s *sim) key(id string) finding.Key { return finding.Key{Kind: finding.Target, UUID: id} }

func (s *sim) marker(id string, generation int) string {
	return s.mapping.Marker("sim", s.key(id).String(), generation)
}

// row gives the ticket row that a finding has now.
func (s *sim) row(id string) store.Ticket {
	s.t.Helper()
	t, err := s.store.Ticket(s.t.Context(), s.finding(id).TicketID)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (s *sim) count(i *simIssue, marker string) (n int) {
	for _, c := range i.comments {
		if c.Marker == marker {
			n++
		}
	}
	return n
}

func statusBody(uuid, parent, verb string, at int64) string {
	return fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__FINDING_TARGET_%s","data":{"id":%q,"security_finding_id":%q},"version":1},"time":%d}`,
		verb, uuid, parent, at)
}

func noteBody(id, parent, verb string, at int64) string {
	return fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__FINDING_NOTE_%s","data":{"id":%q,"security_finding_id":%q,"text":"a note"},"version":1},"time":%d}`,
		verb, id, parent, at)
}
