package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheSizeOfAStoreIsThatOfItsFiles(t *testing.T) {
	b := newBench(t)
	b.accept("1")
	size, err := b.Size()
	must(t, err)
	for name, got := range map[string]int64{b.path: size.Database, b.path + "-wal": size.Log} {
		info, err := os.Stat(name)
		must(t, err)
		if got != info.Size() || got == 0 {
			t.Errorf("%s has %d bytes, told are %d", filepath.Base(name), info.Size(), got)
		}
	}
	if size.Free <= 0 {
		t.Errorf("%d bytes are free", size.Free)
	}
	if b.Path() != b.path {
		t.Errorf("it is at %s, not at %s", b.Path(), b.path)
	}
}

func TestTheNewestHeldTicketsAreGivenNewestFirst(t *testing.T) {
	b := newBench(t)
	for _, row := range []struct {
		group string
		state TicketState
	}{{"a", TicketHeld}, {"b", TicketHeld}, {"c", TicketLive}, {"d", TicketHeld}, {"e", TicketWanted}} {
		held := wanted(row.group)
		held.State = row.state
		b.insert(held)
	}
	all, err := b.NewestHeld(b.ctx(), 2)
	must(t, err)
	if len(all) != 2 || all[0].Group != "d" || all[1].Group != "b" {
		t.Errorf("held are %+v", all)
	}
}
