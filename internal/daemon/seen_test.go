package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// seen is an issue of either sort of tracker as it stands, in words that both share.
type seen struct {
	Key      string
	Title    string
	Body     string // as stored: ADF, wiki text or Markdown
	Labels   []string
	Priority string
	Open     bool
	Status   string
	Reason   string   // Jira's resolution, GitHub's state_reason
	Comments []string // as stored
}

// issues gives the issues of both trackers, each tracker's oldest first.
func (w *world) issues() []seen {
	var all []seen
	for _, i := range w.jira.Issues() {
		all = append(all, ofJira(i))
	}
	for _, i := range w.github.Issues() {
		all = append(all, ofGitHub(i))
	}
	return all
}

func ofJira(i jiratest.Issue) seen {
	s := seen{Key: i.Key, Title: i.Summary, Body: stored(i.Raw), Labels: i.Labels, Priority: i.Priority,
		Open: i.Category != "done", Status: i.Status, Reason: i.Resolution}
	for _, c := range i.Comments {
		s.Comments = append(s.Comments, stored(c.Raw))
	}
	return s
}

func ofGitHub(i githubtest.Issue) seen {
	s := seen{Key: i.Key, Title: i.Title, Body: i.Body, Labels: i.Labels, Open: i.State == "open", Status: i.State, Reason: i.StateReason}
	for _, c := range i.Comments {
		s.Comments = append(s.Comments, c.Body)
	}
	return s
}

// stored makes ADF readable by line, and gives wiki text as it is.
func stored(raw json.RawMessage) string {
	var wiki string
	if json.Unmarshal(raw, &wiki) == nil {
		return wiki
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return string(raw)
	}
	return out.String()
}

// issue gives one issue by its key.
func (w *world) issue(key string) seen {
	w.t.Helper()
	for _, i := range w.issues() {
		if i.Key == key {
			return i
		}
	}
	w.t.Fatalf("there is no issue %s", key)
	return seen{}
}

// one gives the only issue of both trackers.
func (w *world) one() seen {
	w.t.Helper()
	all := w.issues()
	if len(all) != 1 {
		w.t.Fatalf("%d issues, want 1", len(all))
	}
	return all[0]
}

// comment gives the first comment that holds the words, "" when none does.
func (s seen) comment(words string) string {
	for _, c := range s.Comments {
		if strings.Contains(c, words) {
			return c
		}
	}
	return ""
}

// expect tells what is not as it should be.
func (s seen) expect(w *world, open bool, comments int) {
	w.t.Helper()
	if s.Open != open || len(s.Comments) != comments {
		w.t.Errorf("%s is open: %v (%s) with %d comments, want %v with %d: %q", s.Key, s.Open, s.Status, len(s.Comments), open, comments, s.Comments)
	}
}

// sample gives a body of the guide with ids of its own, so that several findings can be told by the
// same samples.
func sample(name string, n int) string {
	own := fmt.Sprintf("%08x", n)
	return strings.NewReplacer("924f1fb0", own, "ed1d9485", own, "6f1c5a0e", own).Replace(string(samples.Body(name)))
}

// sum gives how many calls a tracker's operations took so far.
func sum(of map[string]int) int {
	total := 0
	for _, n := range of {
		total += n
	}
	return total
}

func twoProjects() []jiratest.Project { return []jiratest.Project{{Key: "SEC"}, {Key: "OPS"}} }
