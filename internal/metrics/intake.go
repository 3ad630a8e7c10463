package metrics

import "time"

func (m *Metrics) countIntake() {
	m.requests = m.families.counter("ticketd_webhook_requests_total",
		"Webhook requests by the way they came and by what became of them; what is no HTTP is not among them.", "route", "outcome")
	for route, outcomes := range m.o.Requests {
		for _, outcome := range outcomes {
			m.requests.WithLabelValues(route, outcome)
		}
	}
	m.acknowledge = m.families.single("ticketd_webhook_ack_seconds",
		"Time from the beginning of a webhook request to its answer, of bodies that were kept, new or known.",
		[]float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10})
	m.events = m.families.counter("ticketd_events_total",
		"Events that were looked at, by what they are about and by what became of them; one that is applied again counts again.", "kind", "outcome")
	for kind, outcomes := range m.o.Events {
		for _, outcome := range outcomes {
			m.events.WithLabelValues(kind, outcome)
		}
	}
}

// Answered counts a webhook request; kept says that its body is on disk.
func (m *Metrics) Answered(route, outcome string, kept bool, took time.Duration) {
	m.requests.WithLabelValues(route, outcome).Inc()
	if kept {
		m.acknowledge.Observe(took.Seconds())
		m.lastKept.Store(m.o.Now().UnixMilli())
	}
}

// Event counts an event that was looked at.
func (m *Metrics) Event(kind, outcome string) { m.events.WithLabelValues(kind, outcome).Inc() }
