package daemon_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/daemon"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/systemd"
	"ticketd/store"
)

// manager is a service manager that keeps what it is told.
type manager struct {
	mu   sync.Mutex
	told []string // one for each message, its lines separated by spaces
}

func (m *manager) notify(states ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, strings.Join(states, " "))
	return nil
}

// heard gives what it was told since it was asked last.
func (m *manager) heard() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.told
	m.told = nil
	return told
}

func (m *manager) options(o *daemon.Options) { o.Notify, o.Watchdog = m.notify, 90*time.Second }

// heardOf gives how many messages hold a text.
func heardOf(told []string, text string) (n int) {
	for _, t := range told {
		if strings.Contains(t, text) {
			n++
		}
	}
	return n
}

func TestTheServiceManagerHearsOfTheStartOfEveryTenSecondsAndOfTheStop(t *testing.T) {
	m := new(manager)
	inWorld(t, settings{options: m.options}, func(w *world) {
		told := m.heard()
		ready := slices.IndexFunc(told, func(s string) bool { return strings.HasPrefix(s, systemd.Ready) })
		if ready < 0 || ready != len(told)-1 {
			t.Fatalf("at the start it was told %q, want READY at the end", told)
		}
		before := told[:ready]
		for _, part := range []string{"STATUS=starting: opening the store EXTEND_TIMEOUT_USEC=60000000", "STATUS=starting: taking up"} {
			if heardOf(before, part) == 0 {
				t.Errorf("before it was ready it was told %q, without %q", before, part)
			}
		}
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Minute)
		told = m.heard()
		if n := heardOf(told, systemd.Alive); n < 5 || n > 7 {
			t.Errorf("%d signs of life in a minute", n)
		}
		if last := told[len(told)-1]; !strings.Contains(last, "STATUS=ready") || !strings.Contains(last, "1 ticket") {
			t.Errorf("the newest status is %q", last)
		}
		w.stop()
		told = m.heard()
		if last := told[len(told)-1]; !strings.HasPrefix(last, systemd.Stopping) {
			t.Errorf("at the stop it was told %q", told)
		}
	})
}

const oneTracker = `
[jira.jira]
url = "https://jira.example.com"
email = "bot@example.com"
token = "jira-secret-token"
`

const oneRule = `
[[rule]]
name = "all"
tracker = "jira"
project = "SEC"
`

func TestATrackerCallThatNeverEndsIsToldAndThereAreNoMoreSignsOfLife(t *testing.T) {
	m := new(manager)
	var release chan struct{} // of the bubble; nil while nothing hangs
	s := settings{options: m.options, trackers: oneTracker, rules: oneRule, watch: func(r *http.Request) {
		if release != nil && strings.HasSuffix(r.URL.Path, "/issue") {
			<-release // and not when its context ends
		}
	}}
	inWorld(t, s, func(w *world) {
		w.settle()
		w.mu.Lock()
		release = make(chan struct{})
		w.mu.Unlock()
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(2 * time.Minute) // what a call and its record may take is not over
		if n := heardOf(m.heard(), systemd.Alive); n < 11 {
			t.Errorf("%d signs of life while the call may last", n)
		}
		w.pass(2 * time.Minute)
		m.heard()
		w.pass(time.Minute)
		told := m.heard()
		if n := heardOf(told, systemd.Alive); n > 0 {
			t.Errorf("%d signs of life while the delivery hangs", n)
		}
		if heardOf(told, "STATUS=hangs: deliver jira should have been back at ") == 0 {
			t.Errorf("it was told %q", told)
		}
		w.expectHang("deliver jira")
		close(release)
		w.pass(time.Minute)
		if n := heardOf(m.heard(), systemd.Alive); n < 4 {
			t.Errorf("%d signs of life in the minute after it was back", n)
		}
		if len(w.logged("progress is made again")) != 1 {
			t.Error("the log does not tell that progress is made again")
		}
	})
}

// expectHang looks for the one line of the log that tells what hangs, with the stacks and no secret.
func (w *world) expectHang(stages ...string) {
	w.t.Helper()
	lines := w.logged("no progress is made")
	if len(lines) != 1 {
		w.t.Fatalf("%d lines of the log tell what hangs: %q", len(lines), lines)
	}
	for _, part := range append(stages, "level=ERROR", "daemon.(*Daemon).inform", "restarts it within 1m30s") {
		if !strings.Contains(lines[0], part) {
			w.t.Errorf("the line does not say %q: %s", part, lines[0])
		}
	}
	if len(lines[0]) > 48<<10 || strings.Contains(lines[0], "secret-token") {
		w.t.Errorf("a line of %d bytes: %s", len(lines[0]), lines[0])
	}
}

