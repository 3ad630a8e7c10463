package datatheorem

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/finding"
)

// checkDecoded holds what is true of whatever came.
func checkDecoded(t *testing.T, d Decoded) {
	t.Helper()
	switch d.Verdict {
	case VerdictEvent:
		checkEvent(t, d)
	case VerdictProbe, VerdictPersonal:
	case VerdictUnhandled, VerdictUnparsed:
		if d.Reason == "" {
			t.Errorf("%s without a reason", d.Verdict)
		}
	default:
		t.Errorf("verdict %q", d.Verdict)
	}
	if d.Verdict != VerdictEvent && (d.Event.Type != "" || d.Event.Fields != nil || d.Event.Data != nil) {
		t.Errorf("%s with an event: %+v", d.Verdict, d.Event)
	}
}

func checkEvent(t *testing.T, d Decoded) {
	t.Helper()
	e := d.Event
	if e.Key.Kind == "" || e.Key.UUID == "" || e.Time <= 0 || len(e.Digest) != 64 {
		t.Errorf("incomplete: %+v", e)
	}
	if key, ok := finding.ParseKey(e.Key.String()); !ok || key != e.Key {
		t.Errorf("the key %v reads back as %v", e.Key, key)
	}
	switch e.Class {
	case finding.Status:
		if !slices.Contains(finding.Dispositions(), e.Disposition) {
			t.Errorf("disposition %q", e.Disposition)
		}
	case finding.NoteCreated, finding.NoteDeleted:
		if e.Note.ID == "" {
			t.Error("a note without a name")
		}
	default:
		t.Errorf("class %q", e.Class)
	}
	texts := []string{e.Type, e.Key.UUID, e.Parent, e.Note.ID, e.Note.Text, e.Note.Author, e.Note.Created}
	for name, text := range e.Fields {
		texts = append(texts, text)
		if text == "" || d.Paths[name] == "" {
			t.Errorf("%s is %q by path %q", name, text, d.Paths[name])
		}
	}
	for name, raw := range e.Data {
		texts = append(texts, name, string(raw))
		if !json.Valid(raw) || string(raw) == "null" {
			t.Errorf("member %q is %q", name, raw)
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("%q is not for a database", text)
		}
	}
}

func TestEveryBeginningOfASampleIsUnparsed(t *testing.T) {
	table := builtinTable(t)
	for _, name := range samples.Names() {
		sent := []byte(strings.TrimSpace(string(samples.Body(name))))
		for cut := range sent {
			if d := table.Decode(sent[:cut], received()); d.Verdict != VerdictUnparsed {
				t.Fatalf("%s cut at %d: %s", name, cut, d.Verdict)
			}
		}
	}
}
