package soak_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
	"ticketd/store"
)

var (
	howLong = flag.Duration("for", 4*time.Second, "how long the daemon is soaked; growth is judged from 2m on")
	rate    = flag.Int("rate", 50, "events a second")
	seed    = flag.Uint64("seed", 1, "of what is said and of what goes wrong")
)

const (
	judged    = 2 * time.Minute // a shorter time tells nothing of growth
	samples   = 80
	retention = 90 * 24 * time.Hour // the configured one
	patience  = 10 * time.Minute    // how long the rest may take; it is no measure of anything
)

const configuration = `
instance = "soak"
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[[server.token]]
name = "portal"
value = %q
[store]
path = %q
retention = "90d"
[deliver]
quiet_period = "2s"
[jira.jira]
url = "http://%s"
email = "bot@example.com"
token = "jira-secret-token"
min_interval = "1ms"
burst = 1000
per_hour = 1000000
[github.github]
url = "http://%s"
token = "github-secret-token"
min_interval = "1ms"
burst = 1000
per_hour = 1000000
[[rule]]
name = "app"
match.app_id = %q
tracker = "github"
repository = "acme/app"
[[rule]]
name = "all"
tracker = "jira"
project = "SEC"
`

// world is ticketd between a sender and two trackers that make trouble.
type world struct {
	*program.Service

	t        *testing.T
	jira     *jiratest.Server
	github   *githubtest.Server
	trackers [2]*lossy
	db       *store.Store // beside the process
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, jira: jiratest.New(jiratest.Options{}), github: githubtest.New(githubtest.Options{
		Token: "github-secret-token", Repositories: []string{"acme/app"},
	})}
	w.trackers = [2]*lossy{
		{Handler: w.jira, fail: w.jira.Fail, random: rand.New(rand.NewPCG(*seed, 1))},
		{Handler: w.github, fail: w.github.Fail, random: rand.New(rand.NewPCG(*seed, 2))},
	}
	dir, address := t.TempDir(), program.Serve(t, w.trackers[0])
	w.Service = program.New(t, program.Options{
		Dir: dir, Jira: w.jira, Address: address,
		Config: fmt.Sprintf(configuration, program.Token, filepath.Join(dir, "ticketd.db"), address,
			program.Serve(t, w.trackers[1]), toGitHub),
		// What is older than a quarter of the time is forgotten, as if that were 90 days.
		Env: []string{program.Hurry(5), program.Lapse(int64(retention / (*howLong / 4)))},
	})
	return w
}

// TestSoak runs the daemon under load and faults and looks for what grows.
func TestSoak(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this system has no /proc to read the size of a process from: ", err)
	}
	w := newWorld(t)
	w.Start()
	db, err := store.Open(t.Context(), store.Options{Path: w.Database(), Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.db = db

	load, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	s := newSender(t, w.Webhook(), *rate, *seed)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		s.run(load, *rate)
	}()
	all := w.watch(load)
	<-sent
	for _, l := range w.trackers {
		l.heal()
	}
	v := w.rest(s)
	if err := w.Stop(); err != nil {
		t.Errorf("it did not stop well: %v", err)
	}
	t.Logf("seed %d\n%s", *seed, table(all))
	w.verdict(v)
	w.report(s, all, v)
}

func (w *world) calls() (calls, faults int) {
	for _, l := range w.trackers {
		c, f := l.count()
		calls, faults = calls+c, faults+f
	}
	return calls, faults
}

// watch takes samples until the context ends.
func (w *world) watch(ctx context.Context) (all []sample) {
	w.t.Helper()
	began := time.Now()
	tick := time.NewTicker(*howLong / samples)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return all
		case <-tick.C:
		}
		calls, _ := w.calls()
		all = append(all, look(w.t, w.Service, w.db, began, calls))
		if *howLong >= judged && len(all)%(samples/20) == 0 {
			w.t.Log(table(all[len(all)-1:]))
		}
	}
}

// rest waits until all that was said is true of the issues, and gives the verdict then or after patience.
func (w *world) rest(s *sender) (v verdict) {
	w.t.Helper()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		counts, err := w.db.Counts(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		busy := counts.Events[store.EventNew]
		for _, state := range unmade() {
			busy += counts.Tickets[state]
		}
		if busy == 0 {
			if v = judge(s.lives, issues(w.jira, w.github)); len(v.lost)+len(v.double) == 0 {
				return v
			}
		}
		select {
		case <-tick.C:
		case <-limit:
			w.t.Errorf("it did not come to rest: %d events and tickets wait", busy)
			return judge(s.lives, issues(w.jira, w.github))
		}
	}
}

func (w *world) verdict(v verdict) {
	w.t.Helper()
	for _, one := range append(v.lost, v.double...) {
		w.t.Error(one)
	}
	if w.t.Failed() {
		w.t.Logf("once more: go test -tags proof ./internal/proof/soak -run Soak -v -timeout 0 -args -for %s -rate %d -seed %d", *howLong, *rate, *seed)
	}
}

// report tells the figures, and judges the growth where the time was long enough.
func (w *world) report(s *sender, all []sample, v verdict) {
	w.t.Helper()
	calls, faults := w.calls()
	report.Tell(w.t, report.Row{
		Part: "Soak",
		What: fmt.Sprintf("%s at %d events a second: %d events, %d issues, %d tracker calls of which %d went wrong", *howLong, *rate, s.posted, v.issues, calls, faults),
		Outcome: fmt.Sprintf("%d lost or wrong, %d double, backlog drained; %d webhooks had to be sent again; %d findings closed before they had an issue",
			len(v.lost), len(v.double), s.refused.Load(), v.none),
	})
	if len(all) < 8 {
		w.t.Errorf("there are only %d samples: the machine is too busy to tell anything", len(all))
		return
	}
	var grew []string
	for _, m := range measures() {
		second, last := m.growth(all)
		grew = append(grew, fmt.Sprintf("%s %d → %d", m.name, second, last))
		if *howLong >= judged && !m.bounded(second, last) {
			w.t.Errorf("%s grew from %d to %d (medians of the second and of the last quarter)", m.name, second, last)
		}
	}
	report.Tell(w.t, report.Row{
		Part: "Soak", What: "growth from the second to the last quarter of " + howLong.String(), Outcome: strings.Join(grew, "; "),
	})
}
