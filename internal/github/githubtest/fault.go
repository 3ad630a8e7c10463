package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ticketd/internal/practice"
)

type (
	// Kind is a way to fail.
	Kind = practice.Kind
	// Fault makes calls fail.
	Fault = practice.Fault
	// Effect is one thing that a call really did.
	Effect = practice.Effect
)

// The ways to fail. Redirect takes a Code; Slow is carried out at once.
const (
	Cut            = practice.Cut
	Late           = practice.Late
	Status         = practice.Status
	HTML           = practice.HTML
	Empty          = practice.Empty
	Truncated      = practice.Truncated
	Short          = practice.Short
	Redirect       = practice.Redirect
	Slow           = practice.Slow
	Primary   Kind = "primary"   // Code (0: 403): the quota is used up, reset after Delay
	Secondary Kind = "secondary" // Code (0: 403): too fast; Header may hold Retry-After
)

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
		practice.HangUp(w)
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
		if !practice.Wait(r, f.Delay) {
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

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
