//go:build linux

package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"ticketd/internal/proof/program"
)

// sender posts events, each of a finding of its own, on a connection of its own, and repeats none.
type sender struct {
	name string

	mu       sync.Mutex
	sent     int
	accepted []string    // findings whose event was answered with 200
	refused  map[int]int // how many were answered otherwise
	silent   []error     // had no answer
}

func newSender(name string) *sender { return &sender{name: name, refused: make(map[int]int)} }

// post posts one event and gives the status of the answer; 0: none.
func (a *sender) post(ctx context.Context) int {
	a.mu.Lock()
	a.sent++
	id := fmt.Sprintf("%s-%d", a.name, a.sent)
	a.mu.Unlock()
	status, err := program.Post(ctx, webhook, program.Opened(id, 1611058000))
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.silent = append(a.silent, err)
	case status == http.StatusOK:
		a.accepted = append(a.accepted, id)
	default:
		a.refused[status]++
	}
	return status
}

// count gives how many were answered with 200.
func (a *sender) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.accepted)
}

// keepPosting posts from so many connections at once until stop is called, which waits for the answers to what was
// sent.
func (a *sender) keepPosting(ctx context.Context, connections int) (stop func()) {
	over := make(chan struct{})
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				a.post(ctx)
				select { // as fast as it can go is measured elsewhere
				case <-over:
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
	return func() { close(over); all.Wait() }
}

// postAll posts so many events, one after the other, which must all be accepted.
func (s *site) postAll(a *sender, n int) {
	s.t.Helper()
	for range n {
		if status := a.post(s.t.Context()); status != http.StatusOK {
			s.t.Fatalf("a post was answered with %d, %v", status, a.silent)
		}
	}
}

// ticket is what `ticketd tickets list --json` says of one.
type ticket struct {
	State string
	Group string
	Issue *struct{ Key string }
}

func (s *site) tickets() []ticket {
	s.t.Helper()
	var list struct{ Tickets []ticket }
	must(s.t, json.Unmarshal([]byte(s.sh("ticketd tickets list --json --limit 1000000")), &list))
	return list.Tickets
}

// judge waits until all tickets have their issue, and compares what was accepted with what there is: every
// accepted finding has its ticket, every ticket one issue, and there is no other issue.
func (s *site) judge(senders ...*sender) {
	s.t.Helper()
	var all []ticket
	program.Eventually(s.t, "all tickets have their issue", func() bool {
		all = s.tickets()
		return !slices.ContainsFunc(all, func(t ticket) bool { return t.State != "live" || t.Issue == nil })
	})
	issue := make(map[string]string)
	for _, t := range all {
		issue[t.Group] = t.Issue.Key
	}
	made := make(map[string]int)
	for _, e := range s.jira.Effects() {
		if e.Op == "create" {
			made[e.Key]++
		}
	}
	accepted := 0
	for _, a := range senders {
		accepted += len(a.accepted)
		for _, id := range a.accepted {
			if made[issue["target/"+id]] != 1 {
				s.t.Errorf("%s was accepted and has no issue", id)
			}
		}
	}
	if len(made) != len(issue) || accepted == 0 {
		s.t.Errorf("%d events accepted, %d tickets, %d issues made", accepted, len(issue), len(made))
	}
}
