package soak_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
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

// world is ticketd between a sender and two trackers that make trouble.
type world struct {
	*program.Service

	t        *testing.T
	github   *githubtest.Server
	trackers []*program.Lossy
	db       *store.Store // beside the process
}

func newWorld(t *testing.T) *world {
	t.Helper()
	jira := jiratest.New(jiratest.Options{})
	w := &world{t: t, github: program.NewGitHub()}
	for n, tracker := range []program.Tracker{jira, w.github} {
		lossy := program.NewLossy(tracker, rand.New(rand.NewPCG(*seed, 1+uint64(n))), ways())
		lossy.Trouble(wrong)
		w.trackers = append(w.trackers, lossy)
	}
	w.Service = program.New(t, program.Options{
		Jira: jira, Address: program.Serve(t, w.trackers[0]), GitHub: program.Serve(t, w.trackers[1]),
		// What is older than a quarter of the time is forgotten, as if that were 90 days.
		Env: []string{program.Hurry(10), program.Lapse(int64(retention / (*howLong / 4))), "TICKETD_STORE_RETENTION=90d"},
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
		l.Heal()
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
		c, f := l.Count()
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
			if v = judge(s.lives, w.issues()); len(v.lost)+len(v.double) == 0 {
				return v
			}
		}
		select {
		case <-tick.C:
		case <-limit:
			w.t.Errorf("it did not come to rest: %d events and tickets wait", busy)
			return judge(s.lives, w.issues())
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
	if *howLong < judged {
		return
	}
	if len(all) < samples/2 {
		w.t.Fatalf("there are only %d samples: the machine is too busy to tell anything", len(all))
	}
	var grew []string
	for _, m := range measures() {
		second, last := m.growth(all)
		grew = append(grew, fmt.Sprintf("%s %d → %d", m.name, second, last))
		if !m.bounded(second, last) {
			w.t.Errorf("%s grew from %d to %d (medians of the second and of the last quarter)", m.name, second, last)
		}
	}
	report.Tell(w.t, report.Row{
		Part: "Soak", What: "growth from the second to the last quarter of " + howLong.String(), Outcome: strings.Join(grew, "; "),
	})
}
