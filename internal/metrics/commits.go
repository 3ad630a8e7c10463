package metrics

import "time"

func (m *Metrics) countCommits() {
	f := m.families
	m.commitSeconds = f.single("ticketd_store_commit_seconds",
		"Time of a commit, from the beginning of its transaction to when it is on disk.",
		[]float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5})
	m.commitOperations = f.single("ticketd_store_commit_operations",
		"Operations in one commit.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256})
	m.commitErrors = f.counter("ticketd_store_commit_errors_total",
		"Commits that failed, with all that was in them.").WithLabelValues()
}

// Committed counts a commit with the error that it ended with.
func (m *Metrics) Committed(operations int, took time.Duration, err error) {
	m.commitSeconds.Observe(took.Seconds())
	m.commitOperations.Observe(float64(operations))
	if err != nil {
		m.commitErrors.Inc()
	}
}
