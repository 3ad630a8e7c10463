package store

import (
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// restore puts a backup in the place of the closed store.
func (b *bench) restore(from string, another bool) (Restoration, error) {
	return Restore(b.ctx(), RestoreOptions{Path: b.path, From: from, Another: another, Now: func() time.Time { return b.now }})
}

func TestARestoredBackupTellsWhatIsMissingAndTheNextStartKnows(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	id := b.insert(wanted("g"))
	from, _ := b.backup()
	b.accept("2")
	b.accept("3")
	b.work(id)
	if _, err := b.restore(from, false); !errors.Is(err, ErrLocked) {
		t.Fatalf("beside a daemon: %v", err)
	}
	must(t, b.Close())
	known := b.file(".hwm")
	r, err := b.restore(from, false)
	must(t, err)
	if !r.Vouched || r.MissingEvents() != 2 || r.MissingOperations() != 1 || r.Backup.Events != 1 {
		t.Errorf("told: %+v", r)
	}
	if len(r.Aside) != 1 || r.Aside[0] != b.path+".old-20261123T120000Z" {
		t.Errorf("aside: %v", r.Aside)
	}
	if string(b.file(".hwm")) != string(known) {
		t.Error("the side file was changed")
	}
	if log := b.reopenTelling(); !strings.Contains(log, "at_most=2") || !b.Restored() {
		t.Errorf("restored %v, told: %s", b.Restored(), log)
	}
	must(t, b.Close())

	// What was moved aside can be put back.
	if r, err = b.restore(r.Aside[0], false); err != nil || r.MissingEvents() != 0 {
		t.Fatalf("back: %+v, %v", r, err)
	}
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "3" {
		t.Errorf("the last event is %q, %v", e.Body, err)
	}
}

func TestABackupOfTheSameMomentIsNotTakenForAnOlderOne(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	b.work(b.insert(wanted("g")))
	from, _ := b.backup()
	must(t, b.Close())
	_, err := b.restore(from, false)
	must(t, err)
	b.open()
	if b.Restored() {
		t.Error("taken for an older one")
	}
}

func TestTheLogOfTheDatabaseThatIsReplacedIsNotLost(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	b.accept("in the log alone")
	database, log, known := b.file(""), b.file("-wal"), b.file(".hwm")
	must(t, b.Close())
	b.lose("-wal", "-shm")
	must(t, errors.Join(os.WriteFile(b.path, database, 0o600), os.WriteFile(b.path+"-wal", log, 0o600), os.WriteFile(b.path+".hwm", known, 0o600)))
	r, err := b.restore(from, false)
	must(t, err)
	if left := load(t, b.path); left["-wal"] != "" {
		t.Error("the log of before lies beside the backup")
	}
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "1" {
		t.Errorf("the last event is %q, %v", e.Body, err)
	}
	must(t, b.Close())
	old := opened(t, r.Aside[0])
	if e, err := old.LastEvent(b.ctx()); err != nil || string(e.Body) != "in the log alone" {
		t.Errorf("the last event of before is %q, %v", e.Body, err)
	}
}

func TestADamagedDatabaseIsReplacedAndKept(t *testing.T) {
	b := newBench(t)
	for range 200 {
		b.now = b.now.Add(time.Second)
		b.accept(b.now.String() + strings.Repeat("x", 5000))
	}
	from, _ := b.backup()
	must(t, b.Close())
	b.flip(20)
	damaged := b.file("")
	_, err := Open(b.ctx(), Options{Path: b.path})
	wantError(t, err, ErrDamaged)
	r, err := b.restore(from, false)
	must(t, err)
	if kept, err := os.ReadFile(r.Aside[0]); err != nil || string(kept) != string(damaged) {
		t.Errorf("the damaged one was not kept as it was: %v", err)
	}
	b.open()
	if b.Restored() {
		t.Error("nothing was missing")
	}
}

func TestAMissingDatabaseIsRestoredAsToldByItsSideFile(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	b.accept("2")
	must(t, b.Close())
	b.lose("", "-wal", "-shm")
	r, err := b.restore(from, false)
	must(t, err)
	if r.MissingEvents() != 1 || len(r.Aside) != 0 {
		t.Errorf("told: %+v", r)
	}
	b.open()
	if !b.Restored() {
		t.Error("not known to be restored")
	}
}

func TestABackupOfAnotherDatabaseIsRefusedUnlessItIsMeant(t *testing.T) {
	for _, sideFile := range []bool{true, false} {
		b, other := newBench(t), newBench(t)
		b.accept("ours")
		other.accept("theirs")
		from, _ := other.backup()
		must(t, b.Close())
		if !sideFile {
			b.lose(".hwm")
		}
		before := load(t, b.path)
		_, err := b.restore(from, false)
		wantError(t, err, ErrAnother)
		if !maps.Equal(load(t, b.path), before) {
			t.Error("its files were changed")
		}
		r, err := b.restore(from, true)
		must(t, err)
		if r.Vouched || slices.Contains(r.Aside, b.path+".old-20261123T120000Z.hwm") != sideFile {
			t.Errorf("told: %+v", r)
		}
		b.open()
		if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "theirs" || !b.Restored() {
			t.Errorf("the last event is %q, %v; restored %v", e.Body, err, b.Restored())
		}
	}
}

func TestWhatIsNoBackupOfOursIsRefusedAndNothingIsChanged(t *testing.T) {
	b, newest, empty := newBench(t), newBench(t), filepath.Join(t.TempDir(), "empty")
	b.accept("1")
	newest.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	must(t, errors.Join(b.Close(), newest.Close(), os.WriteFile(empty, nil, 0o600)))
	text := filepath.Join(t.TempDir(), "notes.txt")
	must(t, os.WriteFile(text, []byte(strings.Repeat("not a database. ", 1000)), 0o600))
	before := load(t, b.path)
	for from, want := range map[string]error{newest.path: ErrNewer, empty: ErrNoDatabase, text: ErrDamaged, empty + "?": os.ErrNotExist, t.TempDir(): ErrNoDatabase} {
		_, err := b.restore(from, false)
		wantError(t, err, want)
	}
	if _, err := b.restore(b.path, false); err == nil {
		t.Error("it was restored from itself")
	}
	if !maps.Equal(load(t, b.path), before) {
		t.Error("its files were changed")
	}
}

func TestADryRunOfARestoreChangesNothingAndWorksBesideADaemon(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	b.accept("2")
	r, err := Restore(b.ctx(), RestoreOptions{Path: b.path, From: from, DryRun: true})
	must(t, err)
	if r.MissingEvents() != 1 || len(r.Aside) != 0 {
		t.Errorf("told: %+v", r)
	}
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "2" {
		t.Errorf("the last event is %q, %v", e.Body, err)
	}
	fresh := filepath.Join(t.TempDir(), "none", "ticketd.db")
	if _, err = Restore(b.ctx(), RestoreOptions{Path: fresh, From: from, DryRun: true}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(fresh)); !errors.Is(err, os.ErrNotExist) {
		t.Error("it made a folder")
	}
}

func TestADatabaseThatAnotherProgramHasOpenIsNotReplaced(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	must(t, b.Close())
	other, err := Open(b.ctx(), Options{Path: b.path, Shared: true}) // as a program that replicates it
	must(t, err)
	defer func() { must(t, other.Close()) }()
	_, err = b.restore(from, false)
	wantError(t, err, ErrBusy)
	if _, err := other.LastEvent(b.ctx()); err != nil {
		t.Error(err)
	}
}

// A process may die at any of these moments: what it leaves is made by hand.
func TestARestoreThatWasCutOffLeavesTheOldDatabaseOrOneThatIsRefused(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	b.accept("2")
	must(t, b.Close())
	must(t, os.WriteFile(b.path+".restoring", []byte("half a copy"), 0o600))
	must(t, os.Link(b.path, b.path+".old-20261123T120000Z"))
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "2" || b.Restored() {
		t.Fatalf("the last event is %q, %v", e.Body, err)
	}
	must(t, b.Close())
	r, err := b.restore(from, false)
	must(t, err)
	if r.Aside[0] != b.path+".old-20261123T120000Z-2" {
		t.Errorf("aside: %v", r.Aside)
	}
	b.lose("", "-wal", "-shm") // it had no hard links
	if lost := b.refused(); lost.Events != 2 {
		t.Errorf("told: %+v", lost)
	}
	if _, err := b.restore(from, false); err != nil {
		t.Error(err)
	}
	b.open()
}

func TestADatabaseIsCopiedBeforeItsSchemaIsMigrated(t *testing.T) {
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "ticketd.db"), now: noon}
	db, err := sql.Open("sqlite", b.path)
	must(t, err)
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), 2)
	must(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO meta VALUES (1, 0, 0, 0)`)
	must(t, errors.Join(err, db.Close()))

	b.open()
	b.accept("1")
	must(t, b.Close())
	kept := b.path + ".schema-2"
	r, err := b.restore(kept, false)
	must(t, err)
	if r.Backup.Schema != 2 || r.MissingEvents() != 1 {
		t.Errorf("the copy holds %+v", r)
	}
	fresh := newBench(t)
	if copies, _ := filepath.Glob(fresh.path + ".schema*"); len(copies) > 0 {
		t.Errorf("a new database was copied: %v", copies)
	}
}

func TestACopyThatSQLiteItselfMadeIsRestoredToo(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	must(t, b.Close())
	small := filepath.Join(t.TempDir(), "small.db")
	db, err := sql.Open("sqlite", b.path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), "VACUUM INTO $1", small)
	must(t, errors.Join(err, db.Close()))
	r, err := b.restore(small, false)
	must(t, err)
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "1" || b.Restored() || r.MissingEvents() != 0 {
		t.Errorf("the last event is %q, %v; restored %v", e.Body, err, b.Restored())
	}
}

func TestWhatKeepsADatabaseFromBeingOpenedIsMovedAsideAndCanBePutBack(t *testing.T) {
	damaged, another, log := newBench(t), newBench(t), newBench(t)
	for _, b := range []*bench{damaged, another, log} {
		for range 200 {
			b.now = b.now.Add(time.Second)
			b.accept(b.now.String() + strings.Repeat("x", 5000))
		}
	}
	other := newBench(t)
	other.accept("theirs")
	other.work(other.insert(wanted("g")))
	theirs := other.file("-wal")
	must(t, errors.Join(damaged.Close(), another.Close(), log.Close(), other.Close()))
	damaged.flip(20)
	another.lose("-wal", "-shm")
	must(t, errors.Join(os.WriteFile(another.path, other.file(""), 0o600), os.WriteFile(log.path+"-wal", theirs, 0o600)))
	log.lose("-shm")
	for name, tt := range map[string]struct {
		b     *bench
		aside []string
		keeps bool
	}{
		"damaged":             {damaged, []string{""}, false},
		"another":             {another, []string{""}, false},
		"the log of another":  {log, []string{"-wal"}, true},
		"gone but remembered": {other, nil, false},
	} {
		b := tt.b
		if name == "gone but remembered" {
			b.lose("", "-wal", "-shm")
		}
		before := load(t, b.path)
		cause := Examine(b.ctx(), b.path, slog.New(slog.DiscardHandler))
		_, opened := Open(b.ctx(), Options{Path: b.path})
		if cause == nil || opened == nil {
			t.Fatalf("%s: examined %v, opened %v", name, cause, opened)
		}
		aside, err := Renew(b.ctx(), RenewOptions{Path: b.path, Cause: opened, Now: func() time.Time { return noon }})
		must(t, err)
		for _, suffix := range tt.aside {
			moved := b.path + ".old-20261123T120000Z" + suffix
			content, err := os.ReadFile(moved)
			if err != nil || string(content) != before[suffix] || !slices.Contains(aside, moved) {
				t.Errorf("%s: %q was not kept: %v, told %v", name, suffix, err, aside)
			}
		}
		if left := load(t, b.path); left[".hwm"] != before[".hwm"] {
			t.Errorf("%s: the side file was changed", name)
		}
		b.open()
		if _, err := b.LastEvent(b.ctx()); (err == nil) != tt.keeps || !tt.keeps && !b.Restored() {
			t.Errorf("%s: %v, restored %v", name, err, b.Restored())
		}
	}
	if files, ok := Removable(damaged.path, ErrLocked); ok {
		t.Errorf("a running daemon's files could be moved: %v", files)
	}
	for _, tt := range []struct{ cause, want error }{{ErrDamaged, ErrLocked}, {ErrNewer, ErrNewer}} { // it runs; and what this does not end
		_, err := Renew(damaged.ctx(), RenewOptions{Path: damaged.path, Cause: tt.cause, Now: time.Now})
		wantError(t, err, tt.want)
	}
}

func TestANewDatabaseGoesOnWhereTheLostOneWasAndTakesItsBackups(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	b.work(b.insert(wanted("g")))
	from, _ := b.backup()
	b.accept("2")
	must(t, b.Close())
	b.lose("", "-wal", "-shm")
	_, err := Renew(b.ctx(), RenewOptions{Path: b.path, Cause: b.refused(), Now: time.Now})
	must(t, err)
	if left, _ := filepath.Glob(b.path + ".recovering*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	b.open()
	b.checkModes()
	if a := b.accept("3"); a.Seq != 3 || !b.Restored() {
		t.Errorf("event %d, restored %v", a.Seq, b.Restored())
	}
	must(t, b.Close())
	r, err := b.restore(from, false) // it was found after all
	if err != nil || r.MissingEvents() != 2 {
		t.Errorf("restored: %+v, %v", r, err)
	}
}

// A process may die at any of these moments: what it leaves is made by hand.
func TestAMakingAnewThatWasCutOffLeavesWhatIsRefused(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	must(t, b.Close())
	b.lose("", "-wal", "-shm")
	must(t, os.WriteFile(b.path+".recovering", []byte("half a database"), 0o600))
	cause := b.refused() // before it is in its place
	_, err := Renew(b.ctx(), RenewOptions{Path: b.path, Cause: cause, Now: time.Now})
	must(t, err)
	b.open() // after it
	if !b.Restored() {
		t.Error("not known to be restored")
	}
}

func TestDamageThatAQuickLookDoesNotReachIsSeenByAThoroughOne(t *testing.T) {
	b := newBench(t)
	for i := range 200 {
		b.accept(strings.Repeat("x", 5000+i))
	}
	must(t, b.Close())
	b.flip(20)
	known, _, err := readHighWater(b.path + highWaterSuffix)
	must(t, err)
	must(t, examine(b.ctx(), b.path, known, time.Nanosecond, slog.New(slog.DiscardHandler))) // as of a large one
	_, err = Open(b.ctx(), Options{Path: b.path, Thorough: true})
	wantError(t, err, ErrDamaged)
}

func TestADatabaseOnADiskThatFailsIsReplacedWithItsLogAside(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	from, _ := b.backup()
	must(t, b.Close())
	must(t, os.Mkdir(b.path+"-wal", 0o700)) // its log cannot be read
	r, err := b.restore(from, false)
	if err != nil || !slices.Contains(r.Aside, b.path+".old-20261123T120000Z-wal") {
		t.Fatalf("restored: %+v, %v", r, err)
	}
	b.open()
}
