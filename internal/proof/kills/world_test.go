package kills_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/practice"
	"ticketd/internal/proof/program"
)

// Where a finding goes is told by the app that it is in.
const (
	toJira   = "jira"
	toGitHub = "github"
)

const gitHub = `
[github.github]
url = "http://%s"
token = "github-secret-token"
min_interval = "1ms"
burst = 1000
[[rule]]
name = "app"
match.app_id = %q
tracker = "github"
repository = "acme/app"
`

// hurry is how many times shorter the waits of a process are after which an intent without an outcome is
// looked at: 25 s, in which a call must have ended, become 2.5 s.
const hurry = 10

// world is ticketd between a sender and two trackers that lose answers.
type world struct {
	*program.Service

	t      *testing.T
	github *githubtest.Server
	lossy  []*lossy
	sender *sender
}

// newWorld makes a world in which nothing runs yet and no answer is lost. env is for every process.
func newWorld(t *testing.T, r *rand.Rand, env ...string) *world {
	t.Helper()
	jira := jiratest.New(jiratest.Options{})
	w := &world{t: t, sender: newSender(r), github: githubtest.New(githubtest.Options{
		Token: "github-secret-token", Repositories: []string{"acme/app"},
	})}
	w.lossy = []*lossy{
		{Handler: jira, fail: jira.Fail, random: rand.New(rand.NewPCG(r.Uint64(), 0))},
		{Handler: w.github, fail: w.github.Fail, random: rand.New(rand.NewPCG(r.Uint64(), 0))},
	}
	w.Service = program.New(t, program.Options{
		Jira: jira, Address: program.Serve(t, w.lossy[0]), Env: append(env, program.Hurry(hurry)),
		Rules: fmt.Sprintf(gitHub, program.Serve(t, w.lossy[1]), toGitHub),
	})
	keep(t, w.Service)
	return w
}

// trouble makes the trackers lose answers and lag in what they find.
func (w *world) trouble(rate float64) {
	w.Jira.SetSearchLag(lag)
	w.github.SetListLag(lag)
	for _, l := range w.lossy {
		l.set(rate)
	}
}

// heal ends that, with what is still to come of it.
func (w *world) heal() {
	w.trouble(0)
	w.Jira.SetSearchLag(0)
	w.github.SetListLag(0)
	w.Jira.Heal()
	w.github.Heal()
}

// calls gives how many calls the trackers got, and how many of them were not answered as they should be.
func (w *world) calls() (all, lost int) {
	for _, l := range w.lossy {
		l.mu.Lock()
		all, lost = all+l.calls, lost+l.lost
		l.mu.Unlock()
	}
	return all, lost
}

// Search lag and late effects together stay far below the quiet period of the service, 2 s.
const (
	lag  = 200 * time.Millisecond
	late = 300 * time.Millisecond
)

// lossy is a tracker that loses answers at random.
type lossy struct {
	http.Handler

	fail func(practice.Fault)

	mu          sync.Mutex
	random      *rand.Rand
	rate        float64 // of calls that go wrong
	calls, lost int
}

func (l *lossy) set(rate float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = rate
}

// ServeHTTP answers a call, or fails at it before or after its effect.
func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.calls++
	if l.random.Float64() < l.rate {
		f := ways()[l.random.IntN(len(ways()))]
		if f.Kind != practice.Slow {
			l.lost++
		}
		l.fail(f)
	}
	l.mu.Unlock()
	l.Handler.ServeHTTP(w, r)
}

// ways are the ways in which an answer is lost, with and without the effect of the call.
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
