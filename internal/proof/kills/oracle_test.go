package kills_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/proof/program"
	"ticketd/store"
)

// verdict is what came of a world that has come to rest.
type verdict struct {
	answered int      // events that were answered with 2xx, each of which was looked up
	lost     []string // those of them that are not in the store
	issues   int
	double   []string // issues beside the one that their ticket knows
	wrong    []string // whatever else is not as it should be
}

// open opens the database beside whatever runs.
func (w *world) open() *store.Store {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), store.Options{Path: w.Database(), Shared: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) close(s *store.Store) {
	w.t.Helper()
	if err := s.Close(); err != nil {
		w.t.Error(err)
	}
}

// must gives a value that there must be.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// everything is a limit of a list that is never reached.
const everything = 1_000_000

// events gives the stored events by their digest.
func (w *world) events(s *store.Store) map[string]store.Event {
	w.t.Helper()
	all := make(map[string]store.Event)
	for _, e := range must[[]store.Event](w.t)(s.Events(w.t.Context(), store.EventFilter{Limit: everything})) {
		all[e.Digest] = e
	}
	return all
}

// lost gives the events that were answered and are not in the store.
func (w *world) lost(stored map[string]store.Event) (all []string) {
	for digest, e := range w.sender.answered {
		if string(stored[digest].Body) != e.body {
			all = append(all, "answered with 2xx and not stored: "+e.body)
		}
	}
	return all
}

// judge compares what the store and the trackers hold with what was said.
func (w *world) judge() verdict {
	w.t.Helper()
	s := w.open()
	defer w.close(s)
	stored, rows, issues := w.events(s), w.rows(s), w.issues()
	v := verdict{answered: len(w.sender.answered), lost: w.lost(stored)}
	for _, all := range issues {
		v.issues += len(all)
	}
	said := make(map[string][]event)
	for digest, e := range stored {
		sent, known := w.sender.sent[digest]
		if !known {
			v.wrong = append(v.wrong, "stored, and nobody sent it: "+string(e.Body))
		}
		said[sent.finding] = append(said[sent.finding], sent)
	}
	for id, all := range said {
		row, known := rows[id]
		v.wrong = append(v.wrong, wrong(id, all, row, known, issues[row.Marker])...)
		v.double = append(v.double, double(row, issues[row.Marker])...)
		delete(issues, row.Marker)
	}
	for marker, all := range issues {
		v.wrong = append(v.wrong, fmt.Sprintf("issues that no ticket knows of, with the marker %q: %+v", marker, all))
	}
	return v
}

// rows gives the ticket of every finding.
func (w *world) rows(s *store.Store) map[string]store.Ticket {
	w.t.Helper()
	all := make(map[string]store.Ticket)
	for _, row := range must[[]store.Ticket](w.t)(s.Tickets(w.t.Context(), store.TicketFilter{Limit: everything})) {
		id := strings.TrimPrefix(row.Group, string(finding.Target)+"/")
		if _, twice := all[id]; twice {
			w.t.Errorf("the finding %s has two tickets", id)
		}
		all[id] = row
	}
	return all
}

// wrong compares one finding with its issue.
func wrong(id string, said []event, row store.Ticket, known bool, issues []program.Issue) (all []string) {
	newest, told := newest(said)
	closed := newest.ends
	own := slices.IndexFunc(issues, func(i program.Issue) bool { return i.Key == row.Ref.Key })
	switch {
	case !told && known:
		return []string{id + " was neither opened nor closed, and has a ticket"}
	case !told:
		return nil
	case own < 0 && !closed:
		return []string{fmt.Sprintf("%s is open and has no issue; its ticket: %+v", id, row)}
	case own < 0 && row.State != store.TicketNone:
		return []string{fmt.Sprintf("%s has no issue, and its ticket says otherwise: %+v", id, row)}
	case own < 0:
		return nil
	case issues[own].Open == closed:
		all = append(all, fmt.Sprintf("%s: closed is %v, and of its issue the contrary: %+v; its ticket: %+v", id, closed, issues[own], row))
	case !closed && !strings.Contains(issues[own].Text, severity(newest.at)):
		all = append(all, fmt.Sprintf("%s: its issue does not tell the severity of now, %s: %+v; its ticket: %+v", id, severity(newest.at), issues[own], row))
	}
	return append(all, wrongComments(said, issues[own])...)
}

// newest folds what was said of a finding: its newest event tells how it stands. told is false where
// there were but notes.
func newest(said []event) (last event, told bool) {
	for _, e := range said {
		if e.note == "" && e.at > last.at {
			last, told = e, true
		}
	}
	return last, told
}

// wrongComments looks for comments that are there twice, and for notes that are missing or should be.
func wrongComments(said []event, i program.Issue) (all []string) {
	markers, notes := make(map[string]int), make(map[string]int)
	for _, c := range i.Comments {
		if markers[c.Marker]++; c.Marker == "" || markers[c.Marker] > 1 {
			all = append(all, fmt.Sprintf("a comment of %s is there twice, or nobody's: %+v", i.Key, c))
		}
	}
	for _, e := range said {
		if e.note != "" && !e.ends {
			notes[e.note]++
		}
	}
	for _, e := range said {
		if e.note != "" && e.ends {
			notes[e.note] = 0
		}
	}
	for id, want := range notes {
		got := 0
		for _, c := range i.Comments {
			got += strings.Count(c.Text, id)
		}
		if got != want {
			all = append(all, fmt.Sprintf("the note %s is there %d times on %s, want %d", id, got, i.Key, want))
		}
	}
	return all
}

// double gives the issues of a ticket beside its own, and tells which of them are open.
func double(row store.Ticket, issues []program.Issue) (all []string) {
	for _, i := range issues {
		if i.Key != row.Ref.Key {
			all = append(all, fmt.Sprintf("%s is a double of %s; open: %v", i.Key, row.Ref.Key, i.Open))
		}
	}
	return all
}

// issues gives those of both trackers by their marker.
func (w *world) issues() map[string][]program.Issue {
	w.t.Helper()
	all := make(map[string][]program.Issue)
	for _, i := range program.Issues(w.t, w.Jira, w.github) {
		all[i.Marker] = append(all[i.Marker], i)
	}
	return all
}

// expect ends the test where anything is lost, double or wrong.
func (v verdict) expect(t *testing.T, doubles int) {
	t.Helper()
	for _, all := range [][]string{v.lost, v.wrong} {
		for _, one := range all {
			t.Error(one)
		}
	}
	if len(v.double) != doubles {
		t.Errorf("%d doubles, want %d: %s", len(v.double), doubles, strings.Join(v.double, "\n"))
	}
}
