// Package githubtest is a GitHub that runs in memory: an HTTP handler with the paths of
// api.github.com, and the same under /api/v3 as Enterprise Server has them, that behaves as GitHub
// does where ticketd can tell, remembers every effect, and fails on request.
//
// What it imitates is told in facts/github.md; its answers are checked against GitHub's own OpenAPI
// description by the tests of internal/github.
package githubtest

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"sync"
	"time"

	"ticketd/internal/practice"
)

// Options of a server; every zero value means something sensible.
type Options struct {
	Token        string           // the personal access token that is accepted; "" means "test-token"
	Login        string           // of the token's account; "" means "ticketd-bot"
	App          *App             // a GitHub App that may act too
	Repositories []string         // owner/repo, as AddRepository takes them
	ListLag      time.Duration    // by which the list of issues lags behind creation
	Now          func() time.Time // nil: time.Now
}

// App is a GitHub App that the server knows.
type App struct {
	ID           string         // what its JWT must name as issuer
	Number       int64          // its numeric id
	Slug         string         // its bot is called Slug + "[bot]"
	Installation int64          // the id of its one installation, which covers every repository
	Key          *rsa.PublicKey // of its JWT
}

// Server is the handler. Its methods may be used while it serves.
type Server struct {
	practice.Log // what was called and what it did

	o   Options
	api http.Handler

	mu     sync.Mutex
	repos  []*repository
	users  map[string]int64 // ids by login in lower case
	tokens map[string]grant // installation tokens
	rights rights
	lastID int64
	served int
}

// New makes a server.
func New(o Options) *Server {
	if o.Token == "" {
		o.Token = "test-token"
	}
	if o.Login == "" {
		o.Login = "ticketd-bot"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, users: make(map[string]int64), tokens: make(map[string]grant), lastID: 1000,
		rights: rights{permissions: map[string]string{"issues": "write", "metadata": "read"}}}
	s.api = s.routes()
	for _, name := range o.Repositories {
		s.AddRepository(name)
	}
	return s
}

// Issue is an issue as it stands.
type Issue struct {
	Key         string // owner/repo#number
	Repository  string
	Number      int
	Title       string
	Body        string
	State       string // open or closed
	StateReason string
	Author      string
	Labels      []string
	Assignees   []string
	Comments    []Comment
	Created     time.Time

	Milestone       string // its title; "" for none
	MilestoneNumber int
}

// Comment is a comment as it stands.
type Comment struct {
	ID     int64
	Author string
	Body   string
}

// Issues gives every issue, pull requests and deleted ones left out, by repository and number.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Issue
	for _, r := range s.repos {
		for _, i := range r.sorted() {
			if i.pull {
				continue
			}
			list = append(list, i.snapshot())
		}
	}
	return list
}

// Issue gives one issue by its key, owner/repo#number; false where there is none.
func (s *Server) Issue(key string) (Issue, bool) {
	for _, i := range s.Issues() {
		if strings.EqualFold(i.Key, key) {
			return i, true
		}
	}
	return Issue{}, false
}

// now is asked with the lock held or not; the clock is the caller's.
func (s *Server) now() time.Time { return s.o.Now().UTC() }

func (s *Server) id() int64 {
	s.lastID++
	return s.lastID
}

// userID gives an account's id, a new one at first sight.
func (s *Server) userID(login string) int64 {
	key := strings.ToLower(login)
	if _, ok := s.users[key]; !ok {
		s.users[key] = s.id()
	}
	return s.users[key]
}

func (s *Server) effect(i *issue, op, format string, args ...any) {
	s.Happened(s.now(), op, i.key(), format, args...)
}

// RoundTrip answers a request without a network, as an http.RoundTripper.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) { return practice.RoundTrip(s, r) }
