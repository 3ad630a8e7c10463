package kills_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"

	"ticketd/internal/proof/program"
)

// event is a body that the sender posts, and what it says.
type event struct {
	body    string
	finding string // its parent is named after it
	at      int64  // Unix seconds; no two of a finding are the same
	note    string // id of the note, which is all of its text; "": the finding opens or closes
	ends    bool   // it closes, or the note is deleted
}

func (e event) digest() string {
	sum := sha256.Sum256([]byte(e.body))
	return hex.EncodeToString(sum[:])
}

// status opens or closes a finding. Every time it says another severity, which is written in the issue.
func status(app, finding string, at int64, closes bool) event {
	verb := "CREATED"
	if closes {
		verb = "FIXED"
	}
	body := program.Status(verb, finding, at, "mobile_app_id", app, "severity", severity(at))
	return event{finding: finding, at: at, ends: closes, body: string(body)}
}

// severity is short: seven digits might be a commit, which GitHub would link.
func severity(at int64) string { return fmt.Sprintf("S%ds", at%100_000) }

// note writes a note on the parent of a finding, or deletes it.
func note(finding, id string, at int64, deleted bool) event {
	verb := "CREATED"
	if deleted {
		verb = "DELETED"
	}
	return event{finding: finding, at: at, note: id, ends: deleted, body: string(program.Note(verb, finding, id, at))}
}

// toJira is the app of the findings that do not go to GitHub.
const toJira = "of-jira"

// life is all that happens to one finding: it opens, perhaps closes, opens again; notes are written and
// deleted.
func life(r *rand.Rand, finding string) (all []event) {
	app, at := toJira, int64(1_700_000_000)
	if r.IntN(3) == 0 {
		app = program.AppOfGitHub
	}
	for n := range 1 + r.IntN(4) {
		at += 60
		all = append(all, status(app, finding, at, n%2 == 1))
	}
	for n := range r.IntN(3) {
		id := fmt.Sprintf("%sn%dn", finding, n)
		all = append(all, note(finding, id, at+int64(n), false))
		if r.IntN(3) == 0 {
			all = append(all, note(finding, id, at+100+int64(n), true))
		}
	}
	return all
}

// sender posts events from several clients at once. What was not answered it posts again or forgets, and
// some of what was answered it posts again.
type sender struct {
	mu       sync.Mutex
	random   *rand.Rand
	lives    int
	queue    []event
	sent     map[string]event // by digest
	answered map[string]event // those of them that were answered with 2xx
}

func newSender(r *rand.Rand) *sender {
	return &sender{random: rand.New(rand.NewPCG(r.Uint64(), 0)), sent: map[string]event{}, answered: map[string]event{}}
}

// clients is how many post at once.
const clients = 4

// post posts to a webhook until the context ends or nobody answers there any more.
func (s *sender) post(ctx context.Context, webhook string) (wait func()) {
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				e := s.next()
				status, err := program.Post(ctx, webhook, []byte(e.body))
				s.was(e, err == nil && status/100 == 2)
				if err != nil {
					return
				}
			}
		})
	}
	return all.Wait
}

// next takes an event from the queue, which holds what happens to a few dozen findings in any order.
func (s *sender) next() event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) < clients {
		for range 30 {
			s.lives++
			s.queue = append(s.queue, life(s.random, fmt.Sprintf("f%df", s.lives))...)
		}
		s.random.Shuffle(len(s.queue), func(i, j int) { s.queue[i], s.queue[j] = s.queue[j], s.queue[i] })
	}
	e := s.queue[0]
	s.queue = s.queue[1:]
	s.sent[e.digest()] = e
	return e
}

// was notes whether an event was answered.
func (s *sender) was(e event, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := 0.5
	if answered {
		s.answered[e.digest()] = e
		again = 0.05
	}
	if s.random.Float64() < again {
		s.queue = append(s.queue, e)
	}
}
