package daemon_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

func TestAStopFinishesASlowCreateAndRecordsIt(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Slow, Delay: 10 * time.Second})
		w.github.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Slow, Delay: 10 * time.Second})
		w.flood(0, 1)
		w.pass(2 * time.Second)
		asked := time.Now()
		w.stop()
		if took := time.Since(asked); took < 7*time.Second || took > 9*time.Second {
			t.Errorf("the stop took %v, want the rest of the call", took)
		}
		w.expectAll(1, 1) // live: there is no doubt
		before := w.trackerCalls()
		w.start()
		w.pass(time.Hour)
		w.expectAll(1, 1)
		if after := w.trackerCalls(); after-before > 3 { // whose credential it is, once each, and Jira's sort
			t.Errorf("%d calls after the restart", after-before)
		}
	})
}

func TestAStopWaitsForTheRequestThatIsBeingSent(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		conn, err := w.hooks.dial(w.t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // the daemon closes it too
		body := violation("OPENED", "v-1", 1611058000)
		w.write(conn, fmt.Sprintf("POST /webhook HTTP/1.1\r\nHost: ticketd\r\nAuthorization: Bearer a-token-of-thirty-two-characters\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10]))
		synctest.Wait()
		stopped := make(chan struct{})
		go func() {
			w.stop()
			close(stopped)
		}()
		w.pass(5 * time.Second)
		w.write(conn, body[10:])
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the request was answered %d", answer.StatusCode)
		}
		<-stopped
		w.start()
		w.settle()
		w.one().expect(w, true, 0)
	})
}

func (w *world) write(to io.Writer, text string) {
	w.t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		w.t.Error(err)
	}
}

// backUp copies the database of a stopped daemon, without the side file that stays where it is, and
// gives what puts it back.
func (w *world) backUp() (restore func()) {
	w.t.Helper()
	content, err := os.ReadFile(w.path())
	w.must(err)
	return func() {
		w.t.Helper()
		for _, suffix := range []string{"-wal", "-shm"} {
			stale, err := filepath.Glob(w.path() + suffix)
			w.must(err)
			for _, name := range stale {
				w.must(os.Remove(name))
			}
		}
		w.must(os.WriteFile(w.path(), content, 0o600))
	}
}

func TestARestoredBackupMakesNoSecondIssueAndLeavesTheIssuesAsTheyShouldBe(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		for n := range 5 {
			w.post(violation("OPENED", fmt.Sprint("v-", n), 1611058000))
		}
		w.settle()
		w.post(violation("RESOLVED", "v-0", 1611059000))
		w.settle()
		w.stop()
		restore := w.backUp()
		w.start()
		w.post(violation("OPENED", "v-0", 1611060000))   // open again
		w.post(violation("RESOLVED", "v-1", 1611060000)) // closed, and nobody will say so again
		w.post(violation("WONT_FIX", "v-2", 1611060000)) // closed, and it will be said again
		w.post(violation("OPENED", "v-5", 1611060000))   // new
		w.post(violation("RESOLVED", "v-3", 1611060000)) // closed, and open anew after the restore
		w.settle()
		keys := w.keys()
		w.must(c.close(w, keys["v-4"]))
		w.stop()
		restore()
		w.start()
		w.pass(15 * time.Minute) // a restored store waits and looks first
		w.post(violation("OPENED", "v-0", 1611060000))
		w.post(violation("WONT_FIX", "v-2", 1611060000))
		w.post(violation("OPENED", "v-5", 1611060000))
		w.post(violation("OPENED", "v-3", 1611061000))
		w.pass(time.Hour)
		if n := len(w.issues()); n != 6 {
			w.t.Errorf("%d issues, want 6", n)
		}
		for uuid, want := range map[string]struct {
			open     bool
			comments int
		}{
			"v-0": {true, 2}, "v-1": {false, 1}, "v-2": {false, 1}, "v-3": {true, 2}, "v-4": {false, 0}, "v-5": {true, 0},
		} {
			w.issue(keys[uuid]).expect(w, want.open, want.comments)
		}
		for _, ticket := range w.tickets() {
			if ticket.State != store.TicketLive && ticket.State != store.TicketClosed {
				w.t.Errorf("ticket %s is %s (%s)", ticket.Group, ticket.State, ticket.Reason)
			}
		}
	})
}

// keys gives the issue of each violation.
func (w *world) keys() map[string]string {
	w.t.Helper()
	keys := make(map[string]string)
	for _, ticket := range w.tickets() {
		keys[ticket.Group[len("violation/"):]] = ticket.Ref.Key
	}
	return keys
}
