package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/datatheorem"
	"ticketd/internal/deliver"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// The simulation drives the real store, apply and deliver by hand over a scripted tracker that
// loses answers, shows effects late, lags in search and lets the process die at every call. Its
// clock is a variable: nothing waits.

const (
	simQuiet = 10 * time.Minute
	simCall  = 30 * time.Second // the default
	simLate  = 3 * time.Minute  // Z: longest delay of an effect
	simLag   = 4 * time.Minute  // L: longest lag of the search
)

// errCrash is thrown at a crash point and caught where the process would start again.
var errCrash = errors.New("simulated crash")

type simIssue struct {
	ref      ticket.Ref
	marker   string
	open     bool
	effectAt time.Time // when it comes into being
	seenAt   time.Time // when the search shows it
	comments map[string]ticket.Posted
}

type simTracker struct {
	now      func() time.Time
	rng      *rand.Rand
	faults   float64 // probability that a call goes wrong
	issues   []*simIssue
	calls    int
	comments int
	// fail, where it is set, sees every call first and may refuse it or move the clock.
	fail func(op string, r ticket.Ref) error
}

func (s *simTracker) hook(op string, r ticket.Ref) error {
	if s.fail == nil {
		return nil
	}
	err := s.fail(op, r)
	if err != nil {
		s.calls++
	}
	return err
}

func (s *simTracker) broken() bool { s.calls++; return s.rng.Float64() < s.faults }

func (s *simTracker) crash() {
	if s.faults > 0 && s.rng.IntN(12) == 0 {
		panic(errCrash)
	}
}

func simError(d ticket.Decision) error { return &ticket.Error{Op: "sim", Decision: d} }

func (s *simTracker) Identity(context.Context) (ticket.Account, error) {
	if err := s.hook("identity", ticket.Ref{}); err != nil {
		return ticket.Account{}, err
	}
	if s.broken() {
		return ticket.Account{}, simError(ticket.Retry)
	}
	return ticket.Account{ID: "1", Name: "sim"}, nil
}

func (s *simTracker) Create(_ context.Context, d ticket.Draft) (ticket.Issue, error) {
	if err := s.hook("create", ticket.Ref{}); err != nil {
		return ticket.Issue{}, err
	}
	s.crash()
	bad := s.broken()
	fault := s.rng.IntN(5)
	if bad && fault == 0 {
		return ticket.Issue{}, simError([]ticket.Decision{ticket.Retry, ticket.Pause, ticket.Slow}[s.rng.IntN(3)])
	}
	if bad && fault == 1 {
		return ticket.Issue{}, simError(ticket.Doubt) // no effect, but who knows
	}
	at := s.now()
	if bad && fault == 2 {
		at = at.Add(time.Duration(s.rng.Int64N(int64(simLate))))
	}
	i := s.add(d, true, at)
	i.seenAt = i.effectAt.Add(time.Duration(s.rng.Int64N(int64(simLag))))
	s.crash()
	if bad {
		return ticket.Issue{}, simError(ticket.Doubt)
	}
	return s.tell(i), nil
}

// add makes an issue that comes into being at a time and is searchable at once.
func (s *simTracker) add(d ticket.Draft, open bool, at time.Time) *simIssue {
	n := fmt.Sprint(len(s.issues) + 1)
	i := &simIssue{
		ref:    ticket.Ref{ID: n, Key: "SIM-" + n, Project: d.Destination.Project},
		marker: d.Marker, open: open, effectAt: at, seenAt: at, comments: make(map[string]ticket.Posted),
	}
	s.issues = append(s.issues, i)
	return i
}

func (s *simTracker) tell(i *simIssue) ticket.Issue {
	return ticket.Issue{Ref: i.ref, Marker: i.marker, Open: i.open, Ours: true, Created: i.effectAt, Status: fmt.Sprint(i.open)}
}

func (s *simTracker) get(r ticket.Ref) *simIssue {
	for _, i := range s.issues {
		if i.ref.ID == r.ID && !i.effectAt.After(s.now()) {
			return i
		}
	}
	return nil
}

func (s *simTracker) Read(_ context.Context, r ticket.Ref) (ticket.Issue, error) {
	if err := s.hook("read", r); err != nil {
		return ticket.Issue{}, err
	}
	s.crash()
	if s.broken() {
		return ticket.Issue{}, simError(ticket.Retry)
	}
	i := s.get(r)
	if i == nil {
		return ticket.Issue{}, simError(ticket.Missing)
	}
	return s.tell(i), nil
}

func (s *simTracker) Find(_ context.Context, q ticket.Query) (out []ticket.Issue, _ error) {
	if err := s.hook("find", ticket.Ref{}); err != nil {
		return nil, err
	}
	s.crash()
	if s.broken() {
		return nil, simError(ticket.Retry)
	}
	for _, i := range s.issues {
		asked := len(q.Markers) == 0 || slices.Contains(q.Markers, i.marker)
		if asked && !i.seenAt.After(s.now()) && !i.effectAt.Before(q.Since) {
			out = append(out, s.tell(i))
		}
	}
	return out, nil
}

