package daemon_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestAClosingThatComesFirstMakesNoIssueAndIsNotUndoneByALateOpening(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.post(target("FIXED", "t-1", 1611059000))
		w.settle()
		w.post(violation("OPENED", "v-1", 1611058000))
		w.post(target("CREATED", "t-1", 1611058000))
		w.pass(time.Hour)
		if n := len(w.issues()); n != 0 {
			t.Fatalf("%d issues of findings that are closed, want none", n)
		}
		w.post(violation("OPENED", "v-1", 1611060000))
		w.settle()
		w.one().expect(w, true, 0)
	})
}

func TestANoteThatComesBeforeItsFindingWaitsForTheIssue(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.post(noteEvent("CREATED", "n-1", 1611058500))
		w.settle()
		if n := len(w.issues()); n != 0 {
			t.Fatalf("%d issues of a note alone, want none", n)
		}
		w.post(target("CREATED", "t-1", 1611058000))
		w.settle()
		w.one().expect(w, true, 1)
	})
}

func TestANoteThatIsDeletedBeforeItWasWrittenNeverBecomesAComment(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.post(target("CREATED", "t-1", 1611058000))
		w.post(noteEvent("DELETED", "n-1", 1611058600))
		w.settle()
		w.post(noteEvent("CREATED", "n-1", 1611058500))
		w.pass(time.Hour)
		w.one().expect(w, true, 0)
		for _, e := range w.github.Effects() {
			if e.Op == "comment" {
				t.Errorf("a comment was written at %v", e.At)
			}
		}
	})
}

// life gives the four events of one finding with a parent of its own.
func life(id string, verbs ...string) []string {
	events := make([]string, len(verbs))
	for i, verb := range verbs {
		at := 1611058000 + int64(i)*1000
		if verb == "NOTE" {
			events[i] = event("MOBILE_SECURE__FINDING_NOTE_CREATED", at, "id", "note-of-"+id, "security_finding_id", "parent-of-"+id,
				"text", "We will fix this.", "author_email", "someone@example.com")
			continue
		}
		events[i] = event("MOBILE_SECURE__FINDING_TARGET_"+verb, at, "id", id, "security_finding_id", "parent-of-"+id,
			"mobile_app_id", 13, "severity", []string{"LOW", "HIGH", "MEDIUM", "LOW"}[i])
	}
	return events
}

// permutations gives every order of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, append(append(append([]int{}, p[:at]...), n-1), p[at:]...))
		}
	}
	return all
}

var anyMarker = regexp.MustCompile(`dt[wc]-[0-9a-f]{24}`)

// same makes the issues of two findings comparable.
func (s seen) same(id string) string {
	s.Comments = append([]string(nil), s.Comments...)
	return strings.ReplaceAll(anyMarker.ReplaceAllString(s.String(), "MARKER"), id, "ID")
}

func TestEveryOrderOfTheSameEventsThatWaitedEndsInTheSameIssue(t *testing.T) {
	long(t)
	for name, verbs := range map[string][]string{
		"open at the end":   {"CREATED", "NOTE", "FIXED", "CREATED"},
		"closed at the end": {"CREATED", "FIXED", "NOTE", "RISK_ACCEPTED"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{rules: crowds()[0].rules + "ticket_closed = true\n"}, func(w *world) {
				w.setDown("jira.example.com", true)
				orders := permutations(len(verbs))
				for n, order := range orders {
					events := life(fmt.Sprintf("t-%02d", n), verbs...)
					for _, i := range order {
						w.post(events[i])
					}
				}
				w.setDown("jira.example.com", false)
				w.pass(time.Hour)
				all := w.issues()
				if len(all) != len(orders) {
					t.Fatalf("%d issues, want %d", len(all), len(orders))
				}
				for _, issue := range all {
					id := regexp.MustCompile(`t-[0-9]{2}`).FindString(issue.Body)
					if got, want := issue.same(id), all[0].same(regexp.MustCompile(`t-[0-9]{2}`).FindString(all[0].Body)); got != want {
						t.Errorf("%s is not as %s:\n%s\nbut:\n%s", issue.Key, all[0].Key, got, want)
					}
				}
				all[0].expect(w, name == "open at the end", map[bool]int{true: 1, false: 2}[name == "open at the end"])
			})
		})
	}
}

func TestEveryOrderOfTheSameEventsOneByOneEndsInTheSameStateWithOneNote(t *testing.T) {
	long(t)
	inWorld(t, settings{rules: crowds()[0].rules}, func(w *world) {
		for n, order := range permutations(4) {
			events := life(fmt.Sprintf("t-%02d", n), "CREATED", "NOTE", "FIXED", "CREATED")
			for _, i := range order {
				w.post(events[i])
				w.pass(5 * time.Second)
			}
			all := w.issues()
			if len(all) != n+1 {
				t.Fatalf("order %v: %d issues, want %d", order, len(all), n+1)
			}
			notes := 0
			for _, c := range all[n].Comments {
				if strings.Contains(c, "We will fix this.") {
					notes++
				}
			}
			if !all[n].Open || notes != 1 {
				t.Errorf("order %v: open %v with %d notes, want an open one with 1", order, all[n].Open, notes)
			}
		}
	})
}
