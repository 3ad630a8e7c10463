package soak_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/proof/program"
)

// life is what is said of one finding, and how it stands once all is said.
type life struct {
	id     string
	bodies []string // still to be posted
	begun  bool     // one was
	closed bool
	note   string // a text that is to be in one comment; "": none was written
	erased bool   // and was deleted again, and is to be in none
}

// sender posts what a portal does: findings open, notes are written and deleted, findings close and open
// again; bodies are repeated, and some are of no use. What is not answered with 200 is posted again.
type sender struct {
	t       *testing.T
	webhook string
	client  *http.Client
	random  *rand.Rand
	active  []*life
	lives   []*life
	posts   sync.WaitGroup
	free    chan struct{} // one for each post that may be under way
	posted  int
	refused atomic.Int64 // posts that were not answered with 200
}

// connections is how many posts may be under way at once, each on a connection that is kept.
const connections = 24

// interleaved is how many seconds' worth of findings are told of at the same time.
const interleaved = 2

func newSender(t *testing.T, webhook string, rate int, seed uint64) *sender {
	t.Helper()
	s := &sender{
		t: t, webhook: webhook, random: rand.New(rand.NewPCG(seed, 0)), free: make(chan struct{}, connections),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: connections}},
	}
	for range interleaved * rate {
		s.active = append(s.active, s.begin())
	}
	return s
}

// run posts so many events a second until the context ends, then what is left to say of the findings
// that it began with, and returns when all are answered.
func (s *sender) run(ctx context.Context, rate int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		s.post(s.next())
	}
	for _, l := range s.active {
		for l.begun && len(l.bodies) > 0 {
			<-tick.C
			s.post(l.next())
		}
	}
	s.posts.Wait()
	s.client.CloseIdleConnections()
}

// next gives the next word on a finding.
func (l *life) next() (body string) {
	body, l.bodies, l.begun = l.bodies[0], l.bodies[1:], true
	return body
}

// post posts a body until it is answered with 200, beside others.
func (s *sender) post(body string) {
	s.posted++
	s.free <- struct{}{}
	s.posts.Go(func() {
		defer func() { <-s.free }()
		again := time.NewTicker(100 * time.Millisecond)
		defer again.Stop()
		for !s.accepted(body) {
			s.refused.Add(1)
			select {
			case <-again.C:
			case <-s.t.Context().Done():
				return
			}
		}
	})
}

func (s *sender) accepted(body string) bool {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.webhook, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Error(err)
		return true
	}
	req.Header.Set("Authorization", "Bearer "+program.Token)
	resp, err := s.client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body) // for the next request on the connection
	_ = resp.Body.Close()                 // read to its end
	return resp.StatusCode == http.StatusOK
}

// next gives what is posted next: the next word on some finding, or something that leads to no ticket.
func (s *sender) next() string {
	if s.random.IntN(20) == 0 {
		return s.useless()
	}
	n := s.random.IntN(len(s.active))
	l := s.active[n]
	body := l.next()
	if len(l.bodies) == 0 {
		s.active[n] = s.begin()
	}
	return body
}

// useless is of an unknown type, of a person, the probe, or no JSON.
func (s *sender) useless() string {
	return []string{
		fmt.Sprintf(`{"event":{"type":"CLOUD_SECURE__SOMETHING_HAPPENED","data":{"uuid":"u%d"},"version":1},"time":%d}`, s.posted, s.at()),
		fmt.Sprintf(`{"event":{"type":"MOBILE_SECURE__USER_LOGIN_SUCCESSFUL","data":{"id":"u%d"},"version":1},"time":%d}`, s.posted, s.at()),
		`{"event": "Hello, world!"}`,
		fmt.Sprintf(`{"event":{"type":%d`, s.posted),
	}[s.random.IntN(4)]
}

// at is the time of an event, which is later than that of every one before.
func (s *sender) at() int64 { return 1_600_000_000 + int64(s.posted) }

// begin makes up a finding and all that will be said of it.
func (s *sender) begin() *life {
	n := len(s.lives)
	l := &life{id: fmt.Sprintf("f%df", n)}
	s.lives = append(s.lives, l)
	at := int64(1_600_000_000)
	app := "of-jira"
	if n%3 == 0 {
		app = program.AppOfGitHub
	}
	say := func(body []byte) { l.bodies = append(l.bodies, string(body)) }
	status := func(verb string) {
		at += 60
		say(program.Status(verb, l.id, at, "mobile_app_id", app, "title", "Finding "+l.id, "details", filler))
		l.closed = verb != opening
	}
	note := func(verb string) {
		at += 60
		say(program.Note(verb, l.id, l.note, at))
	}
	status(opening)
	if s.chance(4) {
		l.bodies = append(l.bodies, l.bodies[0])
	}
	if s.chance(2) {
		l.note = "note-on-" + l.id
		note("CREATED")
		if l.erased = s.chance(4); l.erased {
			note("DELETED")
		}
	}
	if !s.chance(5) {
		status([]string{"FIXED", "RISK_ACCEPTED", "COMPENSATING_CONTROL"}[s.random.IntN(3)])
		if s.chance(6) {
			status(opening)
		}
	}
	return l
}

func (s *sender) chance(in int) bool { return s.random.IntN(in) == 0 }

const opening = "CREATED"

// filler brings a body to about the size that the portal's have.
var filler = string(bytes.Repeat([]byte("What it is, where it is, and what to do about it. "), 30))
