package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimPath); path != "" {
		beVictim(path)
	}
	goleak.VerifyTestMain(m)
}

// noon is the time of every test store's clock until it is moved.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a store on a real file with a clock that only the test moves.
type bench struct {
	*Store
	t    *testing.T
	path string
	now  time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "data", "ticketd.db"), now: noon}
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *bench) open() {
	b.t.Helper()
	s, err := Open(b.t.Context(), Options{Path: b.path, Now: func() time.Time { return b.now }})
	must(b.t, err)
	b.Store = s
}

func (b *bench) reopen() {
	b.t.Helper()
	must(b.t, b.Close())
	b.open()
}

func (b *bench) ctx() context.Context { return b.t.Context() }

// exec runs a statement on the one connection that writes.
func (b *bench) exec(text string) {
	b.t.Helper()
	must(b.t, b.do(b.ctx(), func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}))
}

func (b *bench) accept(body string) Accepted {
	b.t.Helper()
	a, err := b.Accept(b.ctx(), Incoming{Body: []byte(body), Source: "token", Received: b.now})
	must(b.t, err)
	return a
}

func (b *bench) apply(fn func(*Tx) error) {
	b.t.Helper()
	must(b.t, b.Apply(b.ctx(), fn))
}

func (b *bench) insert(row Ticket) int64 {
	b.t.Helper()
	var id int64
	b.apply(func(tx *Tx) (err error) {
		id, err = tx.InsertTicket(b.ctx(), row)
		return err
	})
	return id
}

func (b *bench) save(f Finding) {
	b.t.Helper()
	b.apply(func(tx *Tx) error { return tx.SaveFinding(b.ctx(), f) })
}

func (b *bench) wake(id int64) {
	b.t.Helper()
	b.apply(func(tx *Tx) error { return tx.Wake(b.ctx(), id, b.now) })
}

func (b *bench) ticket(id int64) Ticket {
	b.t.Helper()
	found, err := b.Ticket(b.ctx(), id)
	must(b.t, err)
	return found
}

func (b *bench) claim(skip ...string) (Work, time.Time) {
	b.t.Helper()
	w, next, err := b.Claim(b.ctx(), Claim{Tracker: "jira", Now: b.now, Lease: time.Minute, Skip: skip})
	must(b.t, err)
	return w, next
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// wanted is a ticket row that is due at noon.
func wanted(group string) Ticket {
	return Ticket{
		Group: group, Marker: "dtw-" + group, Rule: "all", State: TicketWanted, Due: noon,
		Destination: ticket.Destination{Tracker: "jira", Project: "SEC", IssueType: "Bug"},
	}
}

func violation(uuid string, ticketID int64) Finding {
	return Finding{
		Finding: finding.Fold(finding.Finding{}, finding.Event{
			Digest: "d-" + uuid, Class: finding.Status, Time: noon.Unix(), Disposition: finding.Open,
			Key:    finding.Key{Kind: finding.Violation, UUID: uuid},
			Fields: map[finding.Field]string{finding.Title: "<b>" + uuid + "</b> & more"},
			Data:   map[string]json.RawMessage{"html": json.RawMessage(`"<a&b>"`)},
		}),
		Rule: "all", TicketID: ticketID, Updated: noon,
	}
}

func target(uuid, parent string, ticketID int64) Finding {
	f := violation(uuid, ticketID)
	f.Key.Kind, f.Parent.Text = finding.Target, parent
	return f
}
