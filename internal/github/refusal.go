package github

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// complaint is the body of a refusal. Errors is read by hand: it may hold objects, strings, or be a
// string itself, and go-github loses the latter (measured, facts: github.md 1.3).
type complaint struct {
	Message string          `json:"message"`
	Docs    string          `json:"documentation_url"`
	Errors  json.RawMessage `json:"errors"`
}

// fault is one entry of a complaint.
type fault struct {
	Resource string          `json:"resource"`
	Field    string          `json:"field"`
	Code     string          `json:"code"`
	Message  string          `json:"message"`
	Value    json.RawMessage `json:"value"`
}

// What is kept of a tracker's words.
const (
	wordLimit  = 300 // characters of one text
	faultLimit = 20  // entries
)

func complaintOf(x *outbound.Exchange) complaint {
	var c complaint
	_ = json.Unmarshal(x.Body, &c) // an HTML page, or nothing, complains of nothing
	return c
}

// faults reads the entries, whatever their shape.
func (c complaint) faults() []fault {
	var raw []json.RawMessage
	if json.Unmarshal(c.Errors, &raw) != nil {
		raw = []json.RawMessage{c.Errors}
	}
	var list []fault
	for _, one := range raw[:min(len(raw), faultLimit)] {
		var f fault
		if json.Unmarshal(one, &f.Message) == nil && f.Message != "" || json.Unmarshal(one, &f) == nil && f.Code+f.Message != "" {
			list = append(list, f)
		}
	}
	return list
}

// field names what the entry is about as requests name it: a bad label is reported as the name of a
// resource Label.
func (f fault) field() string {
	switch {
	case same(f.Resource, "Label"):
		return "labels"
	case f.Field == "assignee":
		return "assignees"
	}
	return outbound.Printable(f.Field, 100)
}

// words puts the entry in words.
func (f fault) words() string {
	words := f.Message
	if words == "" {
		words = strings.ReplaceAll(f.Code, "_", " ")
	}
	var value string
	if json.Unmarshal(f.Value, &value) == nil && value != "" {
		words += " (" + value + ")"
	}
	return outbound.Printable(words, wordLimit)
}

// refusal decides what an answer outside 2xx means, from its status, headers and body.
func (t *Tracker) refusal(op string, x *outbound.Exchange) *ticket.Error {
	c := complaintOf(x)
	write := x.Method != http.MethodGet && x.Method != http.MethodHead
	e := &ticket.Error{
		Op: op, Status: x.Status, Decision: ticket.Decide(x.Status, write),
		Message: outbound.Printable(c.Message, wordLimit), RequestID: requestID(x),
		After: x.After(t.o.Now()),
	}
	for _, f := range c.faults() {
		words := f.words()
		if words == "" { // of signs that show nothing
			continue
		}
		if name := f.field(); name == "" || e.Fields[name] != "" {
			e.Message = strings.TrimPrefix(e.Message+"; "+words, "; ")
		} else {
			if e.Fields == nil {
				e.Fields = make(map[string]string)
			}
			e.Fields[name] = words
		}
	}
	switch {
	case x.Status == http.StatusForbidden, x.Status == http.StatusTooManyRequests:
		t.limited(e, x, c)
	case x.Status == http.StatusGone:
		gone(e, x)
	case x.Status/100 == 3:
		e.Message = "GitHub answers that this is somewhere else now"
		e.Hint = "use the repository's present name in the rule"
	case x.Status == http.StatusUnauthorized:
		e.Hint = "GitHub refuses the credential: it was revoked, has expired or is mistyped; give a new one"
	case x.Status == http.StatusNotFound:
		e.Hint = "see that the repository exists and that the credential may read and write its issues"
	case x.Status == http.StatusUnavailableForLegalReasons:
		e.Hint = "GitHub blocks this repository for legal reasons"
	case x.Status == http.StatusServiceUnavailable && !write && e.After > 0:
		e.Decision = ticket.Pause // it asks everyone to wait, not this call
	}
	return e
}

func requestID(x *outbound.Exchange) string {
	return outbound.Printable(x.Header.Get("X-GitHub-Request-Id"), 100)
}

