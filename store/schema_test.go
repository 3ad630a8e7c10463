package store

import (
	"bytes"
	"context"
	"database/sql"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheSchemaThatIsKnownIsTheOneThatTheMigrationsMake(t *testing.T) {
	b := newBench(t)
	must(t, b.Close())
	var found map[string]string
	must(t, observe(b.path, false, func(db *sql.DB) (err error) {
		found, err = definitions(t.Context(), db)
		return err
	}))
	maps.DeleteFunc(found, func(name, _ string) bool {
		return strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_")
	})
	if maps.Equal(found, schema()) {
		return
	}
	t.Error("schema() is not what the migrations make; that is:")
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Logf("%q: %q,", name, found[name])
	}
}

func TestAFlippedBitInTheDefinitionOfATableIsRefusedInWords(t *testing.T) {
	for _, word := range []string{"digest    TEXT", "version_id INTEGER", "CHECK (state"} {
		t.Run(word, func(t *testing.T) {
			b := newBench(t)
			must(t, b.Close())
			content := b.file("")
			at := bytes.Index(content, []byte(word))
			if at < 0 {
				t.Fatal("no definition was found")
			}
			content[at] ^= 1
			must(t, os.WriteFile(b.path, content, privateFile))
			s, err := Open(b.ctx(), Options{Path: b.path})
			if err == nil {
				must(t, s.Close())
			}
			wantError(t, err, ErrDamaged)
		})
	}
}

func TestAValueOfAnotherTypeThanWasWrittenIsToldAsDamage(t *testing.T) {
	b := newBench(t)
	_, err := b.Accept(b.ctx(), Incoming{Body: []byte("body"), Received: noon})
	must(t, err)
	b.exec("PRAGMA ignore_check_constraints = on")
	b.exec("UPDATE events SET seen = ''")
	_, err = b.Events(b.ctx(), EventFilter{})
	wantError(t, err, ErrDamaged)
	_, err = b.PendingEvents(b.ctx(), 1)
	wantError(t, err, ErrDamaged)
	_, err = b.LastEvent(b.ctx())
	wantError(t, err, ErrDamaged)
}

// The power may fail while the database is made: before it has its log, SQLite keeps what it overwrites
// in a journal.
func TestAMakingOfTheDatabaseThatWasCutOffIsTakenBack(t *testing.T) {
	dir := t.TempDir()
	begun, path := filepath.Join(dir, "begun.db"), filepath.Join(dir, "ticketd.db")
	db, err := sql.Open(driverName, begun)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	db.SetMaxOpenConns(1)
	ctx := context.WithoutCancel(t.Context())
	for _, text := range []string{"PRAGMA cache_size = 1", "BEGIN", "CREATE TABLE big (body)",
		"INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(3000) FROM n"} {
		_, err := db.ExecContext(ctx, text)
		must(t, err)
	}
	for from, to := range map[string]string{begun: path, begun + "-journal": path + "-journal"} {
		content, err := os.ReadFile(from)
		must(t, err)
		if len(content) == 0 {
			t.Fatalf("%s is empty: nothing is cut off", from)
		}
		must(t, os.WriteFile(to, content, privateFile))
	}
	s, err := Open(t.Context(), Options{Path: path})
	must(t, err)
	must(t, s.Close())
}
