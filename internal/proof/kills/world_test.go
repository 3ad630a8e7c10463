package kills_test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/practice"
	"ticketd/internal/proof/program"
)

// hurry is how many times shorter the waits of a process are after which an intent without an outcome is
// looked at: 25 s, in which a call must have ended, become 2.5 s.
const hurry = 10

// world is ticketd between a sender and two trackers that lose answers.
type world struct {
	*program.Service

	t      *testing.T
	github *githubtest.Server
	lossy  []*program.Lossy
	sender *sender
}

// newWorld makes a world in which nothing runs yet and no answer is lost. env is for every process.
func newWorld(t *testing.T, r *rand.Rand, env ...string) *world {
	t.Helper()
	jira := jiratest.New(jiratest.Options{})
	w := &world{t: t, sender: newSender(r), github: program.NewGitHub()}
	for _, tracker := range []program.Tracker{jira, w.github} {
		w.lossy = append(w.lossy, program.NewLossy(tracker, rand.New(rand.NewPCG(r.Uint64(), 0)), ways()))
	}
	w.Service = program.New(t, program.Options{
		Jira: jira, Address: program.Serve(t, w.lossy[0]), GitHub: program.Serve(t, w.lossy[1]),
		Env: append(env, program.Hurry(hurry)),
	})
	keep(t, w.Service)
	return w
}

// trouble makes the trackers lose answers and lag in what they find.
func (w *world) trouble(rate float64) {
	w.Jira.SetSearchLag(lag)
	w.github.SetListLag(lag)
	for _, l := range w.lossy {
		l.Trouble(rate)
	}
}

// heal ends that, with what is still to come of it.
func (w *world) heal() {
	w.Jira.SetSearchLag(0)
	w.github.SetListLag(0)
	for _, l := range w.lossy {
		l.Heal()
	}
}

// calls gives how many calls the trackers got, and how many of them went wrong.
func (w *world) calls() (all, wrong int) {
	for _, l := range w.lossy {
		calls, failed := l.Count()
		all, wrong = all+calls, wrong+failed
	}
	return all, wrong
}

// Search lag and late effects together stay far below the quiet period of the service, 2 s.
const (
	lag  = 200 * time.Millisecond
	late = 300 * time.Millisecond
)

// ways are the ways in which a call goes wrong, with and without the effect of the call.
func ways() []practice.Fault {
	return []practice.Fault{
		{Kind: practice.Cut},
		{Kind: practice.Cut, Effect: true},
		{Kind: practice.Late, Delay: late},
		{Kind: practice.Slow, Delay: late / 4, Effect: true},
		{Kind: practice.Slow, Delay: late / 4},
		{Kind: practice.Status, Code: http.StatusInternalServerError},
		{Kind: practice.Status, Code: http.StatusServiceUnavailable, Effect: true},
		{Kind: practice.HTML, Code: http.StatusBadGateway, Effect: true},
		{Kind: practice.Empty},
		{Kind: practice.Truncated},
		{Kind: practice.Short},
	}
}
