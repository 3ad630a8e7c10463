package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// backup backs the store up into a folder of its own.
func (b *bench) backup() (string, Copy) {
	b.t.Helper()
	to := filepath.Join(b.t.TempDir(), "copy.db")
	c, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: to})
	must(b.t, err)
	return to, c
}

// opened opens a copy in a place of its own and gives it as a bench.
func opened(t *testing.T, from string) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "data", "ticketd.db"), now: noon}
	_, err := Restore(t.Context(), RestoreOptions{Path: b.path, From: from, Now: func() time.Time { return noon }})
	must(t, err)
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestABackupHoldsWhatTheDatabaseHolds(t *testing.T) {
	for _, running := range []bool{true, false} {
		b := newBench(t)
		b.accept("1")
		b.now = noon.Add(time.Hour)
		b.accept("2")
		id := b.insert(wanted("g"))
		b.save(violation("u", id))
		b.work(id)
		if !running {
			must(t, b.Close())
		}
		to, c := b.backup()
		if c.Events != 2 || c.Findings != 1 || c.Tickets != 1 || c.LastEvent != 2 || c.LastOperation != 1 || !c.Newest.Equal(b.now) {
			t.Errorf("running %v: %+v", running, c)
		}
		info, err := os.Stat(to)
		must(t, err)
		if info.Mode().Perm() != 0o600 || info.Size() != c.Size {
			t.Errorf("mode %o, %d bytes of %d", info.Mode().Perm(), info.Size(), c.Size)
		}
		if left, _ := filepath.Glob(to + "?*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		copied := opened(t, to)
		if e, err := copied.LastEvent(b.ctx()); err != nil || string(e.Body) != "2" {
			t.Errorf("the copy's last event is %q, %v", e.Body, err)
		}
		if !copied.Restored() {
			t.Error("a database in a new place is not known to be restored")
		}
	}
}

func TestABackupIsOfOneMomentWhileEventsComeIn(t *testing.T) {
	b := newBench(t)
	for i := range 3 * copyPages { // so that it takes several turns
		b.accept(fmt.Sprint(i) + strings.Repeat("x", 9000))
	}
	ctx, stop := context.WithCancel(t.Context())
	var sender sync.WaitGroup
	sender.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := b.Accept(t.Context(), Incoming{Body: fmt.Append(nil, "more ", i), Received: noon}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var to string
	var c Copy
	for range 3 {
		to, c = b.backup()
	}
	stop()
	sender.Wait()
	if int64(c.Events) != c.LastEvent || c.Events < 3*copyPages {
		t.Errorf("%d events, the last of them %d", c.Events, c.LastEvent)
	}
	last, err := b.LastEvent(t.Context())
	must(t, err)
	if last.Seq < c.LastEvent {
		t.Errorf("the copy has event %d of %d", c.LastEvent, last.Seq)
	}
	if got := opened(t, to); got != nil {
		counts, err := got.Counts(t.Context())
		must(t, err)
		if counts.Events[EventNew] != c.Events {
			t.Errorf("opened: %v, told %d", counts.Events, c.Events)
		}
	}
}

func TestABackupWritesOverNothingUnlessForced(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	to := filepath.Join(t.TempDir(), "copy.db")
	must(t, os.WriteFile(to, []byte("precious"), 0o600))
	_, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: to})
	wantError(t, err, fs.ErrExist)
	if kept, _ := os.ReadFile(to); string(kept) != "precious" {
		t.Errorf("written over: %q", kept)
	}
	if _, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: to, Force: true}); err != nil {
		t.Error(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(to, link))
	if _, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: link, Force: true}); err == nil {
		t.Error("wrote through a link")
	}
	for _, own := range []string{"", "-wal", ".hwm", ".lock"} {
		before := b.file(own)
		if _, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: b.path + own, Force: true}); err == nil {
			t.Errorf("wrote over the database's own file %q", own)
		}
		if !bytes.Equal(b.file(own), before) {
			t.Errorf("changed %q", own)
		}
	}
}

