package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/jira/jiratest"
)

// service is the real program as a process of its own, with a practice Jira that can be taken away.
type service struct {
	t       *testing.T
	config  string
	jira    *jiratest.Server
	address string // of the Jira, the same whenever it is up
	server  *http.Server
	process *exec.Cmd
	webhook string
	admin   string
}

const serviceConfig = `
instance = "kill"
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[[server.token]]
name = "portal"
value = "a-token-of-thirty-two-characters"
[store]
path = %q
[deliver]
quiet_period = "2s"
[jira.jira]
url = "http://%s"
email = "bot@example.com"
token = "jira-secret-token"
min_interval = "1ms"
burst = 1000
[[rule]]
name = "all"
tracker = "jira"
project = "SEC"
`

// newService reserves a port for its tracker, which comes up later: on an address of its own, so that
// nobody else is given the port meanwhile.
func newService(t *testing.T, loopback string) *service {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, jira: jiratest.New(jiratest.Options{}), address: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s.config = filepath.Join(dir, "ticketd.toml")
	text := fmt.Sprintf(serviceConfig, filepath.Join(dir, "ticketd.db"), s.address)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		s.jiraDown()
		if t.Failed() {
			t.Logf("%s", s.log())
		}
	})
	return s
}

func (s *service) jiraUp() {
	s.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = &http.Server{Handler: s.jira, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(l) }() // ends with jiraDown
}

func (s *service) jiraDown() {
	if s.server != nil {
		_ = s.server.Close() // connections are meant to break
		s.server = nil
	}
}

// start runs `ticketd serve` until it says that it is up. Its log goes to a file.
func (s *service) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.config+".log", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = exec.CommandContext(s.t.Context(), "ticketd", "serve", "--config", s.config)
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	if err := log.Close(); err != nil { // the process has its own
		s.t.Fatal(err)
	}
	s.eventually("ticketd is up", func() bool {
		s.webhook = ""
		for line := range bytes.Lines(s.log()) {
			var up struct{ Msg, Webhook, Admin string }
			if json.Unmarshal(line, &up) == nil && up.Msg == "ticketd is up" {
				s.webhook, s.admin = "http://"+up.Webhook+"/webhook", "http://"+up.Admin
			}
		}
		return s.webhook != ""
	})
}

// log gives what the running or last process logged.
func (s *service) log() []byte {
	log, err := os.ReadFile(s.config + ".log")
	if err != nil {
		s.t.Fatal(err)
	}
	return log
}

func (s *service) logged(words string) func() bool {
	return func() bool { return bytes.Contains(s.log(), []byte(words)) }
}

// kill ends the process as kill -9 does.
func (s *service) kill() {
	if s.process != nil {
		_ = s.process.Process.Kill() // it may have ended
		_ = s.process.Wait()         // its exit code is that of the signal
		s.process = nil
	}
}

func (s *service) post(name string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.webhook, bytes.NewReader(samples.Body(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer a-token-of-thirty-two-characters")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("the webhook answered %d", resp.StatusCode)
	}
}

// ready gives the answer of /readyz.
func (s *service) ready() string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.admin+"/readyz", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(body))
}

// eventually waits for something to become true; how long it takes is not the question.
func (s *service) eventually(what string, truth func() bool) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(45 * time.Second)
	for !truth() {
		select {
		case <-tick.C:
		case <-limit:
			s.t.Fatalf("it did not come true that %s", what)
		}
	}
}

func (s *service) status() string {
	all := s.jira.Issues()
	if len(all) != 1 {
		return fmt.Sprintf("%d issues", len(all))
	}
	return all[0].Status
}

const (
	openedSample   = "API_SECURE__POLICY_VIOLATION_OPENED"
	resolvedSample = "API_SECURE__POLICY_VIOLATION_RESOLVED"
)

func TestAnOpeningSurvivesAnAbsentTrackerAndAKill(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	s := newService(t, "127.0.0.2")
	s.start()
	s.post(openedSample)
	s.eventually("the tracker was missed", s.logged("cannot be reached"))
	s.kill()
	s.start()
	s.eventually("the tracker was missed again", s.logged("cannot be reached"))
	if got := s.ready(); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, "does not answer") {
		t.Errorf("a daemon without its tracker says %s", got)
	}
	s.jiraUp()
	s.eventually("there is one open issue", func() bool { return s.status() == "To Do" })
}

func TestAClosingSurvivesAnUnwellTrackerAndAKill(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	s := newService(t, "127.0.0.3")
	s.jiraUp()
	s.start()
	s.post(openedSample)
	s.eventually("there is one open issue", func() bool { return s.status() == "To Do" })
	s.jira.Fail(jiratest.Fault{Kind: jiratest.Answer, Code: http.StatusServiceUnavailable, Times: -1})
	s.post(resolvedSample)
	s.eventually("the tracker refused", s.logged("tracker call did not succeed"))
	s.kill()
	s.jira.Heal()
	s.start()
	s.eventually("the issue is closed", func() bool { return s.status() == "Done" })
	if n := len(s.jira.Issues()[0].Comments); n != 1 {
		t.Errorf("%d comments, want one", n)
	}
}

func TestAKillInTheMiddleOfACreateMakesNoSecondIssue(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	s := newService(t, "127.0.0.4")
	s.jiraUp()
	s.start()
	s.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Slow, Effect: true, Delay: 5 * time.Second})
	s.post(openedSample)
	s.eventually("the create was sent", func() bool { return s.jira.Calls()["create"] == 1 })
	s.kill()
	s.start()
	s.post(resolvedSample)
	s.eventually("the issue was adopted and closed", func() bool { return s.status() == "Done" })
	if n := s.jira.Calls()["create"]; n != 1 {
		t.Errorf("%d creates, want one", n)
	}
}
