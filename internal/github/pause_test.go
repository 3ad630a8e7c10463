package github

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

func TestAResetThatIsNoMomentOfOursIsAPauseWithinTheBounds(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tr := &Tracker{o: Options{Now: func() time.Time { return now }}}
	for reset, want := range map[int64]time.Duration{
		now.Unix() + 60:        61 * time.Second,
		now.UnixMilli() + 60e3: ticket.MaxPause, // no Duration is that long, and the sum ran over
		1<<63 - 1:              ticket.MaxPause,
		-1 << 63:               ticket.MinPause,
		0:                      ticket.MinPause,
	} {
		x := &outbound.Exchange{Status: http.StatusForbidden, Header: http.Header{}}
		x.Header.Set("X-RateLimit-Remaining", "0")
		x.Header.Set("X-RateLimit-Reset", strconv.FormatInt(reset, 10))
		if e := tr.refusal("list", x); e.Decision != ticket.Pause || e.After != want {
			t.Errorf("a reset at %d: %v for %v, want %v", reset, e.Decision, e.After, want)
		}
	}
}

// FuzzRefusal looks for an answer that pauses a tracker for no time, or for ever, or that it cannot be
// told in one line.
func FuzzRefusal(f *testing.F) {
	for _, status := range []int{403, 429, 503, 401, 404, 410, 422, 301, 500} {
		f.Add(status, "60", "", "", "", `{"message":"Validation Failed","errors":[{"resource":"Label","field":"name","code":"invalid","value":"x"}]}`)
		f.Add(status, "", "0", "1795424400", "Mon, 23 Nov 2026 09:00:00 GMT", `{"message":"API rate limit exceeded","documentation_url":"https://docs.github.com/#abuse-rate-limit"}`)
		f.Add(status, "99999999999999999999", "0", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT", `{"message":"You have exceeded a secondary rate limit","errors":"x"}`)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tr := &Tracker{o: Options{Now: func() time.Time { return now }}}
	f.Fuzz(func(t *testing.T, status int, retryAfter, remaining, reset, date, body string) {
		if status < 100 || status/100 == 2 || status > 999 {
			return // not asked about
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			x := &outbound.Exchange{Method: method, Status: status, Header: http.Header{}, Body: []byte(body)}
			for name, value := range map[string]string{"Retry-After": retryAfter, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset, "Date": date} {
				if value != "" {
					x.Header.Set(name, value)
				}
			}
			e := tr.refusal("list", x)
			if e.After != 0 && (e.After < ticket.MinPause || e.After > ticket.MaxPause) {
				t.Errorf("a pause of %v", e.After)
			}
			if e.Decision == ticket.Pause && e.After == 0 {
				t.Errorf("a pause without an end: %v", e)
			}
			if text := e.Error(); len(text) > 20_000 || text != outbound.Printable(text, len(text)) {
				t.Errorf("told as %q", text)
			}
		}
	})
}
