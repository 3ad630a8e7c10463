package finding

import (
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// eventBytes are what an event is drawn from.
const eventBytes = 5

// eventOf draws a status or note event. Its digest is what it was drawn from, so that equal digests
// mean equal events; times come from a small range, so that ties are common.
func eventOf(b []byte) Event {
	e := Event{Digest: hex.EncodeToString(b), Key: key(), Time: int64(b[0] % 4), Fields: map[Field]string{}, Data: map[string]json.RawMessage{}}
	words := []string{"", "a", "b"}
	if b[0] >= 128 {
		e.Class = []Class{NoteCreated, NoteCreated, NoteDeleted}[b[1]%3]
		e.Note = NoteText{ID: words[1+b[2]%2], Text: words[b[3]%3], Author: words[b[4]%3]}
		return e
	}
	e.Class, e.Disposition, e.Parent = Status, Dispositions()[int(b[1])%len(Dispositions())], words[b[2]%3]
	for i, name := range []Field{Title, Severity, Explanation} {
		if word := words[(b[3]>>(2*i))%4%3]; word != "" {
			e.Fields[name] = word
		}
	}
	for i, name := range []string{"x", "y"} {
		if word := words[(b[4]>>(2*i))%4%3]; word != "" {
			e.Data[name] = json.RawMessage(`"` + word + `"`)
		}
	}
	return e
}

// FuzzFold compares a fold, whatever the order and the repetitions, with what the sentences of the
// design say of the set of the events.
func FuzzFold(f *testing.F) {
	f.Add([]byte{1, 0, 1, 0x15, 0, 2, 5, 0, 0, 3, 1, 1, 2, 0, 1}, []byte{2, 1, 0})
	f.Add([]byte{1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 3, 0, 0, 0, 1, 5, 0, 0, 0}, []byte{3, 0, 3})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 1, 0, 1, 1}, []byte{1})
	f.Add([]byte{129, 2, 0, 0, 0, 130, 0, 0, 1, 1, 131, 0, 0, 2, 2, 131, 1, 1, 1, 1}, []byte{1, 2, 0})
	f.Fuzz(func(t *testing.T, drawn, order []byte) {
		var events []Event
		for b := range slices.Chunk(drawn[:min(len(drawn)/eventBytes, 12)*eventBytes], eventBytes) {
			events = append(events, eventOf(b))
		}
		if len(events) == 0 {
			return
		}
		again := slices.Clone(events)
		for _, o := range order[:min(len(order), 32)] {
			again = slices.Insert(again, int(o)%len(again), events[int(o>>4)%len(events)])
		}
		slices.Reverse(again)
		for _, sequence := range [][]Event{events, again, slices.Concat(again, events)} {
			if got, want := fold(sequence), foldOf(events); !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v\nfolds to\n%+v\nnot to\n%+v", sequence, got, want)
			}
			for _, id := range []string{"a", "b"} {
				if got, want := foldNotes(notesOf(sequence, id)), noteOf(notesOf(events, id)); got != want {
					t.Fatalf("%+v\nfolds to the note\n%+v\nnot to\n%+v", sequence, got, want)
				}
			}
		}
	})
}

// newest gives the event that decides among those that something is true of: by time, then by how
// final it is, then by its digest.
func newest(events []Event, of func(Event) bool) (Event, bool) {
	var last Event
	found := false
	for _, e := range events {
		if of(e) && (!found || !sooner(e, last)) {
			last, found = e, true
		}
	}
	return last, found
}

func sooner(a, b Event) bool {
	final := map[Disposition]int{Fixed: 1, Resolved: 1, RiskAccepted: 2, CompensatingControl: 2, WontFix: 2}
	switch {
	case a.Time != b.Time:
		return a.Time < b.Time
	case final[a.Disposition] != final[b.Disposition]:
		return final[a.Disposition] < final[b.Disposition]
	}
	return a.Digest < b.Digest
}

// foldOf says what a set of events adds up to, looking at it as a whole.
func foldOf(events []Event) Finding {
	events = slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Class != Status })
	last, some := newest(events, func(Event) bool { return true })
	if !some {
		return Finding{}
	}
	f := Finding{Key: last.Key, Disposition: last.Disposition, Status: last.Stamp(), Fields: map[Field]Value{}, Data: map[string]Member{}}
	if e, ok := newest(events, func(e Event) bool { return e.Disposition == Open }); ok {
		f.Opened = e.Stamp()
	}
	if e, ok := newest(events, func(e Event) bool { return e.Parent != "" }); ok {
		f.Parent = Value{Text: e.Parent, Stamp: e.Stamp()}
	}
	for _, some := range events {
		for name := range some.Fields {
			e, _ := newest(events, func(e Event) bool { return e.Fields[name] != "" })
			f.Fields[name] = Value{Text: e.Fields[name], Stamp: e.Stamp()}
		}
		for name := range some.Data {
			e, _ := newest(events, func(e Event) bool { return e.Data[name] != nil })
			f.Data[name] = Member{JSON: e.Data[name], Stamp: e.Stamp()}
		}
	}
	return f
}

func notesOf(events []Event, id string) []Event {
	return slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Class == Status || e.Note.ID != id })
}

// noteOf says what a set of note events adds up to.
func noteOf(events []Event) Note {
	if len(events) == 0 {
		return Note{}
	}
	n := Note{Subject: key(), ID: events[0].Note.ID}
	last, created := newest(events, func(e Event) bool { return e.Class == NoteCreated })
	if created {
		n.Stamp = last.Stamp()
	}
	n.Deleted = slices.ContainsFunc(events, func(e Event) bool { return e.Class == NoteDeleted })
	if created && !n.Deleted {
		n.Text, n.Author = last.Note.Text, last.Note.Author
	}
	return n
}
