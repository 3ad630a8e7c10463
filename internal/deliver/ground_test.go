package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// There are two simulations over one scripted tracker. In sim a test drives single steps by hand, with
// a variable for a clock: for a fault that is scripted. In world the real loops run, several at once,
// in a bubble of virtual time: for random schedules of faults.

// ground is what both stand on: the rules, the store and the tracker, and ways to look into them.
type ground struct {
	t       *testing.T
	dir     string
	tracker *simTracker
	store   *store.Store
	mapping *mapping.Mapping
	table   *datatheorem.Table
	fail    func(error) // ends who asks; see newGround
}

// newGround has an empty store that is not open yet. What cannot be looked up ends the test.
func newGround(t *testing.T, tracker *simTracker, change ...func(*mapping.Rule)) ground {
	t.Helper()
	g := ground{t: t, dir: simDir(t), tracker: tracker, mapping: simMapping(t, change...)}
	g.fail = func(err error) { t.Helper(); t.Fatal(err) }
	var errs []error
	if g.table, errs = datatheorem.NewTable(nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	empty, err := emptyStore()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.path(), empty, 0o600); err != nil {
		t.Fatal(err)
	}
	return g
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
	st, err := store.Open(context.Background(), store.Options{Path: path, Now: time.Now, Logger: quiet()})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// simDir is a folder in memory where there is one: fsync costs nothing there and is not what the
// simulations are about.
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

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (g *ground) path() string { return filepath.Join(g.dir, "sim.db") }

func (g *ground) key(id string) finding.Key { return finding.Key{Kind: finding.Target, UUID: id} }

func (g *ground) marker(id string, generation int) string {
	return g.mapping.Marker("sim", g.key(id).String(), generation)
}

// row gives the ticket row that a finding has now.
func (g *ground) row(id string) store.Ticket {
	g.t.Helper()
	t, err := g.store.Ticket(g.t.Context(), g.finding(id).TicketID)
	if err != nil {
		g.fail(err)
	}
	return t
}

// finding gives a finding as it is folded.
func (g *ground) finding(id string) store.Finding {
	g.t.Helper()
	f, err := g.store.FindingByKey(g.t.Context(), g.key(id))
	if err != nil {
		g.fail(err)
	}
	return f
}

// group gives the group that a finding is in by the rules.
func (g *ground) group(id string) string {
	g.t.Helper()
	to, err := g.mapping.Route(g.finding(id).Finding)
	if err != nil {
		g.fail(err)
	}
	return to.Group
}

func (g *ground) digest() string { return mapping.DigestGroup("sim", "SIM", "all") }

// ticketOf gives the newest ticket row of a group.
func (g *ground) ticketOf(group string) store.Ticket {
	g.t.Helper()
	t, err := g.store.FindTicket(g.t.Context(), group)
	if err != nil {
		g.fail(err)
	}
	return t
}

// generations is more than any schedule makes of one group.
const generations = 12

// issuesOf gives the issues of a group that nobody deleted, of every generation.
func (g *ground) issuesOf(group string) (all []*simIssue) {
	for n := range generations {
		all = append(all, g.of(g.mapping.Marker("sim", group, n+1))...)
	}
	return all
}

// of gives the issues with a marker that nobody deleted.
func (g *ground) of(marker string) (all []*simIssue) {
	for _, i := range g.tracker.issues {
		if i.marker == marker && !i.deleted {
			all = append(all, i)
		}
	}
	return all
}

// view gives how the mapping wants a ticket to look that is about something.
func (g *ground) view(about mapping.Subject) mapping.View {
	return g.mapping.For(about, ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, "all")
}

func (g *ground) count(i *simIssue, marker string) (n int) {
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

// titled gives a body that says what its finding is called.
func titled(body, title string) string {
	return strings.Replace(body, `"data":{`, fmt.Sprintf(`"data":{"title":%q,`, title), 1)
}

func noteBody(id, parent, verb string, at int64) string {
	return fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__FINDING_NOTE_%s","data":{"id":%q,"security_finding_id":%q,"text":"a note"},"version":1},"time":%d}`,
		verb, id, parent, at)
}
