package program

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// Token is the webhook token of a service.
const Token = "a-token-of-thirty-two-characters"

const configuration = `
instance = "proof"
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
%s[[server.token]]
name = "portal"
value = %q
[store]
path = %q
[deliver]
quiet_period = "2s"
[log]
level = "debug"
[jira.jira]
url = "http://%s"
email = "bot@example.com"
token = "jira-secret-token"
min_interval = "1ms"
burst = 1000
per_hour = 1000000
%s
[[rule]]
name = "all"
tracker = "jira"
project = "SEC"
`

// AppOfGitHub is the app whose findings go to GitHub, where there is one.
const AppOfGitHub = "of-github"

const configurationOfGitHub = `
[github.github]
url = "http://%s"
token = %q
min_interval = "1ms"
burst = 1000
per_hour = 1000000
[[rule]]
name = "app"
match.app_id = %q
tracker = "github"
repository = "acme/app"
`

// NewGitHub makes a practice GitHub for [Options.GitHub].
func NewGitHub() *githubtest.Server {
	return githubtest.New(githubtest.Options{Token: gitHubToken, Repositories: []string{"acme/app"}})
}

const gitHubToken = "github-secret-token"

// Options of a Service. The zero value is a service in a folder of its own.
type Options struct {
	Dir     string   // for configuration, database and log; "": a new one. The database is Dir/ticketd.db
	Config  string   // the whole configuration; "": one token, one Jira, one rule for everything
	Env     []string // NAME=value, beyond the test's own; see CrashAt, Without, Hurry
	Wrapper []string // a command that runs the program, such as strace with its options
	Jira    *jiratest.Server
	Address string // host:port at which the configured Jira is, or will be, served by the test; "": New serves it
	TLS     bool   // the webhook speaks HTTPS, with a certificate that [Service.Trust] knows
	GitHub  string // host:port of a [NewGitHub], where findings of [AppOfGitHub] go; "": to Jira
}

// Service is a ticketd in a process of its own. Its methods end the test where they meet what must
// not be; it is used by the test's goroutine, except for Post, Log and Jira.
type Service struct {
	Jira *jiratest.Server
	Dir  string

	t       testing.TB
	o       Options
	program string
	config  string
	process *exec.Cmd
	over    chan struct{} // closed when the process has ended, and err is set
	err     error
	webhook string
	admin   string
	trust   *tls.Config // nil: the webhook speaks HTTP
}

// New prepares a service and opens its practice Jira; nothing runs yet. All is cleaned up after the
// test, and the log is shown where it failed.
func New(t testing.TB, o Options) *Service {
	t.Helper()
	s := &Service{t: t, o: o, program: Path(t), Jira: o.Jira, Dir: o.Dir}
	if s.Jira == nil {
		s.Jira = jiratest.New(jiratest.Options{})
	}
	if s.Dir == "" {
		s.Dir = t.TempDir()
	}
	if o.Address == "" {
		o.Address = Serve(t, s.Jira)
	}
	s.config = filepath.Join(s.Dir, "ticketd.toml")
	if o.Config == "" {
		github := ""
		if o.GitHub != "" {
			github = fmt.Sprintf(configurationOfGitHub, o.GitHub, gitHubToken, AppOfGitHub)
		}
		server := ""
		if o.TLS {
			server = s.certify()
		}
		o.Config = fmt.Sprintf(configuration, server, Token, s.Database(), o.Address, github)
	}
	if err := os.WriteFile(s.config, []byte(o.Config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("%s", s.Log())
		}
	})
	return s
}

// Serve serves a handler on a loopback address, which it gives, until the end of the test.
func Serve(t testing.TB, h http.Handler) (address string) {
	t.Helper()
	return ServeAt(t, "127.0.0.1:0", h)
}

