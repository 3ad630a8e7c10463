package store

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestASecondDaemonIsRefused(t *testing.T) {
	b := newBench(t)
	_, err := Open(b.ctx(), Options{Path: b.path})
	wantError(t, err, ErrLocked)
	must(t, b.Close())
	b.open()
}

func TestTheCommandLineWorksBesideTheDaemonAndWithoutIt(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	beside, err := Open(b.ctx(), Options{Path: b.path, Shared: true})
	must(t, err)
	must(t, beside.IgnoreTicket(b.ctx(), id, "no"))
	must(t, beside.Close())
	if got := b.ticket(id); got.State != TicketIgnored {
		t.Errorf("the daemon sees state %s", got.State)
	}
	must(t, b.Close())
	alone, err := Open(b.ctx(), Options{Path: b.path, Shared: true})
	must(t, err)
	defer func() { must(t, alone.Close()) }()
	must(t, alone.RetryTicket(b.ctx(), id, noon))
}

func TestTheCommandLineDoesNotCreateADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticketd.db")
	_, err := Open(t.Context(), Options{Path: path, Shared: true})
	wantError(t, err, ErrNotFound)
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	for _, shared := range []bool{false, true} {
		b := newBench(t)
		b.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
		must(t, b.Close())
		_, err := Open(b.ctx(), Options{Path: b.path, Shared: shared})
		wantError(t, err, ErrNewer)
	}
}

func TestTheCommandLineLeavesAnOlderSchemaAlone(t *testing.T) {
	b := newBench(t)
	b.exec(`DELETE FROM goose_db_version WHERE version_id > 0`)
	must(t, b.Close())
	if _, err := Open(b.ctx(), Options{Path: b.path, Shared: true}); err == nil || errors.Is(err, ErrNewer) {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatIsNoDatabaseIsRefusedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticketd.db")
	text := bytes.Repeat([]byte("not a database. "), 1000)
	must(t, os.WriteFile(path, text, 0o600))
	_, err := Open(t.Context(), Options{Path: path})
	wantError(t, err, ErrDamaged)
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, text) {
		t.Errorf("the file was changed: %v", err)
	}
}

func TestADatabaseOfAnotherProgramIsRefusedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "else.db")
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE dashboards (id INTEGER)`)
	must(t, errors.Join(err, db.Close()))
	before := load(t, path)
	_, err = Open(t.Context(), Options{Path: path})
	wantError(t, err, ErrNoDatabase)
	if !maps.Equal(load(t, path), before) {
		t.Error("it was changed")
	}
}

func TestFilesArePrivateWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o377} {
		old := syscall.Umask(mask)
		b := newBench(t)
		syscall.Umask(old)
		b.accept("x")
		b.checkModes()
		must(t, b.Close())
		must(t, os.Chmod(b.path, 0o644)) // as a restored backup may be
		b.open()
		b.accept("y")
		b.checkModes()
	}
}

func (b *bench) checkModes() {
	b.t.Helper()
	modes := map[string]fs.FileMode{"": 0o700}
	for _, name := range []string{"", "-wal", "-shm", ".lock", ".hwm"} {
		modes[filepath.Base(b.path)+name] = 0o600
	}
	for name, want := range modes {
		info, err := os.Stat(filepath.Join(filepath.Dir(b.path), name))
		must(b.t, err)
		if got := info.Mode().Perm(); got != want {
			b.t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

func TestOldVersionsOfSQLiteAreRecognised(t *testing.T) {
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.54.1": true, "4.0.0": true,
		"3.51.2": false, "3.9.99": false, "3.51": false, "": false, "x.y.z": false,
	} {
		if got := recent(version); got != want {
			t.Errorf("recent(%q) = %v", version, got)
		}
	}
}

func TestConnectionsHaveTheSettingsThatMatter(t *testing.T) {
	b := newBench(t)
	for pragma, want := range map[string]string{"page_size": "8192", "synchronous": "2", "query_only": "1"} {
		var got string
		must(t, b.read.QueryRowContext(b.ctx(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	weak, read, err := connect(b.ctx(), b.path)
	must(t, err)
	defer func() { must(t, errors.Join(read.Close(), weak.Close())) }()
	_, err = weak.ExecContext(b.ctx(), "PRAGMA synchronous = NORMAL")
	must(t, err)
	if verify(b.ctx(), weak, "2") == nil {
		t.Error("a database that may lose what was acknowledged was let through")
	}
}

// work records one tracker operation.
func (b *bench) work(id int64) {
	b.t.Helper()
	b.wake(id)
	w, _ := b.claim()
	must(b.t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Op: &Op{Name: "create", Outcome: "ok", Started: noon, Ended: noon}}))
}

func TestARestoredBackupIsNoticedUntilItIsCleared(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	b.work(id)
	must(t, b.Close())
	backup, err := os.ReadFile(b.path)
	must(t, err)
	b.open()
	if b.Restored() {
		t.Error("restored after an ordinary start")
	}
	b.work(id)
	must(t, b.Close())
	must(t, os.WriteFile(b.path, backup, 0o600))

	b.open()
	if !b.Restored() {
		t.Fatal("a restored backup was not noticed")
	}
	b.work(id) // catches up with the number of operations there were
	b.reopen()
	if !b.Restored() {
		t.Fatal("forgotten with a restart")
	}
	must(t, b.ClearRestored(b.ctx()))
	b.work(id)
	b.reopen()
	if b.Restored() {
		t.Error("still restored after it was cleared")
	}
}

func TestALostSideFileCountsAsRestored(t *testing.T) {
	b := newBench(t)
	b.work(b.insert(wanted("g")))
	must(t, b.Close())
	must(t, os.Remove(b.path+".hwm"))
	shared, err := Open(b.ctx(), Options{Path: b.path, Shared: true})
	must(t, err)
	if !shared.Restored() {
		t.Error("the command line does not notice")
	}
	must(t, shared.Close())
	b.open()
	if !b.Restored() {
		t.Error("without its side file: not noticed")
	}
}

func TestAnOperationThatWasRolledBackIsNotInTheSideFile(t *testing.T) {
	b := newBench(t)
	b.insert(wanted("g"))
	w, _ := b.claim()
	step := Record{Ticket: w.Ticket, Op: &Op{Name: "create"}, Next: &Ticket{Marker: w.Ticket.Marker, State: TicketWanted}}
	if b.Record(b.ctx(), step) == nil {
		t.Fatal("two tickets have one marker")
	}
	b.reopen()
	if b.Restored() {
		t.Error("the side file is ahead of the database")
	}
}
