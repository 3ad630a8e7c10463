package program

import (
	"math/rand/v2"
	"net/http"
	"sync"

	"ticketd/internal/jira/jiratest"
)

// Tracker is a practice tracker.
type Tracker interface {
	http.Handler

	Fail(fault jiratest.Fault) // a call
	Heal()                     // takes away what is still to fail
}

// Lossy is a tracker at which calls go wrong at random, before or after their effect. Any number of
// goroutines may use it.
type Lossy struct {
	tracker Tracker
	ways    []jiratest.Fault

	mu           sync.Mutex
	random       *rand.Rand
	rate         float64
	calls, wrong int
}

// NewLossy puts itself in front of a tracker. Nothing goes wrong until [Lossy.Trouble]; then it does in
// one of the ways.
func NewLossy(tracker Tracker, random *rand.Rand, ways []jiratest.Fault) *Lossy {
	return &Lossy{tracker: tracker, random: random, ways: ways}
}

// Trouble has so many of all calls go wrong: 0.2 are a fifth.
func (l *Lossy) Trouble(rate float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = rate
}

// Heal ends the trouble.
func (l *Lossy) Heal() {
	l.Trouble(0)
	l.tracker.Heal()
}

// Count gives how many calls there were, and how many of them went wrong.
func (l *Lossy) Count() (calls, wrong int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls, l.wrong
}

// ServeHTTP answers a call, or fails at it.
func (l *Lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.calls++
	if l.random.Float64() < l.rate {
		l.wrong++
		l.tracker.Fail(l.ways[l.random.IntN(len(l.ways))])
	}
	l.mu.Unlock()
	l.tracker.ServeHTTP(w, r)
}
