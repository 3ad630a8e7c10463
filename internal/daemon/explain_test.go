package daemon_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/explain"
	"ticketd/internal/jira/jiratest"
)

// asRehearsed is a workflow with the ids that a rehearsal gives to the transitions that the rules of
// the test name; the real one has others, of which the configuration tells nothing.
func asRehearsed() []jiratest.Project {
	resolution := map[string]jiratest.Field{"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Fixed", "Won't Do"}}}
	return []jiratest.Project{{Key: "SEC", Components: []string{"web"}, Fields: map[string]jiratest.Field{"customfield_10010": {Name: "Team"}},
		Workflow: jiratest.Workflow{
			Statuses: []jiratest.Status{{ID: "10000", Name: "To Do", Category: "new"}, {ID: "10001", Name: "In Progress", Category: "indeterminate"},
				{ID: "10002", Name: "Resolved", Category: "done"}, {ID: "10003", Name: "Won't Do", Category: "done"}},
			Transitions: []jiratest.Transition{
				{ID: "9002", Name: "In Progress", From: []string{"To Do"}, To: "In Progress"},
				{ID: "9003", Name: "Resolved", From: []string{"In Progress"}, To: "Resolved", Fields: resolution},
				{ID: "9004", Name: "Won't Do", From: []string{"In Progress"}, To: "Won't Do", Fields: resolution},
				{ID: "9001", Name: "To Do", From: []string{"Resolved", "Won't Do"}, To: "To Do"},
			},
		}}}
}

const explainedOnJira = `
[[rule]]
tracker = "jira"
project = "SEC"
labels = ["security"]
priority = { "*" = "Medium" }
components = ["web"]
fields = { customfield_10010 = "Payments" }
on.fixed = { transitions = ["In Progress", "Resolved"], resolution = "Fixed" }
on.risk_accepted = { transitions = ["In Progress", "Won't Do"], resolution = "Won't Do", labels = ["accepted"] }
on.open = { transitions = ["To Do"] }
`

const explainedOnGitHub = `
[[rule]]
tracker = "github"
repository = "acme/app"
labels = ["security"]
on.risk_accepted = { labels = ["accepted"] }
`

func explainedHosts() []host {
	all := hosts()[:3]
	all[0].jira.Projects, all[1].jira.Projects = asRehearsed(), asRehearsed()
	all[0].rules, all[1].rules, all[2].rules = explainedOnJira, explainedOnJira, explainedOnGitHub
	return all
}

// sent is a request as the tracker got it.
type sent struct {
	method, url, body string
	write             bool // anything but a GET or a search
}

func (s sent) String() string { return s.method + " " + s.url + " " + s.body }

// overheard collects what goes out in a world.
type overheard struct {
	mu  sync.Mutex
	all []sent
}

func (o *overheard) hear(r *http.Request) {
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			body = []byte(err.Error()) // no request of any explanation
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, request(r.Method, r.URL.String(), body))
}

// take gives what was sent since the last time.
func (o *overheard) take() []sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all = nil
	return all
}

func request(method, url string, body []byte) sent {
	var flat bytes.Buffer
	if len(body) > 0 && json.Compact(&flat, body) != nil {
		flat.Write(body)
	}
	search := bytes.Contains([]byte(url), []byte("/search"))
	return sent{method: method, url: url, body: flat.String(), write: method != http.MethodGet && !search}
}

// rehearsed gives the requests of an explanation that one event leads to.
func rehearsed(e explain.Explanation, because string) (all []sent) {
	for _, q := range e.Rehearsal.Requests {
		if q.For == because {
			all = append(all, request(q.Method, q.URL, q.Body))
		}
	}
	return all
}

// fromFirstWrite leaves out what a process does once before it writes anything: which account it is
// and which tickets there are may have been asked long before the event.
func fromFirstWrite(all []sent) []sent {
	first := slices.IndexFunc(all, func(s sent) bool { return s.write })
	return all[max(first, 0):]
}

// unmarked leaves out the markers of comments, which name the ticket and with it the finding.
func unmarked(all []sent) []sent {
	marker := regexp.MustCompile(`dtc-[0-9a-f]{24}`)
	out := slices.Clone(all)
	for i := range out {
		out[i].body = marker.ReplaceAllString(out[i].body, "dtc-…")
	}
	return out
}

func expectSame(t *testing.T, what string, explained, got []sent) {
	t.Helper()
	if len(got) == 0 || !slices.Equal(explained, got) {
		t.Errorf("%s\nexplained:\n%s\nsent:\n%s", what, lined(explained), lined(got))
	}
}

func lined(all []sent) string {
	var b bytes.Buffer
	for _, s := range all {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}

func TestExplainTellsTheVeryRequestsThatTheDaemonThenSends(t *testing.T) {
	long(t)
	story := []struct{ what, body string }{
		{"opening", target("CREATED", "t-1", 1611058000)},
		{"note", noteEvent("CREATED", "n-1", 1611058100)},
		{"deleted note", noteEvent("DELETED", "n-1", 1611058200)},
		{"closing", target("FIXED", "t-1", 1611058300)},
		{"opening again", target("CREATED", "t-1", 1611058400)},
		{"closing by a decision", target("RISK_ACCEPTED", "t-1", 1611058500)},
	}
	for _, h := range explainedHosts() {
		t.Run(h.name, func(t *testing.T) {
			var ear overheard
			requests := make([][]sent, len(story))
			h.watch = ear.hear
			inWorld(t, h.settings, func(w *world) {
				w.settle()
				ear.take()
				for i, s := range story {
					w.post(s.body)
					w.settle()
					requests[i] = ear.take()
				}
			})
			o := explainOptions(t, h)
			var bodies [][]byte
			for i, s := range story {
				bodies = append(bodies, []byte(s.body))
				whole := rehearse(t, o, bodies)
				expectSame(t, s.what+" after all before it", fromFirstWrite(rehearsed(whole, fmt.Sprint("event ", i+1))), fromFirstWrite(requests[i]))
			}
			closing := rehearse(t, o, [][]byte{[]byte(story[3].body)})
			expectSame(t, "closing, its opening made up", rehearsed(closing, "event 1"), requests[3])
			note := rehearse(t, o, [][]byte{[]byte(story[1].body)})
			expectSame(t, "note, its target made up", unmarked(rehearsed(note, "event 1")), unmarked(requests[1]))
		})
	}
}

func explainOptions(t *testing.T, h host) explain.Options {
	t.Helper()
	text := fmt.Sprintf(head, "unused.db") + cmp.Or(h.trackers, usualTrackers) + h.rules
	c, problems := config.ParseWithoutSecrets("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		t.Fatal(problems)
	}
	return explain.Options{Config: c, Now: time.Now, Version: "test"}
}

func rehearse(t *testing.T, o explain.Options, bodies [][]byte) explain.Explanation {
	t.Helper()
	e := explain.Events(o, bodies)
	if err := e.Rehearse(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if e.Rehearsal == nil {
		t.Fatalf("nothing was rehearsed: %s", e.Unrouted)
	}
	return e
}