func TestABackupThatIsNotWholeIsNotThere(t *testing.T) {
	b := newBench(t)
	for i := range 3 * copyPages {
		b.accept(fmt.Sprint(i) + strings.Repeat("x", 9000))
	}
	must(t, b.Close())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	to := filepath.Join(folder, "copy.db")
	if _, err := Backup(ctx, BackupOptions{Path: b.path, To: to}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	b.flip(40) // a page of the middle
	_, err := Backup(t.Context(), BackupOptions{Path: b.path, To: to})
	wantError(t, err, ErrDamaged)
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// flip damages the head of a page of the closed database.
func (b *bench) flip(page int64) {
	b.t.Helper()
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	must(b.t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 64), (page-1)*8192)
	must(b.t, errors.Join(err, f.Close()))
}

func TestTwoBackupsToOnePlaceDoNotMix(t *testing.T) {
	b := newBench(t)
	to := filepath.Join(t.TempDir(), "copy.db")
	part, err := openPart(to + ".part")
	must(t, err)
	_, err = Backup(b.ctx(), BackupOptions{Path: b.path, To: to})
	wantError(t, err, ErrBusy)
	must(t, part.Close())
	if _, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: to}); err != nil { // what was cut off is in nobody's way
		t.Error(err)
	}
}

func TestWhereThereIsNoDatabaseNoneIsBackedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	_, err := Backup(t.Context(), BackupOptions{Path: path, To: path + ".copy"})
	wantError(t, err, ErrNotFound)
	b := newBench(t)
	b.accept("1")
	must(t, b.Close())
	b.lose("", "-wal", "-shm")
	_, err = Backup(t.Context(), BackupOptions{Path: b.path, To: b.path + ".copy"})
	if _, lost := errors.AsType[*LostError](err); !lost {
		t.Errorf("got %v", err)
	}
}

func TestRootLeavesNothingOfItsOwnBesideTheDatabaseOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const nobody = 65534
	b := newBench(t)
	b.accept("1")
	must(t, b.Close())
	b.lose("-wal", "-shm")
	folder := filepath.Dir(b.path)
	must(t, errors.Join(os.Chown(folder, nobody, nobody), os.Chown(b.path, nobody, nobody), os.Chown(b.path+".hwm", nobody, nobody)))
	b.lose(".lock")
	to, _ := b.backup()
	owners(t, folder, nobody)
	if got := owner(t, to); got != 0 {
		t.Errorf("the copy belongs to %d", got)
	}
	b.open() // writes as root
	b.accept("2")
	must(t, b.Close())
	owners(t, folder, nobody)
	_, err := Restore(t.Context(), RestoreOptions{Path: b.path, From: to, Now: time.Now})
	must(t, err)
	owners(t, folder, nobody)
}

func owners(t *testing.T, folder string, want uint32) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		if got := owner(t, filepath.Join(folder, e.Name())); got != want {
			t.Errorf("%s belongs to %d", e.Name(), got)
		}
	}
}

func owner(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	system, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatalf("%T", info.Sys())
	}
	return system.Uid
}

func TestOfAFolderOfBackupsTheNewestAreKeptAndOtherFilesToo(t *testing.T) {
	folder := t.TempDir()
	made := BackupName(noon.AddDate(0, 0, -9)) // the clock was set back
	names := []string{made, "ticketd-notes.db", "other.db", BackupName(noon) + ".part"}
	for day := range 5 {
		names = append(names, BackupName(noon.AddDate(0, 0, day)))
	}
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	under, err := openPart(filepath.Join(folder, BackupName(noon.AddDate(0, 0, 1))+".part")) // way
	must(t, err)
	deleted, err := KeepBackups(folder, 3, made)
	must(t, err)
	want := []string{"ticketd-20261123T120000Z.db.part", "ticketd-20261123T120000Z.db", "ticketd-20261124T120000Z.db", "ticketd-20261125T120000Z.db"}
	if !slices.Equal(deleted, want) {
		t.Errorf("deleted %v", deleted)
	}
	if left, _ := os.ReadDir(folder); len(left) != 6 {
		t.Errorf("left: %v", left)
	}
	if deleted, err = KeepBackups(folder, 3, made); err != nil || len(deleted) > 0 {
		t.Errorf("then %v, %v", deleted, err)
	}
	must(t, under.Close())
}

func TestAFileThatAnotherLaidInTheWayOfACopyIsNotWrittenInto(t *testing.T) {
	b := newBench(t)
	to := filepath.Join(t.TempDir(), "copy.db")
	theirs := filepath.Join(t.TempDir(), "theirs")
	must(t, errors.Join(os.WriteFile(theirs, []byte("kept"), 0o600), os.Link(theirs, to+".part")))
	if _, err := Backup(b.ctx(), BackupOptions{Path: b.path, To: to}); err == nil {
		t.Error("written")
	}
	if content, _ := os.ReadFile(theirs); string(content) != "kept" {
		t.Errorf("it holds %q", content)
	}
}
