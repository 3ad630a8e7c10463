package soak_test

import (
	"fmt"
	"regexp"
	"strings"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// issue is one of either tracker.
type issue struct {
	key      string
	open     bool
	comments []string
}

// verdict is what became of the findings.
type verdict struct {
	issues int
	none   int      // findings that closed before there was an issue
	lost   []string // without an issue, or with one that is not as it should be
	double []string
}

var finding = regexp.MustCompile(`\bf[0-9]+f\b`)

// issues gives those of both trackers by the finding that they tell of.
func issues(jira *jiratest.Server, github *githubtest.Server) map[string][]issue {
	all := make(map[string][]issue)
	for _, i := range jira.Issues() {
		one := issue{key: i.Key, open: i.Category != "done"}
		for _, c := range i.Comments {
			one.comments = append(one.comments, c.Text)
		}
		id := finding.FindString(i.Description)
		all[id] = append(all[id], one)
	}
	for _, i := range github.Issues() {
		one := issue{key: i.Key, open: i.State == "open"}
		for _, c := range i.Comments {
			one.comments = append(one.comments, c.Body)
		}
		id := finding.FindString(i.Body)
		all[id] = append(all[id], one)
	}
	return all
}

// judge compares the issues with what was said of the findings.
func judge(lives []*life, all map[string][]issue) (v verdict) {
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
func (l *life) untrue(i issue) (all []string) {
	if i.open == l.closed {
		all = append(all, fmt.Sprintf("%s: closed is %v, and of %s the contrary", l.id, l.closed, i.key))
	}
	if l.note == "" {
		return all
	}
	want, got := 1, 0
	if l.erased {
		want = 0
	}
	for _, c := range i.comments {
		got += strings.Count(c, l.note)
	}
	if got != want {
		all = append(all, fmt.Sprintf("%s: the note is there %d times on %s, want %d", l.id, got, i.key, want))
	}
	return all
}
