package store

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file gives a file of the store.
func (b *bench) file(suffix string) []byte {
	b.t.Helper()
	content, err := os.ReadFile(b.path + suffix)
	must(b.t, err)
	return content
}

// lose removes files of the store, which may not all be there.
func (b *bench) lose(suffixes ...string) {
	b.t.Helper()
	for _, s := range suffixes {
		if err := os.Remove(b.path + s); !errors.Is(err, fs.ErrNotExist) {
			must(b.t, err)
		}
	}
}

// load gives the files that outlive a process, by name.
func load(t *testing.T, path string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, suffix := range []string{"", "-wal", ".hwm"} {
		content, err := os.ReadFile(path + suffix)
		if !errors.Is(err, fs.ErrNotExist) {
			must(t, err)
		}
		if len(content) > 0 { // SQLite leaves an empty log
			all[suffix] = string(content)
		}
	}
	return all
}

// refused makes sure that the store is not opened and that its files stay as they are.
func (b *bench) refused() *LostError {
	b.t.Helper()
	before := load(b.t, b.path)
	s, err := Open(b.ctx(), Options{Path: b.path})
	if err == nil {
		b.t.Fatal("opened", s.Close())
	}
	lost, ok := errors.AsType[*LostError](err)
	if !ok {
		b.t.Fatalf("got error %v", err)
	}
	if after := load(b.t, b.path); !maps.Equal(after, before) {
		b.t.Error("its files were changed")
	}
	return lost
}

func TestAMissingDatabaseIsNotBegunAnewUntilItsSideFileIsMovedAway(t *testing.T) {
	b := newBench(t)
	for _, body := range []string{"1", "2", "3"} {
		b.accept(body)
	}
	must(t, b.Close())
	for _, lose := range []func(){
		func() { b.lose("", "-wal", "-shm") },
		func() { must(t, os.WriteFile(b.path, nil, 0o600)) },
	} {
		lose()
		lost := b.refused()
		if lost.Events != 3 || lost.Whole || len(lost.By) != 1 || lost.By[0] != b.path+".hwm" {
			t.Errorf("told: %+v", lost)
		}
	}
	must(t, os.Rename(b.path+".hwm", b.path+".hwm.old"))
	b.open()
	if _, err := b.LastEvent(b.ctx()); !errors.Is(err, ErrNotFound) {
		t.Errorf("begun anew with events: %v", err)
	}
}

func TestALogWithoutItsDatabaseIsNotDeleted(t *testing.T) {
	b := newBench(t)
	b.accept("acknowledged")
	log := b.file("-wal")
	must(t, b.Close())
	b.lose("", ".hwm")
	must(t, os.WriteFile(b.path+"-wal", log, 0o600))
	lost := b.refused()
	if lost.Whole || len(lost.By) != 1 || lost.By[0] != b.path+"-wal" {
		t.Errorf("told: %+v", lost)
	}
	if !bytes.Equal(b.file("-wal"), log) {
		t.Error("the log was changed")
	}
}

func TestAnEmptyDatabaseOrAnotherOneIsRefusedBesideAForeignSideFile(t *testing.T) {
	b, empty, other := newBench(t), newBench(t), newBench(t)
	b.accept("ours")
	other.accept("theirs")
	must(t, errors.Join(b.Close(), empty.Close(), other.Close()))
	for _, from := range []*bench{empty, other} {
		b.lose("", "-wal", "-shm")
		must(t, os.WriteFile(b.path, from.file(""), 0o600))
		if lost := b.refused(); lost.Events != 1 {
			t.Errorf("told: %+v", lost)
		}
	}
	if !strings.Contains(b.refused().Error(), "another one") {
		t.Errorf("told: %v", b.refused())
	}
}

func TestTheLogOfAnotherDatabaseIsRefusedAndNotBroughtIntoTheFile(t *testing.T) {
	b, other := newBench(t), newBench(t)
	b.accept("ours")
	must(t, b.Close())
	other.accept("theirs")
	other.work(other.insert(wanted("g")))
	must(t, os.WriteFile(b.path+"-wal", other.file("-wal"), 0o600))
	known := b.file(".hwm")
	for _, gone := range []string{"-shm", ".hwm"} { // without the side file it would be taken for its own
		b.lose(gone)
		if lost := b.refused(); !strings.Contains(lost.What, "-wal file") || !lost.Whole {
			t.Errorf("told: %+v", lost)
		}
	}
	must(t, os.WriteFile(b.path+".hwm", known, 0o600))
	b.lose("-wal", "-shm")
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "ours" || b.Restored() {
		t.Errorf("without it: %q, %v, restored %v", e.Body, err, b.Restored())
	}
}

