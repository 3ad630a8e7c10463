package jira

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// FuzzRefusal looks for an answer that pauses a tracker for ever, or that cannot be told in one line.
func FuzzRefusal(f *testing.F) {
	for _, status := range []int{400, 401, 403, 404, 408, 429, 500, 503, 302} {
		f.Add(status, "60", "", "", "jira-per-issue-on-write", `{"errorMessages":["Specify a valid issue type"],"errors":{"summary":"too long"}}`)
		f.Add(status, "", "2026-11-23T09:10Z", "Mon, 23 Nov 2026 09:00:00 GMT", "", `{"errorMessages":[[["deep"]]],"errors":["x",{"y":1}],"message":"m"}`)
		f.Add(status, "99999999999999999999", "9999-12-31T23:59:59Z", "Mon, 01 Jan 0001 00:00:00 GMT", "", `<html>`)
		f.Add(status, "", "0001-01-01T00:00:00Z", "Fri, 31 Dec 9999 23:59:59 GMT", "", "\x1b[2J")
	}
	tr := &Tracker{o: Options{Now: noon}}
	f.Fuzz(func(t *testing.T, status int, retryAfter, reset, date, reason, body string) {
		if status < 100 || status/100 == 2 || status > 999 {
			return // not asked about
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			x := &outbound.Exchange{Method: method, Status: status, Header: http.Header{}, Body: []byte(body)}
			for name, value := range map[string]string{"Retry-After": retryAfter, "X-RateLimit-Reset": reset, "Date": date, "RateLimit-Reason": reason} {
				if value != "" {
					x.Header.Set(name, value)
				}
			}
			e, ok := errors.AsType[*ticket.Error](tr.refusal(request{op: "search", method: method}, x))
			if !ok {
				t.Fatal("not an error that carries a decision")
			}
			if e.After != 0 && (e.After < ticket.MinPause || e.After > ticket.MaxPause) {
				t.Errorf("a pause of %v", e.After)
			}
			if text := e.Error(); len(text) > 50_000 || text != outbound.Printable(text, len(text)) {
				t.Errorf("told as %q", text)
			}
		}
	})
}

func TestAResetThatIsCenturiesOffIsAPauseWithinTheBounds(t *testing.T) {
	tr := &Tracker{o: Options{Now: noon}}
	for reset, want := range map[string]time.Duration{
		"2026-11-23T12:01:00Z":      time.Minute,
		"2026-11-23T12:01Z":         time.Minute,
		"2026-11-23T13:01:00+01:00": time.Minute,
		"9999-12-31T23:59:59Z":      ticket.MaxPause,
		"0001-01-01T00:00:00Z":      ticket.MinPause,
		"soon":                      0,
	} {
		x := &outbound.Exchange{Header: http.Header{"X-Ratelimit-Reset": {reset}}}
		if got := tr.pause(x); got != want {
			t.Errorf("%s: %v, want %v", reset, got, want)
		}
	}
}
