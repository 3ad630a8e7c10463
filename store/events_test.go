package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ticketd/internal/finding"
)

func TestARepeatedBodyIsCountedNotKeptTwice(t *testing.T) {
	b := newBench(t)
	first := b.accept("body")
	b.now = noon.Add(time.Hour)
	again := b.accept("body")
	if other := b.accept("Body"); other.Seen != 1 || other.Seq == first.Seq {
		t.Errorf("another body: %+v", other)
	}
	if again != (Accepted{Seq: first.Seq, Seen: 2}) {
		t.Errorf("the second time: %+v", again)
	}
	e, err := b.Event(b.ctx(), first.Seq)
	must(t, err)
	want := Event{Seq: first.Seq, Digest: digest([]byte("body")), Body: []byte("body"), Source: "token",
		Received: noon, LastSeen: noon.Add(time.Hour), Seen: 2, State: EventNew}
	if fmt.Sprintf("%+v", e) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", e, want)
	}
}

func TestAnEmptyBodyIsAnEventToo(t *testing.T) {
	b := newBench(t)
	_, err := b.Accept(b.ctx(), Incoming{Received: noon})
	must(t, err)
	if pending, err := b.PendingEvents(b.ctx(), 0); err != nil || len(pending) != 1 {
		t.Errorf("%d pending, %v", len(pending), err)
	}
}

func TestPendingEventsComeInOrderOfArrivalOnce(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.accept(fmt.Sprint(i))
	}
	pending, err := b.PendingEvents(b.ctx(), 2)
	must(t, err)
	if len(pending) != 2 || string(pending[0].Body) != "0" || string(pending[1].Body) != "1" {
		t.Fatalf("pending: %+v", pending)
	}
	key := finding.Key{Kind: finding.Violation, UUID: "u"}
	b.apply(func(tx *Tx) error {
		e := pending[0]
		e.State, e.Type, e.Key, e.Reason = EventUnhandled, "T", key, "because"
		return tx.SetEvent(b.ctx(), e, false)
	})
	pending, err = b.PendingEvents(b.ctx(), 0)
	must(t, err)
	if len(pending) != 2 || string(pending[0].Body) != "1" {
		t.Errorf("pending after one was applied: %+v", pending)
	}
	done, err := b.Event(b.ctx(), 1)
	must(t, err)
	if done.State != EventUnhandled || done.Type != "T" || done.Key != key || done.Reason != "because" || string(done.Body) != "0" {
		t.Errorf("applied: %+v", done)
	}
}

func TestLargePendingEventsComeInPortions(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.accept(strings.Repeat(fmt.Sprint(i), portion-1))
	}
	b.accept("small")
	for _, want := range []string{"0 1", "2 s"} {
		pending, err := b.PendingEvents(b.ctx(), 0)
		must(t, err)
		if len(pending) != 2 || string(pending[0].Body[0])+" "+string(pending[1].Body[0]) != want {
			t.Errorf("%d pending, want %s", len(pending), want)
		}
		b.apply(func(tx *Tx) error {
			for _, e := range pending {
				e.State = EventUnhandled
				if err := tx.SetEvent(b.ctx(), e, false); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestABodyThatChangedOnDiskIsMarkedAndPutRightWhenItComesAgain(t *testing.T) {
	b := newBench(t)
	a := b.accept("body")
	b.accept("another")
	b.exec(`UPDATE events SET body = 'bodY' WHERE seq = 1`)
	pending, err := b.PendingEvents(b.ctx(), 0)
	must(t, err)
	if len(pending) != 2 || !pending[0].Damaged || pending[1].Damaged {
		t.Fatalf("pending: %+v", pending)
	}
	b.apply(func(tx *Tx) error {
		return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: EventUnparsed, Reason: "damaged"}, false)
	})
	if again := b.accept("body"); again.Seq != a.Seq || again.Seen != 2 {
		t.Errorf("came again: %+v", again)
	}
	healed, err := b.Event(b.ctx(), a.Seq)
	must(t, err)
	if healed.Damaged || healed.State != EventNew || string(healed.Body) != "body" {
		t.Errorf("healed: %+v", healed)
	}
}

func TestWhatComesAgainUndamagedIsNotAppliedAgain(t *testing.T) {
	b := newBench(t)
	a := b.accept("no JSON")
	b.apply(func(tx *Tx) error {
		return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: EventUnparsed}, false)
	})
	b.accept("no JSON")
	if e, err := b.Event(b.ctx(), a.Seq); err != nil || e.State != EventUnparsed {
		t.Errorf("it is %s, %v", e.State, err)
	}
}

