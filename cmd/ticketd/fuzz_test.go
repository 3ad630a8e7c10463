package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/doctor"
	"ticketd/internal/explain"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// filled gives a value that holds a text wherever a text can be, one element in every list, and itself
// nowhere.
func filled[T any](text string) T {
	var v T
	fillWith(reflect.ValueOf(&v).Elem(), text, 8)
	return v
}

func fillWith(v reflect.Value, text string, depth int) {
	if depth == 0 || !v.CanSet() || v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), text, depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			fillWith(v.Field(i), text, depth-1)
		}
	case reflect.Slice:
		fillList(v, text, depth)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillWith(key, text, depth-1)
		fillWith(value, text, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(text))
		}
	default: // a truth value, or what no document has
	}
}

func fillList(v reflect.Value, text string, depth int) {
	switch v.Type() {
	case reflect.TypeFor[json.RawMessage]():
		raw, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			panic(err)
		}
		v.SetBytes(raw)
	case reflect.TypeFor[[]byte]():
		v.SetBytes([]byte(text))
	default:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillWith(v.Index(0), text, depth-1)
	}
}

// A printout is what a command prints, and how many lines of it may be the text's own.
type printout struct {
	name, text string
	free       bool // it shows texts of several lines, indented
}

// printouts are what the commands print of a database, of trackers and of files that hold a text
// everywhere.
func printouts(t testing.TB, text string) []printout {
	t.Helper()
	tk, f, e := filled[store.Ticket](text), filled[store.Finding](text), filled[store.Event](text)
	explained, symptom := filled[explainDocument](text), filled[doctor.Entry](text)
	symptom.Severity, explained.Rehearsal.Requests[0].Purpose = ticket.Failing, explain.Write
	broken := filled[explain.Outcome](text)
	failed, passed := broken, broken
	failed.Error, passed.OK = "", true
	tested := testDocument{Cases: []explain.Outcome{broken, failed, passed}}
	var told bytes.Buffer
	(&program{streams: streams{stderr: &told}}).fail(&failure{err: errors.New(text), hint: text})
	all := []printout{
		{"tickets", ticketTable([]store.Ticket{tk}, []string{text}), false},
		{"ticket", ticketSheet(tk, holdsRow(tk, []store.Finding{f}, nil)), false},
		{"findings", table(findingRows([]store.Finding{f})...) + table(unroutedRows([]store.Finding{f})...), false},
		{"comments", table(commentRows([]store.Comment{filled[store.Comment](text)})...), false},
		{"calls", table(opRows([]store.Op{filled[store.Op](text)})...), false},
		{"line", table(lineRows([]store.Ticket{tk}, []string{text})...), false},
		{"pauses", table(pauseRows([]store.Scope{filled[store.Scope](text)})...), false},
		{"events", eventTable([]store.Event{e}) + eventSheet(e), false},
		{"body", safeLines(text), true},
		{"problems", lines(config.Problems{filled[config.Problem](text)}), false},
		{"failure", told.String(), false},
		{"symptoms", (&doctorCommand{}).text(doctor.Report{Entries: []doctor.Entry{symptom}}), true},
		{"cases", tested.text(), false},
		{"explanation", explanationText(explained, &tk), true},
	}
	for name, document := range map[string]any{"tickets": viewTicket(tk), "finding": viewFinding(f), "event": viewEvent(e), "call": viewOp(filled[store.Op](text)), "explanation": explained} {
		var out bytes.Buffer
		if err := (output{JSON: true}).print(&out, document, ""); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) {
			t.Errorf("%s is no JSON: %q", name, out.String())
		}
		all = append(all, printout{name + " as JSON", out.String(), false})
	}
	return all
}

// FuzzWhatCommandsPrint puts a text everywhere: whatever is printed of it, a terminal only shows it, and
// it makes no line that could pass for one of ours.
func FuzzWhatCommandsPrint(f *testing.F) {
	for _, seed := range []string{"", "plain", hostile, "\x1b[2J", "\u202e", "\xff\xfe", "\U000e0041", "a\nSTATE closed\n", "\r\x9b31m", "\t|\v\f", "\u2028\u0085", "%s%!d(", "<tag>&\u2066"} {
		f.Add(seed)
	}
	want := map[string]int{}
	for _, p := range printouts(f, "x") {
		want[p.name] = strings.Count(p.text, "\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range printouts(t, "x"+text) {
			if acted(strings.ReplaceAll(p.text, "\n", "")) {
				t.Errorf("%s: %q", p.name, p.text)
			}
			if n := strings.Count(p.text, "\n"); !p.free && n != want[p.name] {
				t.Errorf("%s: %d lines, not %d: %q", p.name, n, want[p.name], p.text)
			}
		}
	})
}
