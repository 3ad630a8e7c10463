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
		for _, field := range v.Fields() {
			fillWith(field, text, depth-1)
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

// A printout is what a command prints of a database, of trackers or of files that hold a text everywhere.
type printout struct {
	name string
	of   func(t testing.TB, text string) string
	free bool // it shows texts of several lines, set apart
}

// rows makes a printout of a table about one thing.
func rows[T any](of func([]T) [][]string) func(testing.TB, string) string {
	return func(_ testing.TB, text string) string { return table(of([]T{filled[T](text)})...) }
}

// document makes a printout of a JSON document.
func document[T any](t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := (output{JSON: true}).print(&out, filled[T](text), ""); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) {
		t.Errorf("no JSON: %q", out.String())
	}
	return out.String()
}

func printouts() []printout {
	return []printout{
		{"tickets", func(_ testing.TB, text string) string {
			return ticketTable([]store.Ticket{filled[store.Ticket](text)}, []string{text})
		}, false},
		{"ticket", func(_ testing.TB, text string) string {
			t := filled[store.Ticket](text)
			return ticketSheet(t, holdsRow(t, []store.Finding{filled[store.Finding](text)}, nil))
		}, false},
		{"findings", rows(findingRows), false},
		{"findings without a rule", rows(unroutedRows), false},
		{"comments", rows(commentRows), false},
		{"calls", rows(opRows), false},
		{"line", func(_ testing.TB, text string) string {
			return table(lineRows([]store.Ticket{filled[store.Ticket](text)}, []string{text})...)
		}, false},
		{"pauses", rows(pauseRows), false},
		{"events", func(_ testing.TB, text string) string {
			e := filled[store.Event](text)
			return eventTable([]store.Event{e}) + eventSheet(e)
		}, false},
		{"body", func(_ testing.TB, text string) string { return safeLines(text) }, true},
		{"problems", func(_ testing.TB, text string) string { return lines(config.Problems{filled[config.Problem](text)}) }, false},
		{"failure", func(_ testing.TB, text string) string {
			var told bytes.Buffer
			(&program{streams: streams{stderr: &told}}).fail(&failure{err: errors.New(text), hint: text})
			return told.String()
		}, false},
		{"symptoms", func(_ testing.TB, text string) string {
			e := filled[doctor.Entry](text)
			e.Severity = ticket.Failing
			return (&doctorCommand{}).text(doctor.Report{Entries: []doctor.Entry{e}})
		}, true},
		{"cases", func(_ testing.TB, text string) string {
			broken := filled[explain.Outcome](text)
			failed, passed := broken, broken
			failed.Error, passed.OK = "", true
			return (&testDocument{Cases: []explain.Outcome{broken, failed, passed}}).text()
		}, false},
		{"explanation", func(_ testing.TB, text string) string {
			d, row := filled[explainDocument](text), filled[store.Ticket](text)
			d.Rehearsal.Requests[0].Purpose = explain.Write
			return explanationText(d, &row)
		}, true},
		{"tickets as JSON", document[ticketDetail], false},
		{"events as JSON", document[eventList], false},
		{"an explanation as JSON", document[explainDocument], false},
	}
}

// FuzzWhatCommandsPrint puts a text everywhere: whatever is printed of it, a terminal only shows it, and
// it makes no line that could pass for one of ours.
func FuzzWhatCommandsPrint(f *testing.F) {
	all := printouts()
	for which := range all {
		for _, seed := range []string{"", hostile, "\x1b[2J\u202e", "\xff\xfe\U000e0041", "a\nSTATE closed\n", "\r\x9b31m\t|\v\f\u2028\u0085", "%s%!d(<tag>&\u2066"} {
			f.Add(uint8(which), seed)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		if len(text) > 256 {
			return
		}
		p := all[int(which)%len(all)]
		printed, plain := p.of(t, "x"+text), p.of(t, "x")
		if acted(strings.ReplaceAll(printed, "\n", "")) {
			t.Errorf("%s: %q", p.name, printed)
		}
		if n := strings.Count(plain, "\n"); !p.free && strings.Count(printed, "\n") != n {
			t.Errorf("%s: not %d lines: %q", p.name, n, printed)
		}
	})
}
