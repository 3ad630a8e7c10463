package soak_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"ticketd/internal/practice"
)

// Where a finding goes is told by the app that it is in.
const (
	toJira   = "jira"
	toGitHub = "github"
)

// wrong is how many calls of a hundred go wrong.
const wrong = 2

// lossy is a tracker that loses answers, is slow, refuses and asks for patience, at random.
type lossy struct {
	http.Handler

	fail func(practice.Fault)

	mu            sync.Mutex
	random        *rand.Rand
	well          bool
	calls, faults int
}

// ServeHTTP answers a call, or fails at it before or after its effect.
func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.calls++
	if !l.well && l.random.IntN(100) < wrong {
		l.faults++
		l.fail(ways()[l.random.IntN(len(ways()))])
	}
	l.mu.Unlock()
	l.Handler.ServeHTTP(w, r)
}

// heal ends the faults.
func (l *lossy) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.well = true
}

func (l *lossy) count() (calls, faults int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls, l.faults
}

// ways are the ways in which a call goes wrong, with and without its effect.
func ways() []practice.Fault {
	return []practice.Fault{
		{Kind: practice.Cut},
		{Kind: practice.Cut, Effect: true},
		{Kind: practice.Slow, Delay: 300 * time.Millisecond},
		{Kind: practice.Slow, Delay: 300 * time.Millisecond, Effect: true},
		{Kind: practice.Status, Code: http.StatusInternalServerError},
		{Kind: practice.Status, Code: http.StatusBadGateway},
		{Kind: practice.Status, Code: http.StatusServiceUnavailable, Effect: true},
		{Kind: practice.Status, Code: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
		{Kind: practice.HTML, Code: http.StatusBadGateway, Effect: true},
	}
}