func TestAnErasedBodyLeavesNoTraceAndIsStillKnown(t *testing.T) {
	const secret = "jane.doe@example.com"
	b := newBench(t)
	short := secret + " signed in"
	long := strings.Repeat(secret+" ", 2000) // spills over to pages of its own
	b.accept("neighbour before")
	for _, body := range []string{short, long} {
		a := b.accept(body)
		b.apply(func(tx *Tx) error {
			return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: EventPersonal, Type: "USER_LOGIN"}, true)
		})
	}
	b.accept("neighbour after")
	if again := b.accept(short); again.Seen != 2 {
		t.Errorf("seen again: %+v", again)
	}
	n, err := b.RequeueEvents(b.ctx(), []EventState{EventPersonal})
	if err != nil || n != 0 {
		t.Errorf("%d personal events came back, %v", n, err)
	}
	must(t, b.Close()) // checkpoints
	file, err := os.ReadFile(b.path)
	must(t, err)
	if bytes.Contains(file, []byte("jane")) || !bytes.Contains(file, []byte("neighbour after")) {
		t.Error("the erased text is still in the file")
	}
	if left, err := os.ReadFile(b.path + "-wal"); !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
		t.Errorf("the log is still there: %v", err)
	}
}

func TestEventsOfAStateCanBeAppliedOnceMore(t *testing.T) {
	b := newBench(t)
	for i, state := range []EventState{EventUnhandled, EventUnparsed, EventApplied, EventUnhandled} {
		a := b.accept(fmt.Sprint(i))
		b.apply(func(tx *Tx) error {
			return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: state, Reason: "r"}, i == 3)
		})
	}
	n, err := b.RequeueEvents(b.ctx(), []EventState{EventUnhandled, EventUnparsed})
	must(t, err)
	pending, err := b.PendingEvents(b.ctx(), 0)
	must(t, err)
	if n != 2 || len(pending) != 2 || pending[0].Reason != "" {
		t.Errorf("%d requeued: %+v", n, pending)
	}
}

func TestEventsAreListedByStateTypeAndPlace(t *testing.T) {
	b := newBench(t)
	for i := range 6 {
		a := b.accept(fmt.Sprint(i))
		state := []EventState{EventApplied, EventUnhandled}[i%2]
		b.apply(func(tx *Tx) error {
			return tx.SetEvent(b.ctx(), Event{Seq: a.Seq, State: state, Type: fmt.Sprint("T", i/3)}, false)
		})
	}
	for _, c := range []struct {
		filter EventFilter
		want   string
	}{
		{EventFilter{}, "012345"},
		{EventFilter{Limit: 2}, "45"},
		{EventFilter{After: 1, Limit: 2}, "12"},
		{EventFilter{States: []EventState{EventApplied}}, "024"},
		{EventFilter{States: []EventState{EventApplied, EventUnhandled}, Type: "T1"}, "345"},
		{EventFilter{States: []EventState{EventNew}}, ""},
	} {
		events, err := b.Events(b.ctx(), c.filter)
		must(t, err)
		var got strings.Builder
		for _, e := range events {
			got.Write(e.Body)
		}
		if got.String() != c.want {
			t.Errorf("%+v: got %s, want %s", c.filter, got.String(), c.want)
		}
	}
	if last, err := b.LastEvent(b.ctx()); err != nil || string(last.Body) != "5" {
		t.Errorf("newest: %q, %v", last.Body, err)
	}
	_, err := b.Event(b.ctx(), 99)
	wantError(t, err, ErrNotFound)
	wantError(t, b.Apply(b.ctx(), func(tx *Tx) error {
		return tx.SetEvent(b.ctx(), Event{Seq: 99, State: EventApplied}, false)
	}), ErrNotFound)
}
