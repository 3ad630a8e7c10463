// Package practice holds what the practice trackers, jiratest and githubtest, have in common: the
// ways to fail, the log of what happened, the connection that needs no network, and the pages.
package practice

import (
	"net/http"
	"time"
)

// Kind is a way to fail.
type Kind string

// The ways that every tracker has. Where Fault.Effect is set the operation is carried out all the
// same; a tracker may have ways of its own.
const (
	Cut       Kind = "cut"       // the connection ends without an answer
	Late      Kind = "late"      // 504 now, the effect after Delay
	Status    Kind = "status"    // Code with Header and the tracker's own error body
	HTML      Kind = "html"      // a page, with Code (0: 200)
	Empty     Kind = "empty"     // effect, the right status without a body
	Truncated Kind = "truncated" // effect, half of the right answer, as if it were all
	Short     Kind = "short"     // effect, half of the right answer, then the connection ends
	Redirect  Kind = "redirect"  // 302 to Location
	Slow      Kind = "slow"      // the right answer after Delay
)

// Fault makes calls fail. An empty Op or Method means any.
type Fault struct {
	Op       string // see [Log.Calls] for the names
	Method   string
	Times    int // how many calls; 0: one, negative: until [Log.Heal]
	Kind     Kind
	Effect   bool
	Code     int               // for Status, HTML and what else has a choice; 0: the usual one
	Header   map[string]string // e.g. Retry-After, RateLimit-Reason, Sunset
	Fields   map[string]string // for Status at Jira: the errors of the body
	Message  string            // for Status at GitHub: its words
	Body     string            // for Status at GitHub: the whole body
	Delay    time.Duration     // for Late, Slow and whatever tells of a reset
	Location string            // for Redirect
}

// hits tells whether a fault is for a call.
func (f *Fault) hits(op, method string) bool {
	return f.Times != 0 && (f.Op == "" || f.Op == op) && (f.Method == "" || f.Method == method)
}

// Wait waits on the client's patience; it tells whether the client is still there.
func Wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
