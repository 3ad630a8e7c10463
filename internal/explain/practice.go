package explain

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"

	"ticketd/internal/config"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// practice is a practice tracker with a configuration that leads to it and holds none of the real
// credentials.
type practice struct {
	config *config.Config
	server http.RoundTripper
	base   string // path of the API
}

// madeUp stands for every credential.
const madeUp = "made-up"

func (s *stage) practice(o Options, name string, d *demand) (practice, error) {
	c := *o.Config
	c.Jira, c.GitHub = nil, nil
	if real, is := o.Config.Jira[name]; is {
		j := *real
		j.Token, j.Identity, j.AlsoOurs, j.Pacing = config.NewSecret(madeUp), "", nil, config.Pacing{}
		c.Jira = map[string]*config.Jira{name: &j}
		return practice{&c, s.jira(j, d), j.API.Path}, nil
	}
	real, is := o.Config.GitHub[name]
	if !is {
		return practice{}, fmt.Errorf("there is no tracker %q", name)
	}
	g := *real
	g.Token, g.Identity, g.AlsoOurs, g.Pacing = config.NewSecret(madeUp), "", nil, config.Pacing{}
	c.GitHub = map[string]*config.GitHub{name: &g}
	server, err := s.github(&g, d)
	return practice{&c, server, g.API.Path}, err
}

// jira makes a site that has what the rules ask for.
func (s *stage) jira(j config.Jira, d *demand) *jiratest.Server {
	return jiratest.New(jiratest.Options{
		DataCenter: !cloud(j), Now: s.clock, Projects: d.jiraProjects(), Priorities: d.priorities.or("Medium"),
	})
}

// cloud tells what Jira a site is, as far as the configuration shows: only Cloud knows accounts by
// their email, and only Cloud has a gateway.
func cloud(j config.Jira) bool {
	if j.Deployment != "" {
		return j.Deployment == "cloud"
	}
	return j.Email != "" || strings.HasSuffix(j.API.Hostname(), ".atlassian.net") || strings.Contains(j.API.Path, "/ex/jira/")
}

// github makes a host that has what the rules ask for. An App gets a key of its own.
func (s *stage) github(g *config.GitHub, d *demand) (*githubtest.Server, error) {
	o := githubtest.Options{Token: madeUp, Now: s.clock, Repositories: d.projects}
	if g.App != nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("making a key for the App: %w", err)
		}
		block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
		app := *g.App
		app.PrivateKey = config.NewSecret(string(pem.EncodeToMemory(block)))
		g.App = &app
		o.App = &githubtest.App{ID: app.ID, Number: 1, Slug: "ticketd", Installation: app.Installation, Key: &key.PublicKey}
	}
	server := githubtest.New(o)
	for _, repository := range d.projects {
		for _, login := range d.assignees {
			if err := server.AddPerson(repository, login); err != nil {
				return nil, err
			}
		}
	}
	return server, nil
}

// or gives the names, or one that stands in where there are none.
func (n names) or(otherwise string) []string {
	if len(n) == 0 {
		return []string{otherwise}
	}
	return n
}

// initial is the status of a new issue of a practice Jira.
const initial = "To Do"

// workflow offers, from everywhere, each step that the rules name and, where they name none, the one
// that is usual. The last step of a closing leads to a closed status, that of a reopening to where a
// new issue is.
func (d *demand) workflow() jiratest.Workflow {
	w := jiratest.Workflow{Statuses: []jiratest.Status{{ID: "10000", Name: initial, Category: "new"}}}
	for _, c := range d.closings {
		path := c.Transitions
		if len(path) == 0 {
			path = []string{"Done"}
		}
		for i, step := range path {
			last := i == len(path)-1
			w = withStep(w, step, map[bool]string{true: "done", false: "indeterminate"}[last])
			if last {
				t := &w.Transitions[len(w.Transitions)-1]
				t.Fields = d.screen(c)
			}
		}
	}
	for i, step := range d.reopening {
		if i == len(d.reopening)-1 {
			w.Transitions = append(w.Transitions, transition(len(w.Transitions), step, initial))
			return w
		}
		w = withStep(w, step, "indeterminate")
	}
	w.Transitions = append(w.Transitions, transition(len(w.Transitions), initial, initial))
	return w
}

// withStep adds a status and the transition that leads to it.
func withStep(w jiratest.Workflow, step, category string) jiratest.Workflow {
	status := step
	if isID(step) {
		status = "after " + step
	}
	w.Statuses = append(w.Statuses, jiratest.Status{ID: fmt.Sprint(10001 + len(w.Statuses)), Name: status, Category: category})
	w.Transitions = append(w.Transitions, transition(len(w.Transitions), step, status))
	return w
}

func transition(n int, step, to string) jiratest.Transition {
	t := jiratest.Transition{ID: fmt.Sprint(9000 + n), Name: step, To: to}
	if isID(step) {
		t.ID, t.Name = step, "transition "+step
	}
	return t
}

func isID(name string) bool { return name != "" && strings.Trim(name, "0123456789") == "" }
