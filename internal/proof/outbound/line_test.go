package outbound

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// line is the connection to a tracker. It notes what is sent, and spoils one of the answers, also when
// the same is asked again.
type line struct {
	next http.RoundTripper
	host string

	spoil   func(right *http.Response, body []byte) (*http.Response, error) // nil: nothing
	nth     int                                                             // which request, from 0
	n       int
	spoilt  string   // the request whose answer was spoilt
	asked   []string // all requests
	strayed []string // requests that went to another host
}

// begin starts the count anew.
func (l *line) begin(nth int, spoil func(*http.Response, []byte) (*http.Response, error)) {
	l.nth, l.spoil, l.n, l.spoilt, l.asked = nth, spoil, 0, "", nil
}

// RoundTrip asks the practice tracker.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	name := requestName(r)
	if r.URL.Host != l.host || r.URL.Scheme != "https" {
		l.strayed = append(l.strayed, name+" at "+r.URL.Scheme+"://"+r.URL.Host)
	}
	mine := l.n == l.nth || l.spoilt == name+r.URL.RawQuery
	l.n++
	l.asked = append(l.asked, name)
	resp, err := l.next.RoundTrip(r)
	if err != nil || !mine || l.spoil == nil {
		return resp, err
	}
	l.spoilt = name + r.URL.RawQuery
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp, err = l.spoil(resp, body)
	if resp != nil {
		if slow, is := resp.Body.(*trickle); is {
			slow.gone = r.Context().Done()
		}
	}
	return resp, err
}

func requestName(r *http.Request) string { return r.Method + " " + r.URL.Path }

// writes tells whether a request changes something that an operation is to change: whatever became of a
// request for a token, what needed it was never sent.
func writes(name string) bool {
	return !strings.HasPrefix(name, http.MethodGet) && !strings.Contains(name, "/search") && !strings.HasSuffix(name, "/access_tokens")
}
