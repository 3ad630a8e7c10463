package apply_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/apply"
	"ticketd/internal/datatheorem"
	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is an applier over a real store; woken counts how often it had news for the trackers.
type bench struct {
	*apply.Applier

	t     *testing.T
	store *store.Store
	path  string
	rules *mapping.Mapping
	woken int
}

const (
	violationsOnly = "violation"
	everything     = "*"
)

// newBench routes findings of a kind to project SEC.
func newBench(t *testing.T, kind string) *bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "apply.db")
	s, err := store.Open(t.Context(), store.Options{Path: path, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{t: t, store: s, path: path}
	b.use(kind, "SEC")
	return b
}

// use goes on with other rules, as after a restart.
func (b *bench) use(kind, project string) {
	b.t.Helper()
	rules, problems := mapping.Compile(mapping.Spec{
		Rules:    []mapping.Rule{{Name: "rule-" + project, Match: mapping.Match{Kind: mapping.Patterns{kind}}, Tracker: "jira", Project: project}},
		Trackers: map[string]mapping.Service{"jira": mapping.Jira}, Instance: "test",
	})
	if rules == nil {
		b.t.Fatal(problems)
	}
	b.rules = rules
	table, errs := datatheorem.NewTable(nil)
	if len(errs) > 0 {
		b.t.Fatal(errs)
	}
	b.Applier = apply.New(apply.Options{
		Store: b.store, Table: table, Mapping: rules, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return noon }, Applied: func() { b.woken++ },
	})
}

func (b *bench) post(bodies ...string) {
	b.t.Helper()
	for _, body := range bodies {
		if _, err := b.store.Accept(b.t.Context(), store.Incoming{Body: []byte(body), Source: "test", Received: noon}); err != nil {
			b.t.Fatal(err)
		}
	}
	if n, err := b.Step(b.t.Context()); err != nil || n != len(bodies) {
		b.t.Fatalf("applied %d of %d: %v", n, len(bodies), err)
	}
}

func (b *bench) event(seq int64) store.Event {
	b.t.Helper()
	e, err := b.store.Event(b.t.Context(), seq)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) tickets() []store.Ticket {
	b.t.Helper()
	all, err := b.store.Tickets(b.t.Context(), store.TicketFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// occupy gives the marker of a group's ticket to another, so that a ticket of the group cannot be
// inserted.
func (b *bench) occupy(group string) {
	b.t.Helper()
	err := b.store.Apply(b.t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertTicket(b.t.Context(), store.Ticket{
			Group: "another", Generation: 1, Marker: b.rules.Marker("jira", group, 1), State: store.TicketIgnored,
			Destination: ticket.Destination{Tracker: "jira", Project: "SEC"}, Created: noon, Updated: noon,
		})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) version() int64 { return b.tickets()[0].Version }

func sample(name string) string { return string(samples.Body(name)) }

const (
	opened    = "API_SECURE__POLICY_VIOLATION_OPENED"
	resolved  = "API_SECURE__POLICY_VIOLATION_RESOLVED"
	created   = "MOBILE_SECURE__FINDING_TARGET_CREATED"
	noteMade  = "MOBILE_SECURE__FINDING_NOTE_CREATED"
	loginMade = "MOBILE_SECURE__USER_LOGIN_SUCCESSFUL"
)

func TestAnOpeningBecomesAWantedTicketOfTheMatchingRule(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(opened))
	got := b.tickets()
	if len(got) != 1 || got[0].State != store.TicketWanted || got[0].Destination.Project != "SEC" || got[0].Rule != "rule-SEC" {
		t.Fatalf("got %+v", got)
	}
	if got[0].Group != "violation/924f1fb0-ebaa-4dfd-9297-390c0df18b44" || !strings.HasPrefix(got[0].Marker, "dtw-") || got[0].Due.IsZero() {
		t.Errorf("got %+v", got[0])
	}
	if e := b.event(1); e.State != store.EventApplied || e.Key.Kind != finding.Violation {
		t.Errorf("the event is %s about %s", e.State, e.Key)
	}
	if b.woken == 0 {
		t.Error("no tracker was woken")
	}
}

func TestEveryEventOfAFindingWakesItsOneTicket(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(opened))
	before := b.version()
	b.post(sample(resolved))
	if len(b.tickets()) != 1 || b.version() == before {
		t.Errorf("%d tickets, version %d after %d", len(b.tickets()), b.version(), before)
	}
	f, err := b.store.FindingByKey(t.Context(), finding.Key{Kind: finding.Violation, UUID: "924f1fb0-ebaa-4dfd-9297-390c0df18b44"})
	if err != nil || f.Disposition != finding.Resolved {
		t.Errorf("the finding is %s: %v", f.Disposition, err)
	}
}

func TestWhatChangesNothingWakesNobody(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(resolved))
	before := b.version()
	b.post(sample(noteMade)) // of a parent that has no finding here
	if b.version() != before {
		t.Errorf("a stranger's note raised the version to %d from %d", b.version(), before)
	}
	if n, err := b.store.RequeueEvents(t.Context(), []store.EventState{store.EventApplied}); err != nil || n != 2 {
		t.Fatalf("requeued %d: %v", n, err)
	}
	if n, err := b.Step(t.Context()); err != nil || n != 2 {
		t.Fatalf("applied %d again: %v", n, err)
	}
	if b.version() != before {
		t.Errorf("the same events again raised the version to %d from %d", b.version(), before)
	}
}

