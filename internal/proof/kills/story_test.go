package kills_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/practice"
	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
)

// story is a life of two findings that comes past every named point. Its process dies at one of them,
// once, and is started again; the story goes on as if nothing had been.
type story struct {
	*world

	twice *twice
	at    proof.Point
	pass  int
	died  bool
}

// twice is a Jira behind a proxy that may send a create twice and lose both answers.
type twice struct {
	*jiratest.Server

	armed atomic.Bool
}

// ServeHTTP answers a call.
func (d *twice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/issue") || !d.armed.Swap(false) {
		d.Server.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	for range 2 {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		d.Server.ServeHTTP(httptest.NewRecorder(), again)
	}
	practice.HangUp(w)
}

// newStory makes a story whose process dies at the nth pass of a point.
func newStory(t *testing.T, at proof.Point, pass int) *story {
	t.Helper()
	y := &story{twice: &twice{Server: jiratest.New(jiratest.Options{})}, at: at, pass: pass}
	y.world = &world{t: t, sender: newSender(random(0)), github: program.NewGitHub()}
	y.Service = program.New(t, program.Options{
		Jira: y.twice.Server, Address: program.Serve(t, y.twice), Env: []string{program.Hurry(hurry)},
	})
	keep(t, y.Service)
	return y
}

// tell tells the story, with the chapter of the proxy or without.
func (y *story) tell(proxy bool) verdict {
	y.t.Helper()
	y.Launch(program.CrashAt(y.at, y.pass))
	if !y.Up() {
		y.revive()
	}
	y.post(status(toJira, "first", 1000, false))
	y.until("there is one issue", y.is("To Do", 0))
	y.post(status(toJira, "first", 1100, false)) // with another severity
	y.until("the issue tells the severity of now", func() bool {
		return strings.Contains(y.Jira.Issues()[0].Description, severity(1100))
	})
	y.post(note("first", "n1n", 1200, false))
	y.post(note("first", "n2n", 1300, false))
	y.until("both notes are told", y.is("To Do", 2))
	y.post(note("first", "n2n", 1400, true))
	y.until("one note is taken back", y.is("To Do", 1))
	y.post(status(toJira, "first", 1500, true))
	y.until("the issue is closed", y.is("Done", 2))
	y.post(status(toJira, "first", 1600, false))
	y.until("the issue is open again", y.is("To Do", 3))
	if proxy {
		y.twice.armed.Store(true)
		y.post(status(toJira, "second", 1700, false))
		y.until("two issues were made", func() bool { return len(y.Jira.Issues()) == 3 })
	}
	y.rest(y.look)
	return y.judge()
}

// is asks for the status and the number of comments of the first issue.
func (y *story) is(status string, comments int) func() bool {
	return func() bool {
		all := y.Jira.Issues()
		return len(all) > 0 && all[0].Status == status && len(all[0].Comments) == comments
	}
}

// post posts an event until it is answered with 2xx.
func (y *story) post(e event) {
	y.t.Helper()
	y.sender.sent[e.digest()] = e
	for {
		code, err := y.Service.Post(y.t.Context(), []byte(e.body))
		switch {
		case err == nil && code == http.StatusOK:
			y.sender.answered[e.digest()] = e
			return
		case err == nil:
			y.t.Fatalf("the webhook answered %d", code)
		case y.died:
			y.t.Fatalf("the webhook did not answer: %v", err)
		}
		_ = y.Wait() // revive looks how it ended
		y.revive()
	}
}

// until waits for something to become true, whether the process dies over it or not.
func (y *story) until(what string, truth func() bool) {
	y.t.Helper()
	program.Eventually(y.t, what, func() bool {
		y.look()
		return truth()
	})
}

// look starts the process again if it has died.
func (y *story) look() {
	y.t.Helper()
	if y.Ended() {
		y.revive()
	}
}

// revive starts a process that has died where it should, once.
func (y *story) revive() {
	y.t.Helper()
	if y.died || !y.DiedAt(y.at, y.pass) {
		y.t.Fatalf("the process ended by itself and not by pass %d of %s: %v", y.pass, y.at, y.Wait())
	}
	y.died = true
	y.Start()
}
