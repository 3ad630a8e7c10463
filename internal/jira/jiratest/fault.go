package jiratest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Kind is a way to fail.
type Kind string

// The ways. Where Fault.Effect is set the operation is carried out all the same.
const (
	Cut       Kind = "cut"       // the connection ends without an answer
	Late      Kind = "late"      // 504 now, the effect after Delay
	Answer    Kind = "status"    // Code with Header and Jira's error body
	HTML      Kind = "html"      // a page, with Code (0: 200)
	Empty     Kind = "empty"     // the right status without a body
	Truncated Kind = "truncated" // half of the right answer, as if it were all
	Short     Kind = "short"     // half of the right answer, then the connection ends
	Redirect  Kind = "redirect"  // 302 to Location
	Removed   Kind = "removed"   // 410, as Cloud answers for its old search
	Slow      Kind = "slow"      // the right answer after Delay; with Effect it is carried out at once, else after the Delay
)

// Fault makes calls fail. An empty Op or Method means any.
type Fault struct {
	Op       string // see [Server.Calls] for the names
	Method   string
	Times    int // how many calls; 0: one, negative: until [Server.Heal]
	Kind     Kind
	Effect   bool
	Code     int               // for Answer and HTML
	Header   map[string]string // e.g. Retry-After, RateLimit-Reason
	Fields   map[string]string // for Answer: the errors of the body
	Delay    time.Duration     // for Late and Slow
	Location string            // for Redirect
}

// Fail adds a fault; faults are used up in the order they were added.
func (s *Server) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault gives the fault for a call, if any. The lock is held.
func (s *Server) takeFault(c *call) *Fault {
	for _, f := range s.faults {
		if f.Times == 0 || (f.Op != "" && f.Op != c.op) || (f.Method != "" && f.Method != c.r.Method) {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		taken := *f
		return &taken
	}
	return nil
}

func (s *Server) misbehave(w http.ResponseWriter, c *call, f *Fault, act func() reply) {
	var right reply
	switch {
	case f.Kind == Slow && f.Effect:
		if right = act(); wait(c.r, f.Delay) {
			write(w, right)
		}
		return
	case f.Kind == Slow:
		if wait(c.r, f.Delay) {
			write(w, act())
		}
		return
	case f.Kind == Late:
		time.AfterFunc(f.Delay, func() { act() })
	case f.Effect, f.Kind == Empty, f.Kind == Truncated, f.Kind == Short:
		right = act()
	}
	switch f.Kind {
	case Cut:
		cut(w)
	case Late:
		page(w, http.StatusGatewayTimeout)
	case Answer:
		write(w, f.status())
	case HTML:
		page(w, f.Code)
	case Empty:
		write(w, reply{status: right.status})
	case Truncated, Short:
		half(w, right, f.Kind == Short)
	case Redirect:
		w.Header().Set("Location", f.Location)
		w.WriteHeader(http.StatusFound)
	case Removed:
		write(w, failure(http.StatusGone, removedWords))
	case Slow:
	}
}

const removedWords = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. " +
	"A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"

func (f *Fault) status() reply {
	a := failure(f.Code, http.StatusText(f.Code))
	if f.Fields != nil {
		a = fieldFailure(f.Fields)
		a.status = f.Code
	}
	a.header = http.Header{}
	for name, value := range f.Header {
		a.header.Set(name, value)
	}
	return a
}

// page is what a proxy or a login screen answers.
func page(w http.ResponseWriter, code int) {
	if code == 0 {
		code = http.StatusOK
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte("<!DOCTYPE html><title>Jira</title><p>Please wait.</p>")) // as in write
}

// half sends the first half of an answer; announced says whether the length of all of it was
// promised.
func half(w http.ResponseWriter, a reply, announced bool) {
	raw, err := json.Marshal(a.body)
	if err != nil {
		raw = nil
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if announced {
		w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(raw[:len(raw)/2]) // as in write
}

// wait waits on the client's patience; it tells whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
