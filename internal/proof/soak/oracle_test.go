package soak_test

import (
	"fmt"
	"regexp"
	"strings"

	"ticketd/internal/proof/program"
)

// verdict is what became of the findings.
type verdict struct {
	issues int
	none   int      // findings that closed before there was an issue
	lost   []string // without an issue, or with one that is not as it should be
	double []string
}

var finding = regexp.MustCompile(`\bf[0-9]+f\b`)

// issues gives those of both trackers by the finding that they tell of.
func (w *world) issues() map[string][]program.Issue {
	w.t.Helper()
	all := make(map[string][]program.Issue)
	for _, i := range program.Issues(w.t, w.Jira, w.github) {
		id := finding.FindString(i.Text)
		all[id] = append(all[id], i)
	}
	return all
}

// judge compares the issues with what was said of the findings.
func judge(lives []*life, all map[string][]program.Issue) (v verdict) {
	for _, l := range lives {
		if !l.begun {
			continue
		}
		mine := all[l.id]
		v.issues += len(mine)
		switch {
		case len(mine) == 0 && l.closed:
			v.none++
		case len(mine) == 0:
			v.lost = append(v.lost, l.id+" is open and has no issue")
		case len(mine) > 1:
			v.double = append(v.double, fmt.Sprintf("%s has %d issues: %+v", l.id, len(mine), mine))
		default:
			v.lost = append(v.lost, l.untrue(mine[0])...)
		}
		delete(all, l.id)
	}
	for id, strange := range all {
		v.double = append(v.double, fmt.Sprintf("issues of no finding %q: %+v", id, strange))
	}
	return v
}

// untrue tells what of the one issue is not as it should be.
func (l *life) untrue(i program.Issue) (all []string) {
	if i.Open == l.closed {
		all = append(all, fmt.Sprintf("%s: closed is %v, and of %s the contrary", l.id, l.closed, i.Key))
	}
	said := make(map[string]bool)
	for _, c := range i.Comments {
		if c.Marker == "" || said[c.Marker] {
			all = append(all, fmt.Sprintf("%s: a comment of %s is there twice, or nobody's: %+v", l.id, i.Key, c))
		}
		said[c.Marker] = true
	}
	if l.note == "" {
		return all
	}
	want, got := 1, 0
	if l.erased {
		want = 0
	}
	for _, c := range i.Comments {
		got += strings.Count(c.Text, l.note)
	}
	if got != want {
		all = append(all, fmt.Sprintf("%s: the note is there %d times on %s, want %d", l.id, got, i.Key, want))
	}
	return all
}