func TestAStoreThatDoesNothingIsNoticedWhateverWaitsForIt(t *testing.T) {
	m := new(manager)
	inWorld(t, settings{options: m.options}, func(w *world) {
		var holding, posting sync.WaitGroup
		release := w.occupy(&holding)
		posting.Go(func() { w.send(violation("OPENED", "v-1", 1611058000)) })
		w.pass(5 * time.Minute)
		m.heard()
		w.pass(time.Minute)
		told := m.heard()
		if n := heardOf(told, systemd.Alive); n > 0 {
			t.Errorf("%d signs of life while the store hangs", n)
		}
		if heardOf(told, "store should have been back") == 0 {
			t.Errorf("it was told %q", told)
		}
		w.expectHang("store should have been back")
		release()
		holding.Wait()
		posting.Wait()
		w.pass(time.Minute)
		if n := heardOf(m.heard(), systemd.Alive); n < 4 {
			t.Errorf("%d signs of life in the minute after the store was back", n)
		}
	})
}

func TestAnAuditThatTakesLongIsNoHang(t *testing.T) {
	m := new(manager)
	s := settings{options: m.options, trackers: oneTracker, rules: oneRule}
	inWorld(t, s, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "search", Kind: jiratest.Slow, Delay: 4*time.Minute + 50*time.Second})
		w.post(violation("OPENED", "v-1", 1611058000))
		m.heard()
		w.pass(8 * time.Minute)
		if n := heardOf(m.heard(), systemd.Alive); n < 47 {
			t.Errorf("%d signs of life in eight minutes", n)
		}
		if len(w.logged("no progress is made")) > 0 {
			t.Error("a long audit is told to be a hang")
		}
	})
}

func TestADayWithoutWorkOrWithATrackerDownIsNoHang(t *testing.T) {
	long(t)
	m := new(manager)
	inWorld(t, settings{options: m.options}, func(w *world) {
		w.setDown("jira.example.com", true)
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(6 * time.Hour)
		if len(w.logged("no progress is made")) > 0 {
			t.Error("a tracker that is down is told to be a hang")
		}
	})
}

// occupy makes the store's writer do something that takes until the function that is given is called.
func (w *world) occupy(all *sync.WaitGroup) (release func()) {
	w.t.Helper()
	over := make(chan struct{})
	all.Go(func() {
		err := w.daemon.Store().Apply(w.t.Context(), func(*store.Tx) error {
			<-over
			return nil
		})
		if err != nil {
			w.t.Error(err)
		}
	})
	synctest.Wait()
	return func() { close(over) }
}

func TestAStoreThatIsSlowButBusyIsNoHang(t *testing.T) {
	m := new(manager)
	inWorld(t, settings{options: m.options}, func(w *world) {
		w.settle()
		m.heard()
		var all sync.WaitGroup
		all.Go(func() {
			for range 15 {
				err := w.daemon.Store().Apply(w.t.Context(), func(*store.Tx) error {
					time.Sleep(40 * time.Second) // for longer than a status waits for its answer
					return nil
				})
				if err != nil {
					w.t.Error(err)
				}
			}
		})
		w.pass(10 * time.Minute)
		if n := heardOf(m.heard(), systemd.Alive); n < 59 || len(w.logged("no progress is made")) > 0 {
			t.Errorf("%d signs of life in ten minutes, and a store that works is told to hang", n)
		}
		all.Wait()
	})
}

func TestARequestThatIsNeverAnsweredIsNoticed(t *testing.T) {
	m := new(manager)
	inWorld(t, settings{options: m.options}, func(w *world) {
		var all sync.WaitGroup
		first := w.occupy(&all)
		conn, err := w.hooks.dial(w.t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		body := violation("OPENED", "v-1", 1611058000)
		w.write(conn, fmt.Sprintf("POST /webhook HTTP/1.1\r\nHost: ticketd\r\nAuthorization: Bearer a-token-of-thirty-two-characters\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(body), body))
		synctest.Wait()
		second := w.occupy(&all) // in one transaction with the event, which nobody can take back then
		first()
		w.pass(2 * time.Minute)
		m.heard()
		w.pass(10 * time.Second)
		if told := m.heard(); heardOf(told, "receive should have been back") == 0 {
			t.Errorf("it was told %q", told)
		}
		second()
		all.Wait()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}