// write runs an effect that may fail before it, after it, or be lost with the process.
func (s *simTracker) write(effect func()) error {
	s.crash()
	if s.broken() {
		switch s.rng.IntN(4) {
		case 0:
			return simError(ticket.Retry)
		case 1:
			return simError(ticket.Doubt)
		case 2:
			return simError(ticket.Conflict)
		}
		effect()
		return simError(ticket.Doubt)
	}
	effect()
	s.crash()
	return nil
}

func (s *simTracker) SetState(_ context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error) {
	op := "close"
	if c.Open {
		op = "open"
	}
	if err := s.hook(op, r); err != nil {
		return ticket.Issue{}, err
	}
	i := s.get(r)
	if i == nil {
		return ticket.Issue{}, simError(ticket.Missing)
	}
	err := s.write(func() { i.open = c.Open })
	return s.tell(i), err
}

func (s *simTracker) Update(_ context.Context, r ticket.Ref, _ ticket.Draft, w ticket.Written) (ticket.Issue, error) {
	if err := s.hook("update", r); err != nil {
		return ticket.Issue{}, err
	}
	i := s.get(r)
	if i == nil {
		return ticket.Issue{}, simError(ticket.Missing)
	}
	err := s.write(func() {})
	told := s.tell(i)
	told.Written = w
	return told, err
}

func (s *simTracker) Comments(_ context.Context, r ticket.Ref) (out []ticket.Posted, _ error) {
	if err := s.hook("comments", r); err != nil {
		return nil, err
	}
	s.crash()
	if s.broken() {
		return nil, simError(ticket.Retry)
	}
	for _, c := range s.get(r).comments {
		out = append(out, c)
	}
	return out, nil
}

func (s *simTracker) AddComment(_ context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
	if err := s.hook("comment", r); err != nil {
		return "", err
	}
	i := s.get(r)
	s.comments++
	id := fmt.Sprint(s.comments)
	return id, s.write(func() { i.comments[id] = ticket.Posted{ID: id, Marker: c.Marker} })
}

func (s *simTracker) DeleteComment(_ context.Context, r ticket.Ref, id string) error {
	if err := s.hook("delete comment", r); err != nil {
		return err
	}
	i := s.get(r)
	return s.write(func() { delete(i.comments, id) })
}

// sim is one schedule.
type sim struct {
	t       *testing.T
	clock   time.Time
	tracker *simTracker
	store   *store.Store
	applier *apply.Applier
	deliver *deliver.Deliverer
	mapping *mapping.Mapping
	crashes int
}

