package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	Text     string   // the body in words, a line for each of a list
	Said     []string // the comments in words
	More     []string // what only one sort of tracker has, "name: value"
	Created  time.Time
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
		Open: i.Category != "done", Status: i.Status, Reason: i.Resolution, Created: i.Created}
	s.Text = i.Description
	for _, c := range i.Comments {
		s.Comments, s.Said = append(s.Comments, stored(c.Raw)), append(s.Said, c.Text)
	}
	s.more("type", i.IssueType)
	s.more("due", i.DueDate)
	s.more("components", i.Components...)
	s.more("fix versions", i.FixVersions...)
	s.more("security level", i.SecurityLevel)
	s.more("assignee", i.Assignee)
	for _, id := range slices.Sorted(maps.Keys(i.Fields)) {
		value, _ := json.Marshal(i.Fields[id]) //nolint:errchkjson // it came as JSON
		s.more(id, string(value))
	}
	return s
}

func ofGitHub(i githubtest.Issue) seen {
	s := seen{Key: i.Key, Title: i.Title, Body: i.Body, Labels: i.Labels, Open: i.State == "open", Status: i.State, Reason: i.StateReason, Created: i.Created}
	s.Text = inWords(i.Body)
	for _, c := range i.Comments {
		s.Comments, s.Said = append(s.Comments, c.Body), append(s.Said, inWords(c.Body))
	}
	s.more("milestone", i.Milestone)
	s.more("assignees", i.Assignees...)
	return s
}

// more keeps what an issue has, if it has any.
func (s *seen) more(name string, values ...string) {
	if value := strings.Join(values, ", "); value != "" {
		s.More = append(s.More, name+": "+value)
	}
}

// inWords takes the marks of Markdown off that our texts use.
func inWords(markdown string) string {
	return strings.NewReplacer("**", "", "`", "").Replace(markdown)
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
		w.t.Errorf("%s is open: %v (%s) with %d comments, want %v with %d: %q", s.Key, s.Open, s.Status, len(s.Comments), open, comments, s.Said)
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
