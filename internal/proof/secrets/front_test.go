package secrets

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// side says which requests of a tracker get a hostile answer.
type side int

const (
	nobody  side = iota
	reads        // all that change nothing
	creates      // the first write of a ticket
	changes      // every other write
)

// front stands before a practice tracker, notes all that it is sent, and answers as a hostile one
// would.
type front struct {
	name string
	next http.Handler

	mu       sync.Mutex
	answer   hostile
	against  side
	planned  side
	given    int                 // hostile answers
	received bytes.Buffer        // all requests, their own credential left out
	shown    map[string]struct{} // credentials
}

func newFront(name string, next http.Handler) *front {
	return &front{name: name, next: next, shown: map[string]struct{}{}}
}

// turn makes the front hostile.
func (f *front) turn(against side, h hostile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer, f.against, f.given = h, against, 0
}

func (f *front) hostileAnswers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.given
}

// ServeHTTP lets a request through or answers it itself.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, is := f.note(r, body)
	if !is {
		f.next.ServeHTTP(w, r)
		return
	}
	right := func() *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		f.next.ServeHTTP(rec, r)
		return rec
	}
	answer.give(w, echo{credentials(r), strings.HasPrefix(f.name, "github"), right})
}

// note writes a request down and says whether it gets a hostile answer.
func (f *front) note(r *http.Request, body []byte) (hostile, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	header := r.Header.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, value := range header.Values(name) {
			_, value, _ = strings.Cut(value, " ")
			f.shown[value] = struct{}{}
		}
		header.Del(name)
	}
	_, _ = fmt.Fprintf(&f.received, "%s %s %v %s\n", r.Method, r.RequestURI, header, body) // a buffer takes everything
	if f.against == nobody || sideOf(r) != f.against {
		return hostile{}, false
	}
	f.given++
	return f.answer, true
}

func sideOf(r *http.Request) side {
	switch {
	case r.Method == http.MethodGet, strings.Contains(r.URL.Path, "/search"):
		return reads
	case r.Method == http.MethodPost && (strings.HasSuffix(r.URL.Path, "/issue") || strings.HasSuffix(r.URL.Path, "/issues")):
		return creates
	case strings.HasSuffix(r.URL.Path, "/access_tokens"):
		return nobody // its answer holds a secret by right
	}
	return changes
}

// credentials gives what a request shows, as it is and as it is meant.
func credentials(r *http.Request) []string {
	var all []string
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		value := r.Header.Get(name)
		if value == "" {
			continue
		}
		all = append(all, value)
		_, token, _ := strings.Cut(value, " ")
		if raw, err := base64.StdEncoding.DecodeString(token); err == nil {
			_, password, _ := strings.Cut(string(raw), ":")
			all = append(all, string(raw), password)
		}
	}
	return all
}

// arrived tells whether a secret was shown to this tracker as its credential: the control without
// which finding nothing elsewhere means nothing.
func (f *front) arrived(t *testing.T, secret string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for value := range f.shown {
		raw, _ := base64.StdEncoding.DecodeString(value) // only of Basic
		if value == secret || strings.HasSuffix(string(raw), ":"+secret) {
			return
		}
	}
	t.Errorf("the credential of %s never came to its own tracker", f.name)
}