// limited tells GitHub's 403s and 429s apart: a used-up quota, too high a pace, or a real refusal.
func (t *Tracker) limited(e *ticket.Error, x *outbound.Exchange, c complaint) {
	switch {
	case secondary(x, c):
		e.Decision, e.Secondary = ticket.Pause, true
		if e.After == 0 {
			e.After = ticket.DefaultPause // never the reset of the primary limit, which may be an hour off
		}
		e.Hint = "GitHub asks for a slower pace; ticketd slows down by itself"
	case x.Header.Get("X-RateLimit-Remaining") == "0", strings.Contains(strings.ToLower(c.Message), "api rate limit exceeded"):
		e.Decision = ticket.Pause
		if e.After == 0 {
			e.After = t.untilReset(x)
		}
		e.Hint = "the credential's hourly quota is used up; ticketd goes on when GitHub resets it"
	case x.Status == http.StatusTooManyRequests:
		e.Secondary = true
		if e.After == 0 {
			e.After = ticket.DefaultPause
		}
	default:
		forbidden(e, x)
	}
}

// secondary tells whether the pace was too high. GitHub says so in several ways, with 403 or 429
// (docs: rate-limits-for-the-rest-api; facts: github.md 1.3 and 3).
func secondary(x *outbound.Exchange, c complaint) bool {
	message, docs := strings.ToLower(c.Message), strings.ToLower(c.Docs)
	for _, sign := range []string{"secondary rate limit", "abuse detection", "abuse rate limit", "was submitted too quickly"} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	if strings.Contains(docs, "secondary-rate-limit") || strings.Contains(docs, "#abuse-rate-limit") {
		return true
	}
	primary := strings.Contains(message, "api rate limit exceeded") || x.Header.Get("X-RateLimit-Remaining") == "0"
	return x.Header.Get("Retry-After") != "" && !primary
}

// lastReset is a moment in the year 9999. Later ones are milliseconds, or nonsense, and beyond what
// Go can compare.
const lastReset = 253_370_764_800

// untilReset gives the time to the reset of the primary limit on GitHub's clock, a second more
// because its Date is cut to the second.
func (t *Tracker) untilReset(x *outbound.Exchange) time.Duration {
	at, err := strconv.ParseInt(x.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return ticket.DefaultPause
	}
	return ticket.PauseUntil(time.Unix(min(max(at, 0), lastReset)+1, 0), x.Now(t.o.Now()))
}

// forbidden says what a person can do about a 403.
func forbidden(e *ticket.Error, x *outbound.Exchange) {
	message := strings.ToLower(e.Message)
	has := func(s string) bool { return strings.Contains(message, s) }
	switch sso := x.Header.Get("X-GitHub-SSO"); {
	case sso != "":
		e.Hint = "authorize the token for the organization's single sign-on" + at(sso)
	case has("archived"):
		e.Hint = "the repository is archived; unarchive it or choose another in the rule"
	case has("repository") && has("locked"):
		e.Hint = "the repository is locked, as for a migration; choose another in the rule or wait"
	case has("locked"):
		e.Decision = ticket.HoldTicket
		e.Hint = "the conversation is locked; unlock it"
	case has("resource not accessible"), has("must have"), has("permission"):
		e.Hint = "the credential lacks a permission"
		if wanted := x.Header.Get("X-Accepted-GitHub-Permissions"); wanted != "" {
			e.Hint += "; GitHub wants " + outbound.Printable(wanted, 100)
		}
	case has("interaction"):
		e.Hint = "interactions with the repository are limited; lift the limit for ticketd's account"
	case has("blocked"), has("spam"):
		e.Hint = "GitHub blocks ticketd's account here; ask the repository's owner or GitHub's support"
	default:
		e.Hint = "GitHub forbids this; see what the credential may do in the repository"
	}
}

// at names the host of the page that the X-GitHub-SSO header leads to. The rest of it authorizes
// and expires, so it belongs in no log.
func at(sso string) string {
	_, link, _ := strings.Cut(sso, "url=")
	if u, err := url.Parse(strings.TrimSpace(link)); err == nil && u.Host != "" {
		return " at " + outbound.Printable(u.Hostname(), 100)
	}
	return ""
}

// gone tells a 410 for a repository without issues from one for a retired API version. That an issue
// was deleted is only decided by Read.
func gone(e *ticket.Error, x *outbound.Exchange) {
	message := strings.ToLower(e.Message)
	switch {
	case strings.Contains(message, "disabled"):
		e.Hint = "issues are disabled for the repository; enable them in its settings"
	case strings.Contains(message, "deleted"):
		e.Hint = "the issue was deleted"
	default:
		e.Decision = ticket.HoldTracker
		e.Hint = "GitHub may have retired the API version that ticketd speaks; look for an upgrade of ticketd"
		if sunset := x.Header.Get("Sunset"); sunset != "" {
			e.Hint += " (sunset " + outbound.Printable(sunset, 40) + ")"
		}
	}
}
