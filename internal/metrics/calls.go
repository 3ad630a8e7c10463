package metrics

import (
	"time"

	"ticketd/internal/ticket"
)

// Operation is a call of a tracker; a method of deliver.Tracker.
type Operation string

// The operations.
const (
	Identity      Operation = "identity"
	Create        Operation = "create"
	Read          Operation = "read"
	Find          Operation = "find"
	SetState      Operation = "set_state"
	Update        Operation = "update"
	Relabel       Operation = "relabel"
	Comments      Operation = "comments"
	AddComment    Operation = "add_comment"
	DeleteComment Operation = "delete_comment"
)

// Operations lists them.
func Operations() []Operation {
	return []Operation{Identity, Create, Read, Find, SetState, Update, Relabel, Comments, AddComment, DeleteComment}
}

// succeeded is the outcome of a call that did; others are the decision that a failure leads to.
const succeeded = "ok"

func (m *Metrics) countCalls() {
	f := m.families
	m.calls = f.counter("ticketd_tracker_calls_total",
		"Calls of a tracker by what was asked and by what became of it: ok, or the decision that the failure led to.", "tracker", "operation", "outcome")
	m.callSeconds = f.histogram("ticketd_tracker_call_seconds",
		"Time of a call of a tracker, with the requests and repeated reads that it takes.",
		[]float64{.05, .1, .2, .5, 1, 2, 5, 10, 25, 60, 300}, "tracker", "operation")
	m.up = f.gauge("ticketd_tracker_up",
		"1 as long as the tracker answers, whatever it says; 0 after a call without an answer of any use.", "tracker")
	m.doubts = f.counter("ticketd_doubts_total",
		"Creations of which it was not known whether they had made an issue, because the answer was lost or ticketd died over it.", "tracker")
	m.audits = f.counter("ticketd_audits_total",
		"Audits, which list issues of ours in a project or look for duplicates of one: clean, found something unknown, or failed and tried again.", "tracker", "outcome")
	m.duplicates = f.counter("ticketd_duplicates_closed_total",
		"Issues that an audit closed as duplicates.", "tracker")
	for _, tracker := range m.o.Trackers {
		m.beginCalls(tracker)
	}
}

func (m *Metrics) beginCalls(tracker string) {
	for _, op := range Operations() {
		m.callSeconds.WithLabelValues(tracker, string(op))
		m.calls.WithLabelValues(tracker, string(op), succeeded)
		for _, d := range ticket.Decisions() {
			m.calls.WithLabelValues(tracker, string(op), d.String())
		}
	}
	m.up.WithLabelValues(tracker).Set(1)
	m.doubts.WithLabelValues(tracker)
	for _, outcome := range m.o.Audits {
		m.audits.WithLabelValues(tracker, outcome)
	}
	m.duplicates.WithLabelValues(tracker)
}

// Call counts a call of a tracker, with the error that it ended with.
func (m *Metrics) Call(tracker string, op Operation, err error, took time.Duration) {
	outcome, up := succeeded, 1.0
	if err != nil {
		e := ticket.AsError(err)
		outcome = e.Decision.String()
		if (e.Decision == ticket.Retry || e.Decision == ticket.Doubt) && e.After == 0 { // one that names a time is an answer
			up = 0
		}
	}
	m.calls.WithLabelValues(tracker, string(op), outcome).Inc()
	m.callSeconds.WithLabelValues(tracker, string(op)).Observe(took.Seconds())
	m.up.WithLabelValues(tracker).Set(up)
}

// Doubt counts a creation of which it is not known whether it made an issue.
func (m *Metrics) Doubt(tracker string) { m.doubts.WithLabelValues(tracker).Inc() }

// Audit counts an audit.
func (m *Metrics) Audit(tracker, outcome string) { m.audits.WithLabelValues(tracker, outcome).Inc() }

// Duplicate counts a duplicate that was closed.
func (m *Metrics) Duplicate(tracker string) { m.duplicates.WithLabelValues(tracker).Inc() }
