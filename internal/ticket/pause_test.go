package ticket_test

import (
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

func TestAPauseUntilAnyMomentIsWithinItsBounds(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at   time.Time
		want time.Duration
	}{
		{now, ticket.MinPause},
		{now.Add(90 * time.Second), 90 * time.Second},
		{now.Add(ticket.MaxPause), ticket.MaxPause},
		{now.Add(ticket.MaxPause + 1), ticket.MaxPause},
		{now.AddDate(400, 0, 0), ticket.MaxPause}, // a Duration ends after 292 years
		{now.AddDate(-400, 0, 0), ticket.MinPause},
		{time.Time{}, ticket.MinPause},
	} {
		if got := ticket.PauseUntil(c.at, now); got != c.want {
			t.Errorf("until %v: %v, want %v", c.at, got, c.want)
		}
	}
}

// FuzzRetryAfter compares with arithmetic that does not overflow.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", " 10\t", "3600", "3601", "10.5", "-5", "+5", "1e3", "0x10", "1_000", "٣", "99999999", "9223372036854775807", "9223372036854775808",
		"18446744073709551617", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Monday, 23-Nov-26 09:01:30 GMT", "Mon Nov 23 09:01:30 2026", "30, 60", "\x00"} {
		f.Add(value, int64(1795424400))
	}
	f.Fuzz(func(t *testing.T, value string, unix int64) {
		now := time.Unix(unix%253_370_764_800, 0)
		if got, want := ticket.RetryAfter(value, now), asked(strings.TrimSpace(value), now); got != want {
			t.Errorf("Retry-After %q at %v: %v, want %v", value, now, got, want)
		}
	})
}

// asked is what a Retry-After asks for (RFC 9110: a number of seconds, or a date), within the bounds.
func asked(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	seconds, ok := new(big.Int).SetString(value, 10)
	if !ok || strings.ContainsAny(value, "+-") {
		at, err := http.ParseTime(value)
		if err != nil {
			return ticket.DefaultPause
		}
		seconds = new(big.Int).Sub(big.NewInt(at.Unix()), big.NewInt(now.Unix()))
	}
	switch least, most := big.NewInt(int64(ticket.MinPause/time.Second)), big.NewInt(int64(ticket.MaxPause/time.Second)); {
	case seconds.Cmp(least) < 0:
		return ticket.MinPause
	case seconds.Cmp(most) > 0:
		return ticket.MaxPause
	}
	return time.Duration(seconds.Int64()) * time.Second
}
