package deliver_test

import (
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/deliver"
	"ticketd/mapping"
	"ticketd/store"
)

const (
	simQuiet = 10 * time.Minute
	simCall  = 25 * time.Second // the default
)

// sim is a process that is driven by hand, step by step. Its clock is a variable: nothing waits.
type sim struct {
	ground

	clock   time.Time
	skew    time.Duration // of the tracker's clock, as ticketd sees it
	applier *apply.Applier
	deliver *deliver.Deliverer

	credential [sha256.Size]byte // of the tracker
}

// calm is a simulation of which nothing goes wrong but what a test scripts.
func calm(t *testing.T, change ...func(*mapping.Rule)) *sim {
	t.Helper()
	s := &sim{clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	s.ground = newGround(t, &simTracker{now: s.now, rng: rand.New(rand.NewPCG(1, 1))}, change...)
	s.openStore()
	t.Cleanup(s.closeStore)
	s.start()
	return s
}

func (s *sim) now() time.Time { return s.clock }

func (s *sim) openStore() {
	s.t.Helper()
	var err error
	if s.store, err = store.Open(s.t.Context(), store.Options{Path: s.path(), Now: s.now, Logger: quiet()}); err != nil {
		s.t.Fatal(err)
	}
	s.applier = apply.New(s.applyOptions())
}

func (s *sim) applyOptions() apply.Options {
	return apply.Options{
		Store: s.store, Table: s.table, Mapping: s.mapping, Logger: quiet(), Now: s.now, Applied: func() {},
	}
}

func (s *sim) closeStore() {
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

// start is what a process does first; after one that died it is all that is left of the old one.
func (s *sim) start() {
	s.t.Helper()
	s.deliver = deliver.New(deliver.Options{
		Name: "sim", Tracker: s.tracker, Store: s.store, Mapping: s.mapping, Pace: deliver.Pace{Burst: 1},
		Timing: deliver.Timing{Quiet: simQuiet}, Logger: quiet(),
		Now: s.now, Skew: func() time.Duration { return s.skew }, Rand: s.tracker.rng.Float64,
		Credential: func() [sha256.Size]byte { return s.credential },
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
