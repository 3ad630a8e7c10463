package store

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"ticketd/internal/finding"
)

// TestADatabaseOfTheFirstSchemaIsBroughtUpToDate writes one as the first version left it behind.
func TestADatabaseOfTheFirstSchemaIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "ticketd.db")
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	db, err := sql.Open("sqlite", path)
	must(t, err)
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), 1)
	must(t, err)
	for _, text := range []string{
		`INSERT INTO meta VALUES (1, 0, 0, 0)`,
		`INSERT INTO tickets (id, members, generation, marker, tracker, project, issue_type, rule, state,
			ref_id, ref_key, ref_project, ref_url, prev_id, prev_key, prev_project, prev_url, attempts, send_deadline,
			attempt_end, known, applied, misses, first_miss, failures, audit_at, reason, hint, version, token, leased, due, created, updated)
		VALUES (7, 'violation/u', 1, 'dtw-u', 'jira', 'SEC', 'Bug', 'all', 'live',
			'1', 'SEC-1', 'SEC', 'https://x/SEC-1', '', '', '', '', 1, 1000,
			2000, 1, '{"known":true,"disposition":"open","draft":"d"}', 0, 0, 0, 0, '', '', 3, 4, 0, NULL, 500, 600)`,
		`INSERT INTO findings (kind, uuid, parent, disposition, folded, rule, ticket, event, updated)
		VALUES ('violation', 'u', '', 'open', '{"key":{"kind":"violation","uuid":"u"},"disposition":"open"}', 'all', 7, 1, 600)`,
	} {
		_, err = db.ExecContext(t.Context(), text)
		must(t, err)
	}
	must(t, db.Close())

	b := &bench{t: t, path: path, now: noon}
	b.open()
	t.Cleanup(func() { must(t, b.Close()) })
	row := b.ticket(7)
	if row.Digest || row.Turn != TurnNone || !row.Made.IsZero() {
		t.Errorf("digest %v, turn %q, made %v", row.Digest, row.Turn, row.Made)
	}
	if row.Group != "violation/u" || row.Ref.Key != "SEC-1" || !row.Applied.Known || row.Applied.Draft != "d" || row.Applied.Told != nil || row.Version != 3 {
		t.Errorf("what it held is %+v", row)
	}
	b.wake(7)
	w, _ := b.claim()
	if w.Ticket.ID != 7 || keys(w.Findings) != "violation/u" || w.Findings[0].Disposition != finding.Open {
		t.Fatalf("claimed %d with %q", w.Ticket.ID, keys(w.Findings))
	}
	w.Ticket.Made, w.Ticket.Applied.Told = noon, map[string]finding.Disposition{"violation/u": finding.Open}
	must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true}))
	if row = b.ticket(7); !row.Made.Equal(noon) || row.Applied.Told["violation/u"] != finding.Open {
		t.Errorf("written back: made %v, told %v", row.Made, row.Applied.Told)
	}
}

func TestAMigrationThatFailsLeavesTheSchemaOfBeforeAndGoesOnLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticketd.db")
	db, err := sql.Open("sqlite", path)
	must(t, err)
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), 3)
	must(t, err)
	for _, text := range []string{
		`INSERT INTO meta VALUES (1, 0, 0, 0, 'ours')`,
		`CREATE INDEX tickets_failing ON tickets (id)`, // in the way of the last statement of the fourth
	} {
		_, err = db.ExecContext(t.Context(), text)
		must(t, err)
	}
	must(t, db.Close())
	before, err := attest(t.Context(), path)
	must(t, err)

	if s, err := Open(t.Context(), Options{Path: path}); err == nil {
		t.Fatal("migrated", s.Close())
	}
	for _, file := range []string{path, path + ".schema-3"} {
		if c, err := attest(t.Context(), file); err != nil || c.Schema != 3 || c.Tickets != before.Tickets {
			t.Errorf("%s: %+v, %v", file, c, err)
		}
	}
	db, err = sql.Open("sqlite", path)
	must(t, err)
	var columns int
	must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM pragma_table_info('tickets') WHERE name = 'held'`).Scan(&columns))
	if columns != 0 {
		t.Error("half of the migration is there")
	}
	_, err = db.ExecContext(t.Context(), `DROP INDEX tickets_failing`)
	must(t, err)
	must(t, db.Close())
	b := &bench{t: t, path: path, now: noon}
	b.open()
	must(t, b.Close())
}
