package finding

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is the one that all drawn events are about: a fold is told apart by its caller.
func key() Key { return Key{Kind: Violation, UUID: "924f1fb0"} }

// drawStatus draws an opening or closing. Times come from a small range, so that ties are common;
// the digest stands for the body, so that equal digests mean equal events.
func drawStatus(t *rapid.T, digest string) Event {
	e := Event{
		Digest:      digest,
		Class:       Status,
		Time:        rapid.Int64Range(1, 3).Draw(t, "time"),
		Key:         key(),
		Disposition: rapid.SampledFrom(Dispositions()).Draw(t, "disposition"),
		Parent:      rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "parent"),
		Fields:      map[Field]string{},
		Data:        map[string]json.RawMessage{},
	}
	for _, name := range []Field{Title, Severity, Explanation} {
		if rapid.Bool().Draw(t, string(name)) {
			e.Fields[name] = rapid.SampledFrom([]string{"a", "b"}).Draw(t, string(name)+" text")
		}
	}
	for _, name := range []string{"x", "y"} {
		if rapid.Bool().Draw(t, name) {
			e.Data[name] = json.RawMessage(rapid.SampledFrom([]string{"1", "2"}).Draw(t, name+" value"))
		}
	}
	return e
}

func drawNote(t *rapid.T, digest string) Event {
	return Event{
		Digest: digest,
		Class:  rapid.SampledFrom([]Class{NoteCreated, NoteCreated, NoteDeleted}).Draw(t, "class"),
		Time:   rapid.Int64Range(1, 3).Draw(t, "time"),
		Key:    key(),
		Note: NoteText{
			ID:      "n",
			Text:    rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, "text"),
			Author:  rapid.SampledFrom([]string{"", "ann"}).Draw(t, "author"),
			Created: rapid.SampledFrom([]string{"", "2021"}).Draw(t, "created"),
		},
	}
}

func drawEvents(t *rapid.T, draw func(*rapid.T, string) Event) []Event {
	events := make([]Event, rapid.IntRange(1, 6).Draw(t, "events"))
	for i := range events {
		events[i] = draw(t, fmt.Sprintf("%02x", i))
	}
	return events
}

func fold(events []Event) Finding {
	var f Finding
	for _, e := range events {
		f = Fold(f, e)
	}
	return f
}

func foldNotes(events []Event) Note {
	var n Note
	for _, e := range events {
		n = FoldNote(n, e)
	}
	return n
}

// shuffled gives the events in another order, some of them more than once.
func shuffled(t *rapid.T, events []Event) []Event {
	again := rapid.SliceOfN(rapid.SampledFrom(events), 0, 6).Draw(t, "duplicates")
	return rapid.Permutation(append(append([]Event(nil), events...), again...)).Draw(t, "order")
}

// permute calls visit with every order of the events.
func permute(events []Event, visit func([]Event)) {
	var place func(int)
	place = func(i int) {
		if i == len(events) {
			visit(events)
			return
		}
		for j := i; j < len(events); j++ {
			events[i], events[j] = events[j], events[i]
			place(i + 1)
			events[i], events[j] = events[j], events[i]
		}
	}
	place(0)
}

func TestEveryOrderAndDuplicationOfTheSameEventsFoldsToTheSameFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		want := fold(events)
		if got := fold(shuffled(t, events)); !reflect.DeepEqual(got, want) {
			t.Fatalf("folds to\n%+v\nand to\n%+v", want, got)
		}
	})
}

func TestEveryPermutationOfSixEventsFoldsToTheSameFindingAndNote(t *testing.T) {
	for seed := range 4 {
		statuses := rapid.Custom(func(t *rapid.T) []Event { return drawSix(t, drawStatus) }).Example(seed)
		notes := rapid.Custom(func(t *rapid.T) []Event { return drawSix(t, drawNote) }).Example(seed)
		finding, note := fold(statuses), foldNotes(notes)
		permute(statuses, func(order []Event) {
			if got := fold(order); !reflect.DeepEqual(got, finding) {
				t.Fatalf("%+v\nfolds to\n%+v\nand in another order to\n%+v", order, got, finding)
			}
		})
		permute(notes, func(order []Event) {
			if got := foldNotes(order); got != note {
				t.Fatalf("%+v\nfolds to\n%+v\nand in another order to\n%+v", order, got, note)
			}
		})
	}
}

func drawSix(t *rapid.T, draw func(*rapid.T, string) Event) []Event {
	events := make([]Event, 6)
	for i := range events {
		events[i] = draw(t, fmt.Sprintf("%02x", i))
	}
	return events
}

func TestEveryOrderAndDuplicationOfTheSameNoteEventsFoldsToTheSameNote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawNote)
		want := foldNotes(events)
		if got := foldNotes(shuffled(t, events)); got != want {
			t.Fatalf("folds to\n%+v\nand to\n%+v", want, got)
		}
	})
}

func TestTheNewestEventDecidesAndAmongEquallyNewOnesAClosingDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		f := fold(events)
		var newest int64
		for _, e := range events {
			newest = max(newest, e.Time)
		}
		closed, decided := false, false
		for _, e := range events {
			closed = closed || e.Time == newest && e.Disposition.Closed()
			decided = decided || e.Time == newest && e.Disposition.Decision()
		}
		if f.Status.Time != newest || f.Disposition.Closed() != closed || f.Disposition.Decision() != decided {
			t.Fatalf("%s at %d; newest %d, closed %t, decided %t", f.Disposition, f.Status.Time, newest, closed, decided)
		}
	})
}

func TestAnOlderEventNeverOverridesANewerOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := fold(drawEvents(t, drawStatus))
		older := drawStatus(t, "ff")
		older.Time = 0
		after := Fold(before, older)
		if after.Disposition != before.Disposition || after.Status != before.Status {
			t.Fatalf("%+v became %+v", before, after)
		}
		for name, value := range before.Fields {
			if after.Fields[name] != value {
				t.Fatalf("%s: %+v became %+v", name, value, after.Fields[name])
			}
		}
		for name, text := range older.Fields {
			if _, known := before.Fields[name]; !known && after.Get(name) != text {
				t.Fatalf("%s, unknown before, is %q, want %q", name, after.Get(name), text)
			}
		}
	})
}

func TestAFieldThatALaterEventLeavesOutKeepsItsValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := fold(drawEvents(t, drawStatus))
		later := drawStatus(t, "ff")
		later.Time, later.Fields, later.Data, later.Parent = 9, nil, nil, ""
		after := Fold(before, later)
		if !reflect.DeepEqual(after.Fields, before.Fields) || !reflect.DeepEqual(after.Data, before.Data) || after.Parent != before.Parent {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

func TestFoldingDoesNotChangeWhatItStartsFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		before, same := fold(events), fold(events)
		later := drawStatus(t, "ff")
		later.Time = 9
		Fold(before, later)
		if !reflect.DeepEqual(before, same) {
			t.Fatalf("%+v became %+v", same, before)
		}
	})
}

func TestOpenedIsTheNewestOpening(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		var want Stamp
		for _, e := range events {
			if e.Disposition == Open && (want.IsZero() || e.Stamp().Compare(want) > 0) {
				want = e.Stamp()
			}
		}
		if got := fold(events).Opened; got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestDecidedIsTheExplanationThatCameWithThePresentDisposition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		f := fold(events)
		want := ""
		for _, e := range events {
			if e.Stamp() == f.Status && e.Disposition.Closed() {
				want = e.Fields[Explanation]
			}
		}
		if got := f.Decided(); got != want {
			t.Fatalf("%q, want %q of %+v", got, want, f)
		}
	})
}

func TestAClosingThatCameFirstIsNotUndoneByALateOpening(t *testing.T) {
	closing := Event{Digest: "c", Class: Status, Time: 5, Key: key(), Disposition: Resolved}
	opening := Event{Digest: "o", Class: Status, Time: 4, Key: key(), Disposition: Open, Fields: map[Field]string{Title: "t"}}
	f := fold([]Event{closing, opening})
	if f.Disposition != Resolved || f.Opened.Time != 4 || f.Get(Title) != "t" {
		t.Errorf("%+v", f)
	}
	opening.Time = 6
	if f := fold([]Event{closing, opening}); f.Disposition != Open {
		t.Errorf("opened again, and is %s", f.Disposition)
	}
}

func TestADeletedNoteStaysDeletedAndItsTextIsNotKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deletion := Event{Digest: "ff", Class: NoteDeleted, Time: rapid.Int64Range(0, 9).Draw(t, "deleted at"), Key: key(), Note: NoteText{ID: "n"}}
		events := append(drawEvents(t, drawNote), deletion)
		n := foldNotes(shuffled(t, events))
		if !n.Deleted || n.Text != "" || n.Author != "" || n.Created != "" || n.Subject != key() || n.ID != "n" {
			t.Fatalf("%+v", n)
		}
	})
}

func TestAnEventOfAnotherClassLeavesEachFoldAlone(t *testing.T) {
	status := Event{Digest: "a", Class: Status, Time: 1, Key: key(), Disposition: Open}
	note := Event{Digest: "b", Class: NoteCreated, Time: 2, Key: Key{Kind: Parent, UUID: "p"}, Note: NoteText{ID: "n"}}
	f, n := Fold(Finding{}, status), FoldNote(Note{}, note)
	if got := Fold(f, note); !reflect.DeepEqual(got, f) {
		t.Errorf("a note made the finding %+v", got)
	}
	if got := FoldNote(n, status); got != n {
		t.Errorf("a status made the note %+v", got)
	}
}

func TestAFindingSurvivesBeingStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, drawStatus)
		raw, err := json.Marshal(fold(events))
		if err != nil {
			t.Fatal(err)
		}
		var stored Finding
		if err := json.Unmarshal(raw, &stored); err != nil {
			t.Fatal(err)
		}
		later := drawStatus(t, "ff")
		if got, want := Fold(stored, later), fold(append(events, later)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestAKeyReadsBackAsItWasWritten(t *testing.T) {
	for text, want := range map[string]bool{
		"violation/924f1fb0": true, "target/a/b": true, "violation/": false, "/x": false, "violation": false, "": false,
	} {
		k, ok := ParseKey(text)
		if ok != want || ok && k.String() != text {
			t.Errorf("%q: %v %t", text, k, ok)
		}
	}
}
