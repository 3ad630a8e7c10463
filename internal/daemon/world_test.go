package daemon_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/internal/deliver"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// long marks a test that `go test -short` leaves out: under the race detector it would take minutes, and
// what happens at once in it happens in the others too.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out by -short")
	}
}

// world is a running daemon with its practice trackers in a synctest bubble: every wait is virtual,
// and nothing touches a network but pipes in memory.
type world struct {
	t      *testing.T
	jira   *jiratest.Server
	github *githubtest.Server
	dir    string
	config settings // of the next start
	daemon *daemon.Daemon
	hooks  *pipeListener
	pokes  *pipeListener // in place of the socket, for which a bubble cannot wait
	logs   *bytes.Buffer

	cancel context.CancelFunc
	ended  chan error

	mu   sync.Mutex
	down map[string]bool // hosts that refuse connections
}

// settings of a world; the zero value is a Cloud site with project SEC, the repository acme/app on
// github.com, and rules that send violations to Jira and targets to GitHub.
type settings struct {
	jira     jiratest.Options
	github   githubtest.Options
	trackers string // instead of the usual ones
	rules    string // instead of the usual ones, with [[events]] if need be
	examine  bool   // have a look at the trackers at every start

	watch   func(*http.Request)   // sees what goes out; may be nil
	options func(*daemon.Options) // changes the daemon's own; may be nil
}

const usualRules = `
[[rule]]
name = "violations"
match.kind = ["violation", "service"]
tracker = "jira"
project = "SEC"

[[rule]]
name = "targets"
match.kind = "target"
tracker = "github"
repository = "acme/app"
`

const head = `
instance = "test"
[server]
listen = "127.0.0.1:1"
admin = ""
[[server.token]]
name = "portal"
value = "a-token-of-thirty-two-characters"
[store]
path = %q
`

const usualTrackers = `
[jira.jira]
url = "https://jira.example.com"
email = "bot@example.com"
token = "jira-secret-token"
[github.github]
token = "github-secret-token"
`

// inWorld runs a test in a bubble with a started daemon, and stops the daemon at its end.
func inWorld(t *testing.T, s settings, test func(w *world)) {
	t.Helper()
	t.Parallel() // a world mostly waits for its disk
	synctest.Test(t, func(t *testing.T) {
		s.github.Token = "github-secret-token"
		if len(s.github.Repositories) == 0 {
			s.github.Repositories = []string{"acme/app"}
		}
		w := &world{t: t, jira: jiratest.New(s.jira), github: githubtest.New(s.github), dir: inMemory(t),
			down: make(map[string]bool), config: s, logs: new(bytes.Buffer)}
		w.start()
		defer func() {
			w.stop()
			if t.Failed() {
				t.Log(w.logs.String())
			}
		}()
		test(w)
	})
}

// inMemory gives a folder in memory where there is one: what a disk keeps is the store's own test.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ticketd-world") //nolint:usetesting // t.TempDir cannot be told where
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func (w *world) path() string { return filepath.Join(w.dir, "ticketd.db") }

func (w *world) start() {
	w.t.Helper()
	w.wire()
	w.run()
}

