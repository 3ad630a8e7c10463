package jira

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// What a person can do.
const (
	hintCredential = "check the email and the API token of this tracker; Cloud tokens expire after at most a year, " +
		"and tokens with scopes work only through https://api.atlassian.com/ex/jira/{cloudId}"
	hintCaptcha    = "Jira wants a CAPTCHA: log in once in a browser with this account, then correct the token"
	hintForbidden  = "the account lacks a permission in this project, or the project is archived"
	hintArchived   = "the project is archived and read-only: restore it, or send these findings elsewhere"
	hintProject    = "check that the project exists and that the account has the permissions Browse Projects and Create Issues in it"
	hintIssueType  = "set issue_type of the rule to a type that the project has"
	hintSearchGone = "this site no longer has this search: set deployment = \"cloud\" for a Cloud site"
	hintFields     = "set these fields under fields in the rule, or make them optional in Jira"
	hintRedirect   = "set the tracker's url to the final address"
)

// problem is Jira's error body. errors is an object of texts, and from some versions and apps a
// list or an object of anything.
type problem struct {
	Messages []string
	Fields   map[string]string
}

const (
	messageLimit = 400
	fieldLimit   = 50
	nesting      = 3 // of lists in an error; what is deeper is told as it stands
)

func parseProblem(body []byte) problem {
	var raw struct {
		ErrorMessages json.RawMessage `json:"errorMessages"`
		Errors        json.RawMessage `json:"errors"`
		Message       string          `json:"message"`
		ErrorMessage  string          `json:"errorMessage"`
	}
	p := problem{Fields: map[string]string{}}
	if json.Unmarshal(body, &raw) != nil {
		return p
	}
	p.Messages = words(raw.ErrorMessages, nesting)
	for _, m := range []string{raw.Message, raw.ErrorMessage} {
		if m != "" {
			p.Messages = append(p.Messages, m)
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw.Errors, &fields) != nil {
		p.Messages = append(p.Messages, words(raw.Errors, nesting)...)
		return p
	}
	for name, value := range fields {
		if len(p.Fields) == fieldLimit {
			break
		}
		p.Fields[outbound.Printable(name, 100)] = outbound.Printable(strings.Join(words(value, nesting), " "), messageLimit)
	}
	return p
}

// words makes texts of a JSON value of any shape, of lists down to a depth: every level is read anew.
func words(raw json.RawMessage, depth int) []string {
	var one string
	var many []json.RawMessage
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case json.Unmarshal(raw, &one) == nil:
		return []string{one}
	case depth > 0 && json.Unmarshal(raw, &many) == nil:
		var all []string
		for _, m := range many {
			all = append(all, words(m, depth-1)...)
		}
		return all
	}
	return []string{string(raw)}
}

// refusal decides about an answer that is not a 2xx.
func (t *Tracker) refusal(r request, x *outbound.Exchange) error {
	p := parseProblem(x.Body)
	e := &ticket.Error{
		Decision: ticket.Decide(x.Status, r.write()), Op: r.op, Status: x.Status, Fields: p.Fields,
		Message: outbound.Printable(strings.Join(p.Messages, " "), messageLimit), RequestID: requestID(x.Header),
	}
	if e.Message == "" && len(x.Body) > 0 && !json.Valid(x.Body) {
		e.Message = "a page that is not JSON"
	}
	switch {
	case x.Status >= 300 && x.Status < 400:
		e.Decision, e.Hint, e.Message = ticket.HoldTracker, hintRedirect, "redirected to "+redirectHost(x.Header)
	case rejected(x) && e.Decision != ticket.Doubt:
		return t.rejection(r, x)
	case x.Status == http.StatusUnauthorized:
		e.Hint = hintCredential
	case x.Status == http.StatusTooManyRequests:
		e.After = t.pause(x)
		if x.Header.Get("RateLimit-Reason") == "jira-per-issue-on-write" {
			e.Decision = ticket.Slow
		}
	case x.Status == http.StatusServiceUnavailable && x.Header.Get("Retry-After") != "":
		e.After = t.pause(x)
		if !r.write() {
			e.Decision = ticket.Pause
		}
	case x.Status == http.StatusForbidden:
		e.Hint = hintForbidden
		if strings.Contains(strings.ToLower(e.Message), "archived") {
			e.Hint = hintArchived
		}
	case len(e.Fields) > 0 && e.Decision == ticket.HoldTicket:
		e.Hint = hintFields
	}
	return e
}

// rejected tells whether Jira did not accept the credential, whatever status it answered.
func rejected(x *outbound.Exchange) bool {
	reason := strings.ToUpper(x.Header.Get("X-Seraph-LoginReason"))
	return strings.Contains(reason, "AUTHENTICATED_FAILED") || strings.Contains(reason, "AUTHENTICATION_DENIED")
}

// rejection decides about an answer that says that the credential was not accepted. A write that
// was carried out all the same, as an anonymous person, did have an effect.
func (t *Tracker) rejection(r request, x *outbound.Exchange) error {
	e := &ticket.Error{
		Decision: ticket.HoldTracker, Op: r.op, Status: x.Status, Hint: hintCredential, RequestID: requestID(x.Header), Err: errRejected,
	}
	if x.Status >= 200 && x.Status <= 299 {
		e.Message = "answered as to an anonymous person"
		if r.write() {
			e.Decision = ticket.Doubt
		}
	}
	if strings.Contains(strings.ToUpper(x.Header.Get("X-Seraph-LoginReason")), "AUTHENTICATION_DENIED") {
		e.Hint = hintCaptcha
	}
	return e
}

// pause reads how long Jira wants to be left alone: Retry-After, else X-RateLimit-Reset (ISO 8601).
func (t *Tracker) pause(x *outbound.Exchange) time.Duration {
	now := x.Now(t.o.Now())
	if after := x.After(now); after != 0 {
		return after
	}
	if at, ok := resetOf(x); ok {
		return ticket.PauseUntil(at, now)
	}
	return 0
}

func requestID(h http.Header) string {
	for _, name := range []string{"Atl-Traceid", "X-Arequestid"} {
		if id := h.Get(name); id != "" {
			return outbound.Printable(id, 100)
		}
	}
	return ""
}

func redirectHost(h http.Header) string {
	if u, err := url.Parse(h.Get("Location")); err == nil && u.Host != "" {
		return outbound.Printable(u.Host, 100)
	}
	return "another page of this host"
}