func newSim(t *testing.T, seed uint64, change ...func(*mapping.Rule)) *sim {
	s := &sim{t: t, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return s.clock }
	s.tracker = &simTracker{now: now, rng: rand.New(rand.NewPCG(seed, 1)), faults: 0.3}
	var err error
	if s.store, err = store.Open(t.Context(), store.Options{
		Path: filepath.Join(simDir(t), "sim.db"), Now: now, Logger: slog.New(slog.DiscardHandler),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	rule := mapping.Rule{Name: "all", Tracker: "sim", Project: "SIM"}
	for _, f := range change {
		f(&rule)
	}
	var problems []mapping.Problem
	s.mapping, problems = mapping.Compile(mapping.Spec{
		Rules:    []mapping.Rule{rule},
		Trackers: map[string]mapping.Service{"sim": mapping.Jira}, Instance: "sim",
	})
	for _, p := range problems {
		t.Fatal(p)
	}
	table, errs := datatheorem.NewTable(nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	s.applier = apply.New(apply.Options{
		Store: s.store, Table: table, Mapping: s.mapping, Logger: slog.New(slog.DiscardHandler), Now: now, Applied: func() {},
	})
	s.start()
	return s
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
	s.deliver = deliver.New(deliver.Options{
		Name: "sim", Tracker: s.tracker, Store: s.store, Mapping: s.mapping, Pace: deliver.Pace{Burst: 1},
		Timing: deliver.Timing{Quiet: simQuiet}, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.clock }, Rand: s.tracker.rng.Float64,
	})
	if _, err := s.store.ReleaseLeases(s.t.Context(), s.clock); err != nil {
		s.t.Fatal(err)
	}
}

// step runs one step of the process, which may die in it.
func (s *sim) step() (did deliver.Did) {
	defer func() {
		if r := recover(); r != nil {
			if r != errCrash { //nolint:errorlint // a recovered value
				panic(r)
			}
			s.crashes++
			s.clock = s.clock.Add(time.Duration(s.tracker.rng.IntN(120)) * time.Second)
			s.start()
			did = deliver.Did{Action: "crash", Next: s.clock}
		}
	}()
	did, err := s.deliver.Step(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return did
}

// until steps until a time, jumping from one thing to do to the next.
func (s *sim) until(end time.Time) {
	for range 3000 {
		did := s.step()
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
	s.t.Fatal("the simulation does not come to rest")
}

func (s *sim) post(body string) {
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

func statusBody(uuid, parent, verb string, at int64) string {
	return fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__FINDING_TARGET_%s","data":{"id":%q,"security_finding_id":%q},"version":1},"time":%d}`,
		verb, uuid, parent, at)
}

func noteBody(id, parent, verb string, at int64) string {
	return fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__FINDING_NOTE_%s","data":{"id":%q,"security_finding_id":%q,"text":"a note"},"version":1},"time":%d}`,
		verb, id, parent, at)
}

func TestEveryScheduleOfFaultsEndsWithOneTrueIssuePerFinding(t *testing.T) {
	schedules := uint64(60)
	if testing.Short() {
		schedules = 10
	}
	crashes, calls := 0, 0
	for seed := range schedules {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			s := newSim(t, seed)
			want, notes := s.play()
			s.tracker.faults = 0 // the tracker heals: everything must come true
			s.until(s.clock.Add(50 * time.Hour))
			s.verify(want, notes)
			crashes, calls = crashes+s.crashes, calls+s.tracker.calls
		})
	}
	t.Logf("%d schedules, %d crashes, %d tracker calls", schedules, crashes, calls)
	if crashes == 0 {
		t.Error("no schedule crashed: the simulation proves nothing")
	}
}

// play sends events of three findings in a random order with random pauses, and gives each
// finding's last disposition and whether each note stands.
func (s *sim) play() (map[string]finding.Disposition, map[string]bool) {
	verbs := []string{"CREATED", "FIXED", "CREATED", "RISK_ACCEPTED", "COMPENSATING_CONTROL"}
	become := map[string]finding.Disposition{"CREATED": finding.Open, "FIXED": finding.Fixed,
		"RISK_ACCEPTED": finding.RiskAccepted, "COMPENSATING_CONTROL": finding.CompensatingControl}
	want, notes := make(map[string]finding.Disposition), make(map[string]bool)
	rng, at := s.tracker.rng, s.clock.Unix()
	for i := range 3 {
		id, parent := fmt.Sprint("target-", i), fmt.Sprint("parent-", i)
		s.post(statusBody(id, parent, "CREATED", at))
		want[id] = finding.Open
		if i == 0 {
			note := "note-" + id
			s.post(noteBody(note, parent, "CREATED", at))
			notes[note] = true
		}
	}
	for range 2 + rng.IntN(6) {
		s.until(s.clock.Add(time.Duration(rng.Int64N(int64(15 * time.Minute)))))
		at++
		id := fmt.Sprint("target-", rng.IntN(3))
		verb := verbs[rng.IntN(len(verbs))]
		s.post(statusBody(id, "parent-"+id[len(id)-1:], verb, at))
		want[id] = become[verb]
		if rng.IntN(3) == 0 {
			s.post(noteBody("note-target-0", "parent-0", "DELETED", at))
			notes["note-target-0"] = false
		}
	}
	return want, notes
}

func (s *sim) verify(want map[string]finding.Disposition, notes map[string]bool) {
	for id, d := range want {
		key := finding.Key{Kind: finding.Target, UUID: id}
		marker := s.mapping.Marker("sim", key.String(), 1)
		var found []*simIssue
		for _, i := range s.tracker.issues {
			if i.marker == marker {
				found = append(found, i)
			}
		}
		if len(found) > 1 || (len(found) == 0 && d == finding.Open) {
			s.t.Fatalf("%s: %d issues, want 1", id, len(found))
		}
		if len(found) == 0 {
			continue // closed before its create ever succeeded: none is needed
		}
		if found[0].open == d.Closed() {
			s.t.Errorf("%s: issue open=%v, finding is %s", id, found[0].open, d)
		}
		for note, stands := range notes {
			if id != note[len("note-"):] {
				continue
			}
			if n := s.count(found[0], mapping.CommentMarker(marker, "note/"+note)); n > 1 || (n == 1) != stands {
				s.t.Errorf("%s: note is there %d times, stands=%v", id, n, stands)
			}
		}
		seen := make(map[string]int)
		for _, c := range found[0].comments {
			if seen[c.Marker]++; seen[c.Marker] > 1 {
				s.t.Errorf("%s: a comment was posted twice", id)
			}
		}
	}
}

func (s *sim) count(i *simIssue, marker string) (n int) {
	for _, c := range i.comments {
		if c.Marker == marker {
			n++
		}
	}
	return n
}
