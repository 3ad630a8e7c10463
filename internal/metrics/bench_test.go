package metrics_test

import (
	"log/slog"
	"testing"
	"time"

	"ticketd/internal/metrics"
)

// BenchmarkObserve measures what counting adds to an event that is accepted alone: its request, its
// commit, and that it was applied.
func BenchmarkObserve(b *testing.B) {
	m := metrics.New(metrics.Options{
		Requests: map[string][]string{"token": {"accepted"}}, Events: map[string][]string{"violation": {"applied"}}, Logger: slog.New(slog.DiscardHandler),
	})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Answered("token", "accepted", true, 3*time.Millisecond)
			m.Committed(1, time.Millisecond, nil)
			m.Event("violation", "applied")
		}
	})
}
