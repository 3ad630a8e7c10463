package jira

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

func TestAQuotaIsReadAsJiraTellsItAndNonsenseIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		header map[string]string
		want   []ticket.Quota
	}{
		"nothing": {},
		"a limit of requests, as Cloud tells it": {
			map[string]string{"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "349", "X-RateLimit-Reset": "2026-11-23T12:05Z"},
			[]ticket.Quota{{Resource: "requests", Limit: 350, Remaining: 349, Reset: noon().Add(5 * time.Minute)}},
		},
		"as Data Center tells it": {
			map[string]string{"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0", "X-RateLimit-Interval-Seconds": "60", "Retry-After": "0"},
			[]ticket.Quota{{Resource: "requests", Limit: 100}},
		},
		"Data Center's bucket, until it is full again": {
			map[string]string{"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "5", "X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "10"},
			[]ticket.Quota{{Resource: "requests", Limit: 100, Remaining: 5, Reset: noon().Add(10 * time.Minute)}},
		},
		"a full bucket": {
			map[string]string{"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "100", "X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "10"},
			[]ticket.Quota{{Resource: "requests", Limit: 100, Remaining: 100}},
		},
		"a bucket that takes longer than any": {
			map[string]string{"X-RateLimit-Limit": "9000000000000000000", "X-RateLimit-Remaining": "0", "X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "1"},
			[]ticket.Quota{{Resource: "requests", Limit: 9e18}},
		},
		"points": {
			map[string]string{"Beta-RateLimit": `"tenant-app-quota";r=17842;t=2107`, "Beta-RateLimit-Policy": `"tenant-app-quota";q=100100;w=3600`},
			[]ticket.Quota{{Resource: "points", Limit: 100100, Remaining: 17842, Reset: noon().Add(2107 * time.Second)}},
		},
		"points that are used up, without a policy": {
			map[string]string{"Beta-RateLimit": `"tenant-app-quota"; r=0; t=99999999999, "other";r=5`},
			[]ticket.Quota{{Resource: "points"}},
		},
		"nonsense":  {map[string]string{"X-RateLimit-Remaining": "-1", "X-RateLimit-Limit": "5", "Beta-RateLimit": "r"}, nil},
		"too large": {map[string]string{"X-RateLimit-Remaining": "99999999999999999999", "Beta-RateLimit": `"q";r=1e9`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []ticket.Quota
			tr := &Tracker{o: Options{Now: noon, Quota: func(q ticket.Quota) { got = append(got, q) }}}
			x := &outbound.Exchange{Header: http.Header{}}
			for key, value := range c.header {
				x.Header.Set(key, value)
			}
			tr.observe(http.MethodGet, x)
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			for _, q := range got {
				if !slices.Contains(QuotaResources(), q.Resource) {
					t.Errorf("%q is not listed", q.Resource)
				}
			}
		})
	}
}
