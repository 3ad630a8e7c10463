package github

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

func TestAQuotaIsReadAsGitHubTellsItAndNonsenseIsNone(t *testing.T) {
	reset := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		limit, remaining, reset, resource string
		want                              []ticket.Quota
	}{
		"nothing":            {},
		"core":               {"5000", "4999", "1795424400", "core", []ticket.Quota{{Resource: "core", Limit: 5000, Remaining: 4999, Reset: reset}}},
		"search":             {"30", "0", "1795424400", "search", []ticket.Quota{{Resource: "search", Limit: 30, Reset: reset}}},
		"without a resource": {"5000", "1", "", "", []ticket.Quota{{Resource: "core", Limit: 5000, Remaining: 1}}},
		"an unknown one":     {"5000", "1", "", "evil\"}\n", []ticket.Quota{{Resource: "other", Limit: 5000, Remaining: 1}}},
		"in milliseconds":    {"5000", "1", "1795424400000", "core", []ticket.Quota{{Resource: "core", Limit: 5000, Remaining: 1}}},
		"nonsense":           {"many", "some", "soon", "core", nil},
		"negative":           {"-1", "-5", "-3", "core", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []ticket.Quota
			tr := &Tracker{o: Options{Quota: func(q ticket.Quota) { got = append(got, q) }}}
			x := &outbound.Exchange{Header: http.Header{}}
			for key, value := range map[string]string{
				"X-RateLimit-Limit": c.limit, "X-RateLimit-Remaining": c.remaining, "X-RateLimit-Reset": c.reset, "X-RateLimit-Resource": c.resource,
			} {
				if value != "" {
					x.Header.Set(key, value)
				}
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
