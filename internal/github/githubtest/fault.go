package githubtest

import (
	"fmt"
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
	Status    Kind = "status"    // Code with Header and Message, or Body as it is
	HTML      Kind = "html"      // a page, with Code (0: 200)
	Empty     Kind = "empty"     // effect, the right status without a body
	Truncated Kind = "truncated" // effect, half of the right answer, as if it were all
	Short     Kind = "short"     // effect, half of the right answer, then the connection ends
	Redirect  Kind = "redirect"  // Code (0: 302) to Location
	Slow      Kind = "slow"      // effect, the right answer after Delay
	Primary   Kind = "primary"   // Code (0: 403): the quota is used up, reset after Delay
	Secondary Kind = "secondary" // Code (0: 403): too fast; Header may hold Retry-After
)

// Fault makes calls fail. An empty Op or Method means any.
type Fault struct {
	Op       string // see [Server.Calls] for the names
	Method   string
	Times    int // how many calls; 0: one, negative: until [Server.Heal]
	Kind     Kind
	Effect   bool
	Code     int               // for Status, HTML, Redirect and the limits
	Header   map[string]string // e.g. Retry-After, Sunset
	Message  string            // for Status: GitHub's words
	Body     string            // for Status: the whole body
	Delay    time.Duration     // for Late, Slow and Primary
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
func (s *Server) takeFault(op, method string) *Fault {
	for _, f := range s.faults {
		if f.Times == 0 || f.Op != "" && f.Op != op || f.Method != "" && f.Method != method {
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

// misbehave answers a call as the fault wants it. act has the effect and makes the right answer.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f *Fault, act func() answer) {
	var right answer
	switch f.Kind {
	case Late:
		time.AfterFunc(f.Delay, func() { act() })
	case Empty, Truncated, Short, Slow:
		right = act()
	case Cut, Status, HTML, Redirect, Primary, Secondary:
		if f.Effect {
			act()
		}
	}
	half := right.body[:len(right.body)/2]
	switch f.Kind {
	case Cut:
		cut(w)
		return
	case Late:
		right = page(http.StatusGatewayTimeout)
	case HTML:
		right = page(or(f.Code, http.StatusOK))
	case Empty:
		right.body = nil
	case Truncated:
		right.body = half
	case Short:
		w.Header().Set("Content-Length", strconv.Itoa(len(right.body)))
		right.body = half
	case Slow:
		if !wait(r, f.Delay) {
			return
		}
	case Redirect:
		right = message(or(f.Code, http.StatusFound), "Moved")
		right.header.Set("Location", f.Location)
	case Primary, Secondary:
		right = s.limit(f)
	case Status:
		right = message(f.Code, f.Message)
		if f.Body != "" {
			right.body = []byte(f.Body)
		}
	}
	for name, value := range f.Header {
		right.header.Set(name, value)
	}
	right.write(w)
}

// limit is how GitHub says that it is enough (docs: rate-limits-for-the-rest-api).
func (s *Server) limit(f *Fault) answer {
	remaining, a := "0", message(or(f.Code, http.StatusForbidden), "API rate limit exceeded for user ID 1001.")
	if f.Kind == Secondary {
		remaining, a = "4000", complaint(or(f.Code, http.StatusForbidden), map[string]any{
			"message":           "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
			"documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
		})
	}
	a.header.Set("X-RateLimit-Limit", "5000")
	a.header.Set("X-RateLimit-Remaining", remaining)
	a.header.Set("X-RateLimit-Reset", strconv.FormatInt(s.now().Add(max(f.Delay, time.Minute)).Unix(), 10))
	return a
}

// page is what a proxy in front of GitHub says.
func page(status int) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/html"}},
		body: fmt.Appendf(nil, "<!DOCTYPE html><title>%s</title><h1>Unicorn!</h1>", http.StatusText(status))}
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

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
