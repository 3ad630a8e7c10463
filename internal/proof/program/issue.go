package program

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// Issue is an issue of either tracker, as far as a proof looks at it.
type Issue struct {
	Key      string
	Marker   string // of the ticket that it was made for; "": none
	Open     bool
	Text     string // the description
	Comments []Comment
}

// Comment is one on an issue.
type Comment struct {
	Marker string // of the operation that wrote it; "": none
	Text   string
}

// Issues gives those of both trackers.
func Issues(t testing.TB, jira *jiratest.Server, github *githubtest.Server) (all []Issue) {
	t.Helper()
	ticket, op := regexp.MustCompile(`dtw-[0-9a-f]{24}`), regexp.MustCompile(`dtc-[0-9a-f]{24}`)
	for _, i := range jira.Issues() {
		one := Issue{Key: i.Key, Open: i.Category != "done", Marker: ticket.FindString(strings.Join(i.Labels, " ")), Text: i.Description}
		for _, c := range i.Comments {
			properties, err := json.Marshal(c.Properties)
			if err != nil {
				t.Fatal(err)
			}
			one.Comments = append(one.Comments, Comment{op.FindString(string(properties)), c.Text})
		}
		all = append(all, one)
	}
	for _, i := range github.Issues() {
		one := Issue{Key: i.Key, Open: i.State == "open", Marker: ticket.FindString(i.Body), Text: i.Body}
		for _, c := range i.Comments {
			one.Comments = append(one.Comments, Comment{op.FindString(c.Body), c.Body})
		}
		all = append(all, one)
	}
	return all
}
