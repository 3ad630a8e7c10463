// Package demo runs the real daemon between a sender and two practice trackers on loopback, plays a
// short story through the webhook, and tells it as it happens.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// Options of a demo.
type Options struct {
	Out     io.Writer // where the story is told
	Once    bool      // end after the story
	Version string
}

// Run plays the story and then, unless Once, stays up until the context ends. It gives an error when
// a part of the story did not come true.
func Run(ctx context.Context, o Options) (err error) {
	s, err := build(ctx, o)
	if err != nil {
		return fmt.Errorf("building the stage: %w", err)
	}
	defer func() { err = errors.Join(err, s.clear()) }()

	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.daemon.Run(ctx) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ended)
	}()
	if err := s.play(ctx); err != nil || o.Once {
		return err
	}
	s.invite()
	s.follow(ctx)
	return nil
}

// stage is everything a demo needs.
type stage struct {
	out      io.Writer
	dir      string
	jira     *jiratest.Server
	github   *githubtest.Server
	servers  []*http.Server
	daemon   *daemon.Daemon
	token    string
	secret   string // of the capability URL
	happened chan slog.Record
	patience time.Duration // how long a part of the story may take to come true
}

const repository = "acme/mobile-app"

func build(ctx context.Context, o Options) (_ *stage, err error) {
	s := &stage{out: o.Out, token: rand.Text() + rand.Text(), secret: rand.Text() + rand.Text(), happened: make(chan slog.Record, 1000), patience: 20 * time.Second}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.clear())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "ticketd-demo-"); err != nil {
		return nil, err
	}
	jiraToken, githubToken := rand.Text(), rand.Text()
	s.jira = jiratest.New(jiratest.Options{
		Email: "ticketd@example.com", Token: jiraToken,
		Projects: []jiratest.Project{{Key: "SEC", Name: "Security", Workflow: workflow()}},
	})
	s.github = githubtest.New(githubtest.Options{Token: githubToken, Repositories: []string{repository}})
	jiraURL, err := s.serve(ctx, s.jira)
	if err != nil {
		return nil, err
	}
	githubURL, err := s.serve(ctx, s.github)
	if err != nil {
		return nil, err
	}
	c, err := s.configure(jiraURL, jiraToken, githubURL, githubToken)
	if err != nil {
		return nil, err
	}
	s.daemon, err = daemon.New(ctx, daemon.Options{Config: c, Version: o.Version, Logger: slog.New(&listener{to: s.happened})})
	return s, err
}

// workflow is To Do, In Progress, Done, with a resolution on the way to Done.
func workflow() jiratest.Workflow {
	w := jiratest.DefaultWorkflow()
	for i := range w.Transitions {
		if w.Transitions[i].Name == "Done" {
			w.Transitions[i].Fields = map[string]jiratest.Field{
				"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Done", "Won't Do"}},
			}
		}
	}
	return w
}

// serve puts a practice tracker on a free port of loopback and gives its URL.
func (s *stage) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(l) }() // ends when the stage is cleared
	return "http://" + l.Addr().String(), nil
}

const configuration = `# The configuration of this demo. A real one looks the same, with real addresses.
instance = "demo"

[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[[server.token]]
name = "data-theorem"
value = %q
[[server.capability]]
name = "data-theorem-url"
value = %q

[store]
path = %q

[portal]
hosts = ["securetheorem.com", "dev-acheron.appspot.com"] # the second is in Data Theorem's own sample

[jira.practice]
url = %q
email = "ticketd@example.com"
token = %q
min_interval = "1ms"
burst = 1000

[github.practice-git]
url = %q
token = %q
min_interval = "1ms"
burst = 1000

[[rule]]
name = "mobile"
match.product = "mobile_secure"
tracker = "practice-git"
repository = "` + repository + `"
labels = ["security"]

[[rule]]
name = "api-web-cloud"
tracker = "practice"
project = "SEC"
labels = ["data-theorem"]
priority = { URGENT = "Highest", IMPORTANT = "High", "*" = "Medium" }
on.resolved.resolution = "Done"
on.wont_fix.resolution = "Won't Do"
`

func (s *stage) configure(jiraURL, jiraToken, githubURL, githubToken string) (*config.Config, error) {
	path := filepath.Join(s.dir, "ticketd.toml")
	text := fmt.Sprintf(configuration, s.token, s.secret, filepath.Join(s.dir, "ticketd.db"), jiraURL, jiraToken, githubURL, githubToken)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c, problems := config.Load(path, func(string) (string, bool) { return "", false })
	return c, problems.Err()
}

func (s *stage) webhook() string {
	return (&url.URL{Scheme: "http", Host: s.daemon.WebhookAddr(), Path: "/webhook"}).String()
}

func (s *stage) clear() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