// reopenTelling opens the store and gives what it logs.
func (b *bench) reopenTelling() string {
	b.t.Helper()
	var log bytes.Buffer
	s, err := Open(b.ctx(), Options{Path: b.path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	must(b.t, err)
	b.Store = s
	return log.String()
}

func TestEventsThatAreMissingFromAnOlderDatabaseAreToldOnceAndTheirNumbersNotUsedAgain(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	must(t, b.Close())
	backup := b.file("")
	b.open()
	b.accept("2")
	b.accept("3")
	must(t, b.Close())
	b.lose("-wal", "-shm")
	must(t, os.WriteFile(b.path, backup, 0o600))

	log := b.reopenTelling()
	if !strings.Contains(log, "at_most=2 first=2 last=3") || !b.Restored() {
		t.Errorf("restored %v, told: %s", b.Restored(), log)
	}
	if a := b.accept("4"); a.Seq <= 3 {
		t.Errorf("event %d was another one", a.Seq)
	}
	must(t, b.Close())
	if log := b.reopenTelling(); strings.Contains(log, "missing") || !b.Restored() {
		t.Errorf("restored %v, told again: %s", b.Restored(), log)
	}
}

func TestALogThatIsLostAfterAKillIsNoticed(t *testing.T) {
	b := newBench(t)
	b.reopen() // now there is a database without a log
	b.accept("1")
	whole, known := b.file(""), b.file(".hwm")
	must(t, b.Close())
	b.lose("-wal", "-shm")
	must(t, errors.Join(os.WriteFile(b.path, whole, 0o600), os.WriteFile(b.path+".hwm", known, 0o600)))
	if lost := b.refused(); lost.Events != 1 {
		t.Errorf("told: %+v", lost)
	}
}

// A process may die between the two: then they must not take each other for strangers.
func TestADatabaseThatHasNoIdentityYetTakesThatOfItsSideFile(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	b.exec(`UPDATE meta SET identity = ''`) // as in a backup of an earlier version
	must(t, b.Close())
	known := b.file(".hwm")
	b.open()
	must(t, b.Close())
	must(t, os.WriteFile(b.path+".hwm", known, 0o600)) // not written any more
	b.open()
}

// What only looks must not make worse what the daemon refuses.
func TestALookAtADatabaseBesideAForeignOrLonelyLogChangesNothing(t *testing.T) {
	b, other := newBench(t), newBench(t)
	b.accept("ours")
	must(t, b.Close())
	other.accept("theirs")
	ours, theirs := b.file(""), other.file("-wal")
	for name, content := range map[string][]byte{"foreign": ours, "lonely": nil} {
		b.lose("-wal", "-shm")
		must(t, errors.Join(os.WriteFile(b.path, content, 0o600), os.WriteFile(b.path+"-wal", theirs, 0o600)))
		s, err := Open(b.ctx(), Options{Path: b.path, Shared: true})
		if err == nil {
			must(t, s.Close())
		}
		if _, ok := errors.AsType[*LostError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(b.file(""), content) || !bytes.Equal(b.file("-wal"), theirs) {
			t.Errorf("%s: its files were changed", name)
		}
	}
}

func TestASideFileOfAnEarlierVersionIsUnderstood(t *testing.T) {
	b := newBench(t)
	b.work(b.insert(wanted("g")))
	b.accept("1")
	must(t, b.Close())
	must(t, os.WriteFile(b.path+".hwm", []byte("0000000000000000001\n"), 0o600))
	b.open()
	if b.Restored() {
		t.Error("taken for a restored backup")
	}
	known, ok, err := readHighWater(b.path + ".hwm")
	if err != nil || !ok || known.mark != (mark{operation: 1, event: 1}) || known.identity == "" {
		t.Errorf("it holds %+v, %v, %v", known, ok, err)
	}
}

func TestASideFileOfNonsenseIsNoWitness(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.hwm")
	for _, text := range []string{"", "x", "-1", "1 2", "1 x ID", "1 -2 ID", "1 2 ID more", "99999999999999999999"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, ok, err := readHighWater(path); ok || err != nil {
			t.Errorf("%q: ok %v, %v", text, ok, err)
		}
	}
}

func TestADatabaseThatIsDamagedIsRefusedAndKept(t *testing.T) {
	b := newBench(t)
	for _, body := range []string{"1", "2"} {
		b.accept(strings.Repeat(body, 50_000))
	}
	must(t, b.Close())
	whole := b.file("")
	for name, damage := range map[string]func() []byte{
		"cut off":  func() []byte { return whole[:len(whole)/2] },
		"a hole":   func() []byte { return append(append([]byte(nil), whole[:8192]...), make([]byte, len(whole)-8192)...) },
		"no magic": func() []byte { return append([]byte("X"), whole[1:]...) },
	} {
		content := damage()
		must(t, os.WriteFile(b.path, content, 0o600))
		_, err := Open(b.ctx(), Options{Path: b.path})
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(b.file(""), content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestACutOffFileIsRefusedAlsoWhereThereIsALog(t *testing.T) {
	b := newBench(t)
	b.accept(strings.Repeat("1", 200_000))
	b.reopen()
	b.accept("2")
	whole, log := b.file(""), b.file("-wal")
	must(t, b.Close())
	must(t, errors.Join(os.WriteFile(b.path, whole[:8192*3], 0o600), os.WriteFile(b.path+"-wal", log, 0o600)))
	_, err := Open(b.ctx(), Options{Path: b.path})
	wantError(t, err, ErrDamaged)
	if !strings.Contains(err.Error(), "cut off") {
		t.Errorf("told: %v", err)
	}
}

func TestWhatIsNoDatabaseFileIsRefused(t *testing.T) {
	_, err := Open(t.Context(), Options{Path: t.TempDir()})
	wantError(t, err, ErrNoDatabase)
}

func TestDamageThatIsMetWhileItRunsEndsTheStore(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	b.reopen() // its pages are in the file now, and no longer in the readers' memory
	pages := b.file("")
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, len(pages)-8192), 8192)
	must(t, errors.Join(err, f.Close()))
	_, err = b.Events(b.ctx(), EventFilter{})
	wantError(t, err, ErrDamaged)
	select {
	case <-b.Broken():
	default:
		t.Error("it goes on")
	}
	wantError(t, b.Trouble(), ErrDamaged)
	_, err = b.Accept(b.ctx(), Incoming{Body: []byte("2"), Received: noon})
	wantError(t, err, ErrDamaged)
}