// wire makes the daemon, which listens then.
func (w *world) wire() {
	w.t.Helper()
	text := fmt.Sprintf(head, w.path()) + cmp.Or(w.config.trackers, usualTrackers) + cmp.Or(w.config.rules, usualRules)
	c, problems := config.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		w.t.Fatal(problems)
	}
	w.hooks, w.pokes = newPipeListener(), newPipeListener()
	o := daemon.Options{
		Config: c, Version: "test", Examine: w.config.examine, Transport: w, Timing: deliver.Timing{Idle: time.Hour}, // virtual days must stay cheap
		Logger: slog.New(slog.NewTextHandler(&lockedWriter{w: w.logs}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Listen: func(network, _ string) (net.Listener, error) {
			if network == "unix" {
				return w.pokes, nil
			}
			return w.hooks, nil
		},
	}
	if w.config.options != nil {
		w.config.options(&o)
	}
	var err error
	if w.daemon, err = daemon.New(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

// run has the daemon serve.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.ended = cancel, make(chan error, 1)
	go func() { w.ended <- w.daemon.Run(ctx) }()
	synctest.Wait()
}

// stop stops the daemon, if it runs.
func (w *world) stop() {
	w.t.Helper()
	if w.ended == nil {
		return
	}
	w.cancel()
	if err := <-w.ended; err != nil {
		w.t.Errorf("the daemon ended with: %v", err)
	}
	w.ended = nil
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// loseStore deletes the database between two runs.
func (w *world) loseStore() {
	w.t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm", ".hwm"} {
		if err := os.Remove(w.path() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
	}
}

// RoundTrip leads to the practice trackers by host name, and refuses those that are down.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	down := w.down[r.URL.Host]
	if w.config.watch != nil {
		w.config.watch(r)
	}
	w.mu.Unlock()
	switch {
	case down:
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	case r.URL.Host == "jira.example.com", r.URL.Host == "api.atlassian.com":
		return w.jira.RoundTrip(r)
	case r.URL.Host == "api.github.com", r.URL.Host == "ghe.example.com":
		return w.github.RoundTrip(r)
	}
	return nil, fmt.Errorf("no such host in this world: %s", r.URL.Host)
}

func (w *world) setDown(host string, down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down[host] = down
}

// pass lets virtual time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// settle lets enough time go by for everything undisturbed to be done.
func (w *world) settle() { w.pass(20 * time.Second) }

// post sends a body to the webhook and expects it to be accepted.
func (w *world) post(body string) {
	w.t.Helper()
	if status := w.send(body); status != http.StatusOK {
		w.t.Fatalf("the webhook answered %d", status)
	}
	synctest.Wait()
}

func (w *world) send(body string) int {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.hooks.dial, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://ticketd/webhook", strings.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return 0
	}
	req.Header.Set("Authorization", "Bearer a-token-of-thirty-two-characters")
	resp, err := client.Do(req)
	if err != nil {
		w.t.Error(err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		w.t.Error(err)
	}
	return resp.StatusCode
}

// restartWith starts the daemon again with other rules.
func (w *world) restartWith(rules string) {
	w.t.Helper()
	w.config.rules = rules
	w.restart()
}

// poke is what the command line does after it changed something in the store.
func (w *world) poke() {
	w.t.Helper()
	w.command(http.MethodPost, "/wake", nil)
	w.settle()
}

// status is what the daemon answers to `ticketd status`.
func (w *world) status() (s daemon.Status) {
	w.t.Helper()
	w.command(http.MethodGet, "/status", &s)
	return s
}

// command says something to the daemon by its control socket and decodes the answer into document; nil
// where none is expected.
func (w *world) command(method, path string, document any) {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.pokes.dial, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://ticketd"+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if document != nil {
		if err := json.NewDecoder(resp.Body).Decode(document); err != nil {
			w.t.Fatal(err)
		}
	}
}

// inStore opens the store as the command line does beside a running daemon.
func (w *world) inStore(do func(context.Context, *store.Store) error) {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), store.Options{Path: w.path(), Shared: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	if err := do(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
}

// tickets gives the ticket rows.
func (w *world) tickets() (all []store.Ticket) {
	w.t.Helper()
	w.inStore(func(ctx context.Context, s *store.Store) (err error) {
		all, err = s.Tickets(ctx, store.TicketFilter{Limit: 1000})
		return err
	})
	return all
}

// oneTicket gives the only ticket row.
func (w *world) oneTicket() store.Ticket {
	w.t.Helper()
	all := w.tickets()
	if len(all) != 1 {
		w.t.Fatalf("%d ticket rows, want 1", len(all))
	}
	return all[0]
}

func (w *world) oneJira() jiratest.Issue {
	w.t.Helper()
	all := w.jira.Issues()
	if len(all) != 1 {
		w.t.Fatalf("%d Jira issues, want 1", len(all))
	}
	return all[0]
}

func (w *world) oneGitHub() githubtest.Issue {
	w.t.Helper()
	all := w.github.Issues()
	if len(all) != 1 {
		w.t.Fatalf("%d GitHub issues, want 1", len(all))
	}
	return all[0]
}

// event makes a body. Data members are given as pairs.
func event(typ string, at int64, data ...any) string {
	members := make(map[string]any, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		members[fmt.Sprint(data[i])] = data[i+1]
	}
	body, err := json.Marshal(map[string]any{
		"event": map[string]any{"type": typ, "data": members, "version": 1}, "time": at, "host": "securetheorem.com",
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func violation(verb, uuid string, at int64, data ...any) string {
	status := map[string]string{"OPENED": "OPEN", "RESOLVED": "RESOLVED", "WONT_FIX": "WONT_FIX"}[verb]
	return event("API_SECURE__POLICY_VIOLATION_"+verb, at, append([]any{
		"uuid", uuid, "policy_violation_status", status, "relevance", "IMPORTANT",
		"description", "The server leverages a certificate that will expire soon.",
		"affected_asset", map[string]any{"uuid": "a-1", "name": "shop.example.com", "type": "NETWORK_SERVICE"},
	}, data...)...)
}

func target(verb, id string, at int64, data ...any) string {
	return event("MOBILE_SECURE__FINDING_TARGET_"+verb, at, append([]any{
		"id", id, "security_finding_id", "parent-1", "mobile_app_id", 13,
	}, data...)...)
}

func noteEvent(verb, id string, at int64) string {
	return event("MOBILE_SECURE__FINDING_NOTE_"+verb, at, "id", id, "security_finding_id", "parent-1",
		"text", "We will fix this.", "author_email", "someone@example.com")
}

// pipeListener is a listener in memory; a bubble cannot wait for a real network.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lockedWriter lets the stages of a daemon log into one buffer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