func TestAnOlderOpeningDoesNotResurrectAFinding(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(resolved), sample(opened))
	if f, err := b.store.FindingByKey(t.Context(), b.event(1).Key); err != nil || f.Disposition != finding.Resolved {
		t.Errorf("it is %s: %v", f.Disposition, err)
	}
}

func TestANoteWakesTheTicketsOfTheParentsTargets(t *testing.T) {
	b := newBench(t, everything)
	second := strings.Replace(sample(created), "8000-000000000001", "8000-000000000002", 1)
	b.post(sample(created), second)
	versions := make(map[int64]int64)
	for _, row := range b.tickets() {
		versions[row.ID] = row.Version
	}
	b.post(sample(noteMade))
	for _, row := range b.tickets() {
		if row.Version <= versions[row.ID] {
			t.Errorf("ticket %d was not woken", row.ID)
		}
	}
}

func TestUserEventsAreCountedAndErased(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(loginMade))
	e := b.event(1)
	if e.State != store.EventPersonal || len(e.Body) != 0 || e.Type != loginMade {
		t.Errorf("state %s, type %s, %d bytes kept", e.State, e.Type, len(e.Body))
	}
	if len(b.tickets()) != 0 {
		t.Error("a login became a ticket")
	}
}

func TestOtherBodiesKeepTheirBytesAndAReason(t *testing.T) {
	b := newBench(t, everything)
	unknown := `{"event":{"type":"X_SECURE__SOMETHING_ELSE","data":{"uuid":"u"},"version":1},"time":1}`
	b.post(unknown, `not JSON`, sample("SETUP_PROBE"))
	for seq, want := range map[int64]store.EventState{1: store.EventUnhandled, 2: store.EventUnparsed, 3: store.EventProbe} {
		e := b.event(seq)
		if e.State != want || len(e.Body) == 0 || (e.Reason == "") != (want == store.EventProbe) {
			t.Errorf("event %d: %s, %d bytes, reason %q; want %s", seq, e.State, len(e.Body), e.Reason, want)
		}
	}
}

func TestAnUnroutedFindingIsRoutedWhenTheRulesChange(t *testing.T) {
	b := newBench(t, violationsOnly)
	if _, err := b.Reroute(t.Context()); err != nil { // what a start does
		t.Fatal(err)
	}
	b.post(sample(created))
	if len(b.tickets()) != 0 {
		t.Fatal("a target was routed by a rule for violations")
	}
	if n, err := b.Reroute(t.Context()); err != nil || n != 0 {
		t.Errorf("the same rules routed %d: %v", n, err)
	}
	b.use(everything, "SEC")
	if n, err := b.Reroute(t.Context()); err != nil || n != 1 || len(b.tickets()) != 1 {
		t.Errorf("the new rules routed %d to %d tickets: %v", n, len(b.tickets()), err)
	}
}

func TestATicketThatWasNeverAttemptedFollowsTheRules(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(opened))
	b.use(everything, "OPS")
	if _, err := b.Reroute(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.tickets()[0]; got.Destination.Project != "OPS" || got.Rule != "rule-OPS" {
		t.Errorf("still goes to %s by %s", got.Destination.Project, got.Rule)
	}
}

func TestATicketThatWasAttemptedStaysWhereItIs(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(opened))
	w, _, err := b.store.Claim(t.Context(), store.Claim{Tracker: "jira", Now: noon, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	w.Ticket.State, w.Ticket.Attempts = store.TicketIntent, 1
	if err := b.store.Record(t.Context(), store.Record{Ticket: w.Ticket, Done: true}); err != nil {
		t.Fatal(err)
	}
	b.use(everything, "OPS")
	b.post(sample(resolved))
	if got := b.tickets()[0]; got.Destination.Project != "SEC" {
		t.Errorf("went to %s", got.Destination.Project)
	}
}

func TestAnEventThatCannotBeAppliedHoldsUpNoOther(t *testing.T) {
	b := newBench(t, everything)
	broken := strings.Replace(sample(created), "8000-000000000001", "8000-00000000000x", 1)
	for _, body := range []string{sample(opened), broken, sample(resolved)} {
		if _, err := b.store.Accept(t.Context(), store.Incoming{Body: []byte(body), Source: "test", Received: noon}); err != nil {
			t.Fatal(err)
		}
	}
	b.occupy("target/6f1c5a0e-0000-4000-8000-00000000000x")
	if n, err := b.Step(t.Context()); n != 2 || err == nil {
		t.Errorf("applied %d of 3: %v", n, err)
	}
	for seq, want := range map[int64]store.EventState{1: store.EventApplied, 2: store.EventNew, 3: store.EventApplied} {
		if got := b.event(seq).State; got != want {
			t.Errorf("event %d is %s, want %s", seq, got, want)
		}
	}
}

func TestABacklogDoesNotWaitForAnEventThatCannotBeApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, everything)
		b.occupy("target/6f1c5a0e-0000-4000-8000-00000000000x")
		bodies := []string{strings.Replace(sample(created), "8000-000000000001", "8000-00000000000x", 1)}
		for n := range 2 * 64 {
			bodies = append(bodies, fmt.Sprintf(`{"event":"probe %d"}`, n))
		}
		for _, body := range bodies {
			if _, err := b.store.Accept(t.Context(), store.Incoming{Body: []byte(body), Received: noon}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		if err := b.Run(ctx, wake.New(), 2*time.Second); err != nil {
			t.Error(err)
		}
		if counts, err := b.store.Counts(t.Context()); err != nil || counts.Events[store.EventNew] != 1 {
			t.Errorf("%d events wait: %v", counts.Events[store.EventNew], err)
		}
	})
}
