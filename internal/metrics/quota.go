package metrics

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticketd/internal/ticket"
)

// quotas keeps the newest of what each tracker told about each of its rate limits.
type quotas struct {
	remaining, limit, reset *prometheus.Desc

	now   func() time.Time
	mu    sync.Mutex
	known map[string]map[string]ticket.Quota // by tracker and resource
}

func newQuotas(f *families, now func() time.Time) *quotas {
	return &quotas{
		remaining: f.read("ticketd_tracker_quota_remaining",
			"Calls that a rate limit of the tracker still allows, as its newest answer told; absent until one did, and after the reset.", "tracker", "resource"),
		limit: f.read("ticketd_tracker_quota_limit",
			"Calls that a rate limit of the tracker allows in its window; absent likewise.", "tracker", "resource"),
		reset: f.read("ticketd_tracker_quota_reset_timestamp_seconds",
			"When all calls of a rate limit are there again; absent likewise.", "tracker", "resource"),
		now: now, known: make(map[string]map[string]ticket.Quota),
	}
}

// Describe makes it a prometheus.Collector.
func (q *quotas) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{q.remaining, q.limit, q.reset} {
		to <- d
	}
}

// Collect gives what is still true.
func (q *quotas) Collect(to chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for tracker, resources := range q.known {
		for resource, told := range resources {
			if over(told, q.now()) {
				continue
			}
			to <- value(q.remaining, float64(told.Remaining), tracker, resource)
			if told.Limit > 0 {
				to <- value(q.limit, float64(told.Limit), tracker, resource)
			}
			if !told.Reset.IsZero() {
				to <- value(q.reset, float64(told.Reset.Unix()), tracker, resource)
			}
		}
	}
}

// over tells whether a reset has made what was told untrue.
func over(q ticket.Quota, now time.Time) bool { return !q.Reset.IsZero() && !q.Reset.After(now) }

// Quota keeps what an answer told.
func (m *Metrics) Quota(tracker string, q ticket.Quota) {
	all := m.quotas
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.known[tracker] == nil {
		all.known[tracker] = make(map[string]ticket.Quota)
	}
	all.known[tracker][q.Resource] = q
}

// Quotas gives what the newest answers of a tracker told about its rate limits, sorted by resource. What
// a reset has made untrue since is left out.
func (m *Metrics) Quotas(tracker string) []ticket.Quota {
	m.quotas.mu.Lock()
	defer m.quotas.mu.Unlock()
	valid := slices.SortedFunc(maps.Values(m.quotas.known[tracker]), func(a, b ticket.Quota) int {
		return cmp.Compare(a.Resource, b.Resource)
	})
	return slices.DeleteFunc(valid, func(q ticket.Quota) bool { return over(q, m.o.Now()) })
}