// ServeAt is Serve at a host and port, where port 0 is any that is free.
func ServeAt(t testing.TB, at string, h http.Handler) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()      // ends with the test
	t.Cleanup(func() { _ = server.Close() }) // connections are meant to break
	return l.Addr().String()
}

// Database is the path of the database file.
func (s *Service) Database() string { return filepath.Join(s.Dir, "ticketd.db") }

// Webhook is the URL that events are posted to; it changes with every start.
func (s *Service) Webhook() string { return "http://" + s.webhook + "/webhook" }

// WebhookAddr is host:port of the webhook's listener.
func (s *Service) WebhookAddr() string { return s.webhook }

// Trust gives what a client needs to reach the webhook by TLS, for it to change; nil where it speaks HTTP.
func (s *Service) Trust() *tls.Config { return s.trust.Clone() }

// Admin is the URL of the listener for health checks, without a path.
func (s *Service) Admin() string { return "http://" + s.admin }

// Pid of the running process; with a wrapper, that of the wrapper.
func (s *Service) Pid() int { return s.process.Process.Pid }

// Start runs the program until it says that it is up. env is added for this run alone.
func (s *Service) Start(env ...string) {
	s.t.Helper()
	s.Launch(env...)
	if !s.Up() {
		s.t.Fatalf("ticketd ended instead of coming up: %v", s.Wait())
	}
}

// Up waits until a launched program says that it is up, or has ended, and tells which.
func (s *Service) Up() bool {
	s.t.Helper()
	Eventually(s.t, "ticketd is up", func() bool { return s.up() || s.Ended() })
	return s.webhook != ""
}

// Launch starts the program and waits for nothing.
func (s *Service) Launch(env ...string) {
	s.t.Helper()
	s.Kill()
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	line := append(append([]string(nil), s.o.Wrapper...), s.program, "serve", "--config", s.config)
	// The end of the test kills it, and what runs under a wrapper with it; its context would kill the wrapper.
	s.process = exec.CommandContext(context.WithoutCancel(s.t.Context()), line[0], line[1:]...) //nolint:gosec // the test's own
	s.process.Env = append(append(s.process.Environ(), s.o.Env...), env...)
	s.process.Stderr = log
	s.process.SysProcAttr = group()
	s.webhook, s.admin = "", ""
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	if err := log.Close(); err != nil { // the process has its own
		s.t.Fatal(err)
	}
	s.over = make(chan struct{})
	go func() {
		defer close(s.over)
		s.err = s.process.Wait()
	}()
}

// up looks for the line of the log that says where the program listens.
func (s *Service) up() bool {
	for line := range bytes.Lines(s.Log()) {
		var up struct{ Msg, Webhook, Admin string }
		if json.Unmarshal(line, &up) == nil && up.Msg == "ticketd is up" {
			s.webhook, s.admin = up.Webhook, up.Admin
		}
	}
	return s.webhook != ""
}

// Ended tells whether the process is gone, without waiting for it.
func (s *Service) Ended() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// Wait waits for the process to end by itself and gives its error: nil for exit code 0.
func (s *Service) Wait() error {
	s.t.Helper()
	Eventually(s.t, "the process ended", s.Ended)
	return s.err
}

// Kill ends the process, if one runs, as kill -9 does.
func (s *Service) Kill() {
	if s.process == nil {
		return
	}
	if !s.Ended() {
		_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL) // it may have ended just now
	}
	<-s.over
}

// Stop asks the process to end, as systemd does, and gives what came of it: nil for exit code 0.
func (s *Service) Stop() error {
	s.t.Helper()
	if err := syscall.Kill(-s.process.Process.Pid, syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	return s.Wait()
}

func (s *Service) logPath() string { return filepath.Join(s.Dir, "log") }

// Log gives what the running or last process wrote: JSON lines, at the most talkative level.
func (s *Service) Log() []byte {
	log, err := os.ReadFile(s.logPath())
	if err != nil && !os.IsNotExist(err) {
		s.t.Error(err)
	}
	return log
}
