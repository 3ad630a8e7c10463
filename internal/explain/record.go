package explain

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"ticketd/internal/daemon"
	"ticketd/internal/ticket"
)

// record is all that was sent, in order.
type record struct {
	because  string
	requests []Request
}

// ear is the way to a practice tracker. It hears what is sent, but no header: those hold the
// credential, though a made-up one.
type ear struct {
	*record
	tracker     string
	server      http.RoundTripper
	base        string // path under which the configuration has the API; the practice trackers have it at the root
	bookkeeping bool
}

// RoundTrip notes the request and lets the practice tracker answer it.
func (e *ear) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close() // it was read whole
		if err != nil {
			return nil, fmt.Errorf("reading a request: %w", err)
		}
	}
	inner := r.Clone(r.Context())
	inner.Body = io.NopCloser(bytes.NewReader(body))
	inner.URL.Path, inner.URL.RawPath = strings.TrimPrefix(inner.URL.Path, e.base), strings.TrimPrefix(inner.URL.RawPath, e.base)
	heard := Request{
		For: e.because, Purpose: e.purpose(r), Tracker: e.tracker, Method: r.Method, URL: r.URL.String(), Body: content(body),
	}
	resp, err := e.server.RoundTrip(inner)
	if err == nil {
		heard.Status = resp.StatusCode
	}
	e.requests = append(e.requests, heard)
	return resp, err
}

func (e *ear) purpose(r *http.Request) Purpose {
	switch {
	case e.bookkeeping, strings.HasSuffix(r.URL.Path, "/access_tokens"), strings.HasSuffix(r.URL.Path, "/installation"):
		return Bookkeeping
	case r.Method == http.MethodGet, strings.HasSuffix(r.URL.Path, "/search"), strings.HasSuffix(r.URL.Path, "/search/jql"):
		return Read
	}
	return Write
}

// content gives a body as JSON: as it is, or as a string of what is none.
func content(body []byte) json.RawMessage {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return body
	}
	quoted, err := json.Marshal(string(body))
	if err != nil {
		return nil // cannot happen: a string
	}
	return quoted
}

// told is a tracker that says which of its calls are bookkeeping.
type told struct {
	daemon.Tracker
	ear *ear
}

// Identity is asked once per process.
func (t told) Identity(ctx context.Context) (ticket.Account, error) {
	defer t.ear.keepBooks()()
	return t.Tracker.Identity(ctx)
}

// Find is asked once per process and project; where nothing is in doubt, as here, never else.
func (t told) Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	defer t.ear.keepBooks()()
	return t.Tracker.Find(ctx, q)
}

func (e *ear) keepBooks() (over func()) {
	e.bookkeeping = true
	return func() { e.bookkeeping = false }
}
