// Package jiratest is a practice Jira: an http.Handler that behaves like Jira Cloud (API 3 and 2)
// or Data Center (API 2) in everything that ticketd relies on, keeps a log of what had an effect,
// and can be told to fail in every way that a tracker fails.
//
// It knows time only through Options.Now and package time, so that it also runs in a
// testing/synctest bubble; use [Server.RoundTrip] there, which needs no network.
package jiratest

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"ticketd/internal/practice"
)

// Anonymity says how the server treats a credential that is wrong.
type Anonymity string

// The ways. Real Jiras do all three (JRACLOUD-93811, JRACLOUD-94680).
const (
	Strict          Anonymity = ""       // 401
	Anonymous       Anonymity = "marked" // like a stranger: empty searches, 404s, with X-Seraph-LoginReason
	AnonymousSilent Anonymity = "silent" // the same without the header
)

// User is an account.
type User struct {
	AccountID string // Cloud
	Name      string // Data Center user name
	Key       string // Data Center
	Display   string
	Email     string
}

// Options of a practice Jira. The zero value is a Cloud site with project SEC.
type Options struct {
	DataCenter bool
	Now        func() time.Time // nil: time.Now
	Email      string           // of the accepted Basic credential; with Token and no Email: Bearer
	Token      string           // "": any credential is accepted
	WrongToken Anonymity
	Account    User             // whose credential it is; zero: a ticketd account
	Fields     map[string]Field // further custom fields, on no screen
	Projects   []Project        // none: SEC with the default workflow
	SearchLag  time.Duration    // how long a new issue is not found
	PageSize   int              // cap of search and comment pages; 0: 100
	Priorities []string         // none: Highest, High, Medium, Low, Lowest; one of digits is the priority of that id
	SearchGone bool             // search was removed: 410
}

// Server is a practice Jira. It is safe for concurrent use.
type Server struct {
	practice.Log // what was called and what it did

	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	projects map[string]*Project
	issues   map[int64]*issue
	moved    map[string]int64 // old keys
	numbers  map[string]int64 // last issue number of a project
	lastID   int64
}

// New makes a practice Jira.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Account == (User{}) {
		o.Account = User{AccountID: "5b10a2844c20165700ede21g", Name: "ticketd", Key: "JIRAUSER10001", Display: "ticketd", Email: "ticketd@example.com"}
	}
	if len(o.Projects) == 0 {
		o.Projects = []Project{{Key: "SEC", Name: "Security"}}
	}
	if o.PageSize == 0 {
		o.PageSize = 100
	}
	if len(o.Priorities) == 0 {
		o.Priorities = []string{"Highest", "High", "Medium", "Low", "Lowest"}
	}
	s := &Server{o: o, mux: http.NewServeMux(), projects: map[string]*Project{}, issues: map[int64]*issue{},
		moved: map[string]int64{}, numbers: map[string]int64{}, lastID: 10000}
	for _, p := range o.Projects {
		s.AddProject(p)
	}
	s.routes()
	return s
}

// SetToken changes the accepted token: what was right becomes wrong.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Token = token
}

// SetSearchLag changes how long new issues are not found.
func (s *Server) SetSearchLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.SearchLag = d
}

// call is one request, read whole, so that it can be carried out later too.
type call struct {
	r       *http.Request
	op      string
	version int // of the API: 2 or 3
	body    []byte
	known   bool // the credential is right
}

// reply is what a handler answers: a value for JSON, or nothing.
type reply struct {
	status int
	header http.Header
	body   any
}

// ServeHTTP answers the API below any prefix (the gateway's /ex/jira/{cloudId} included) and the
// pages for people.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i := strings.Index(r.URL.Path, "/rest/api/"); i > 0 {
		clone := r.Clone(r.Context())
		clone.URL.Path = r.URL.Path[i:]
		clone.URL.RawPath = ""
		r = clone
	}
	s.mux.ServeHTTP(w, r)
}

// endpoint makes an http handler of an operation. anonymous says what a stranger gets in the
// anonymous modes; nil means 401.
func (s *Server) endpoint(op string, anonymous func(*call) reply, handle func(*call) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
		if err != nil {
			return // the client went away
		}
		version, _ := strconv.Atoi(r.PathValue("version"))
		c := &call{r: r, op: op, version: version, body: body}
		if version != 2 && (version != 3 || s.o.DataCenter) {
			write(w, failure(http.StatusNotFound, "no such API version"))
			return
		}
		s.serve(w, c, anonymous, handle)
	}
}

func (s *Server) serve(w http.ResponseWriter, c *call, anonymous, handle func(*call) reply) {
	act := func() reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		return handle(c)
	}
	fault := s.Called(c.op, c.r.Method)
	s.mu.Lock()
	c.known = s.authenticated(c.r)
	mode := s.o.WrongToken
	s.mu.Unlock()
	if !c.known {
		denied := s.stranger(c, mode, anonymous)
		act = func() reply { return denied }
	}
	if fault != nil {
		s.misbehave(w, c, fault, act)
		return
	}
	write(w, act())
}

// authenticated tells whether the request carries the accepted credential.
func (s *Server) authenticated(r *http.Request) bool {
	if s.o.Token == "" {
		return true
	}
	if email, token, ok := r.BasicAuth(); ok {
		return s.o.Email != "" && email == s.o.Email && token == s.o.Token
	}
	return s.o.Email == "" && r.Header.Get("Authorization") == "Bearer "+s.o.Token
}

func (s *Server) stranger(c *call, mode Anonymity, anonymous func(*call) reply) reply {
	answer := failure(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
	if mode != Strict && anonymous != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		answer = anonymous(c)
	}
	if mode == Anonymous {
		answer.header = http.Header{"X-Seraph-LoginReason": {"AUTHENTICATED_FAILED"}}
	}
	return answer
}

// effect records that something happened.
func (s *Server) effect(op, key, format string, args ...any) {
	s.Happened(s.o.Now(), op, key, format, args...)
}

// RoundTrip answers a request without a network, as an http.RoundTripper.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	return practice.RoundTrip(s, r)
}
