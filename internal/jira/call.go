package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// Errors of a 2xx answer that cannot be relied on.
var (
	errNotJSON   = errors.New("the answer is not JSON")
	errNoComment = errors.New("the answer names no comment")
	errNoIssue   = errors.New("the answer names no issue")

	errNoTransitions = errors.New("the answer does not list the transitions")
	errRejected      = errors.New("the credential was refused")
)

// request is one call. Path is relative to the base and made of checked parts only.
type request struct {
	op     string // for errors, the record and the decision
	method string
	path   string
	query  url.Values
	body   any
	read   bool // a POST without effect: searching
}

func (r request) write() bool { return r.method != http.MethodGet && !r.read }

// do sends a request once (reads are retried by the HTTP client) and decodes a 2xx answer into out
// where out is not nil. Every error is a *ticket.Error.
//
// go-jira's own error values are left alone: they drop headers, hide causes and print one random
// field (facts: jira.md section 1).
func (t *Tracker) do(ctx context.Context, r request, out any) error {
	ctx, x := outbound.Watch(ctx)
	path := r.path
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	req, err := t.client.NewRequestWithContext(ctx, r.method, path, r.body)
	if err != nil {
		return &ticket.Error{Decision: ticket.HoldTicket, Op: r.op, Message: "the request cannot be written", Err: err}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := t.client.Do(req, nil)
	if resp != nil {
		_ = resp.Body.Close() // a buffer: outbound read and closed the connection's body
	}
	switch {
	case x.Err != nil || x.Status == 0:
		return t.unanswered(r, x, err)
	case x.Status < 200 || x.Status > 299:
		return t.refusal(r, x)
	case rejected(x):
		return t.rejection(r, x)
	}
	body := bytes.TrimSpace(x.Body)
	if len(body) > 0 && !json.Valid(body) {
		return t.unusable(r, x, errNotJSON)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return t.unusable(r, x, errNotJSON)
	}
	return nil
}

// unanswered decides about a call that brought no answer.
func (t *Tracker) unanswered(r request, x *outbound.Exchange, err error) error {
	if x.Err != nil {
		err = x.Err
	}
	if errors.Is(err, errCredential) {
		return &ticket.Error{Decision: ticket.HoldTracker, Op: r.op, Message: "no usable credential", Hint: hintCredential, Err: err}
	}
	return t.unusable(r, x, err)
}

// unusable decides about a call whose answer is missing or says nothing.
func (t *Tracker) unusable(r request, x *outbound.Exchange, cause error) *ticket.Error {
	e := x.Failure(r.op, cause)
	e.RequestID = requestID(x.Header)
	if r.read {
		e.Decision = ticket.Retry
	}
	return e
}
