package explain

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
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
	c.Jira, c.GitHub, c.Secretless = nil, nil, false
	if configured, is := o.Config.Jira[name]; is {
		j := *configured
		j.Token, j.Identity, j.AlsoOurs, j.Pacing = config.NewSecret(madeUp), "", nil, config.Pacing{}
		c.Jira = map[string]*config.Jira{name: &j}
		server, err := s.jira(j, d)
		return practice{&c, server, j.API.Path}, err
	}
	configured, is := o.Config.GitHub[name]
	if !is {
		return practice{}, fmt.Errorf("there is no tracker %q", name)
	}
	g := *configured
	g.Token, g.Identity, g.AlsoOurs, g.Pacing = config.NewSecret(madeUp), "", nil, config.Pacing{}
	c.GitHub = map[string]*config.GitHub{name: &g}
	server, err := s.github(&g, d)
	return practice{&c, server, g.API.Path}, err
}

// jira makes a site that has what the rules ask for.
func (s *stage) jira(j config.Jira, d *demand) (*jiratest.Server, error) {
	dataCenter := !cloud(j)
	server := jiratest.New(jiratest.Options{
		DataCenter: dataCenter, Now: s.clock, Projects: d.jiraProjects(dataCenter), Priorities: d.priorities.or("Medium"),
	})
	for _, key := range d.parents {
		if err := server.AddParent(key, d.types.or("")[0]); err != nil {
			return nil, err
		}
	}
	return server, nil
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
		if err := furnish(server, repository, d); err != nil {
			return nil, err
		}
	}
	return server, nil
}

// furnish gives a repository the people and milestones that the rules name.
func furnish(server *githubtest.Server, repository string, d *demand) error {
	for _, login := range d.assignees {
		if err := server.AddPerson(repository, login); err != nil {
			return err
		}
	}
	for _, name := range d.milestones {
		number, err := strconv.Atoi(name)
		if err != nil {
			number = 1 // any: it is found by its title
		}
		for n := 0; n < min(number, maxMilestones); {
			if n, err = server.AddMilestone(repository, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxMilestones bounds the milestones that a rule's number makes up.
const maxMilestones = 1000

// or gives the names, or one that stands in where there are none.
func (n names) or(otherwise string) []string {
	if len(n) == 0 {
		return []string{otherwise}
	}
	return n
}
