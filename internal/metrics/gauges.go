package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticketd/store"
)

// scrapeTimeout bounds each of the two questions that a scrape asks of the store: Prometheus itself waits
// ten seconds, and wants the rest all the same.
const scrapeTimeout = 3 * time.Second

// The stages of a backlog.
const (
	stageReceive = "receive"
	stageApply   = "apply"
	stageDeliver = "deliver"
)

// heldBefore is the reason of tickets that were held before reasons were kept.
const heldBefore = "unknown"

// gauges describes what is read at each scrape.
type gauges struct {
	backlog, oldest, tickets, held, unrouted, lastEvent *prometheus.Desc
	paused, projects                                    *prometheus.Desc
	size, free, writable, broken, failed                *prometheus.Desc
	certificate                                         *prometheus.Desc
}

func newGauges(f *families) *gauges {
	return &gauges{
		backlog: f.read("ticketd_backlog",
			"What waits before a stage and could be worked on: requests that are being answered, events that were not looked at, tickets that want attention or are tried again.", "stage", "tracker"),
		oldest: f.read("ticketd_backlog_oldest_seconds",
			"How long the oldest of the backlog has waited; 0 where nothing waits. Of a ticket that is tried again: since its first failure in a row.", "stage", "tracker"),
		tickets: f.read("ticketd_tickets",
			"Tickets by tracker and state.", "tracker", "state"),
		held: f.read("ticketd_tickets_held",
			"Tickets that a person must act on, by the sort of the reason; unknown: held before ticketd kept it.", "tracker", "reason"),
		unrouted: f.read("ticketd_findings_unrouted",
			"Findings that no rule leads to a ticket."),
		lastEvent: f.read("ticketd_last_event_timestamp_seconds",
			"When the last event was accepted, a repeated one included; 0: never."),
		paused: f.read("ticketd_tracker_paused",
			"1 while the whole tracker is left alone, by why: it asked for it, refuses the credential, refuses us, or the store was restored.", "tracker", "kind"),
		projects: f.read("ticketd_projects_paused",
			"Projects or repositories that are left alone because they take nothing from us.", "tracker"),
		size: f.read("ticketd_store_size_bytes",
			"Size of the database and of its write-ahead log.", "file"),
		free: f.read("ticketd_store_free_bytes",
			"Room that is left on the file system of the database."),
		writable: f.read("ticketd_store_writable",
			"1 when the database takes a write, which every scrape tries; 0: events are answered 503."),
		broken: f.read("ticketd_store_broken",
			"1 for an hour after the disk or the database could not be trusted any more. ticketd ends then, and checks the database at its start."),
		failed: f.read("ticketd_store_scrape_error",
			"1 when the store did not answer this scrape in time, so that what is read from it is missing."),
		certificate: f.read("ticketd_tls_certificate_expiry_timestamp_seconds",
			"When the certificate that the webhook shows ends; absent where it has none."),
	}
}

// brokenFor is for how long it is told that the store could not be trusted: ticketd ends over it, and what
// watches it may look once in a minute.
const brokenFor = time.Hour

// Sources are asked at each scrape. All are required.
type Sources struct {
	Store    *store.Store
	InFlight func() (n int, oldest time.Time) // requests, and when the oldest of them began
	Broke    func() time.Time                 // when the store could not be trusted any more; zero: never
}

// watch reads the gauges of one daemon.
type watch struct {
	*gauges
	Sources

	m *Metrics
}

// Watch adds what is read at each scrape. It is called once.
func (m *Metrics) Watch(s Sources) { m.families.registry.MustRegister(&watch{m.gauges, s, m}) }

// Describe makes it a prometheus.Collector.
func (w *watch) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		w.backlog, w.oldest, w.tickets, w.held, w.unrouted, w.lastEvent, w.paused, w.projects, w.size, w.free, w.writable, w.broken, w.failed,
	} {
		to <- d
	}
}

// Collect reads everything anew. What the store does not say is left out.
func (w *watch) Collect(to chan<- prometheus.Metric) {
	n, began := w.InFlight()
	w.waits(to, store.Backlog{Count: n, Since: began}, time.Now(), stageReceive, "")
	now := w.m.o.Now()
	broke := w.Broke()
	to <- value(w.broken, truth(!broke.IsZero() && now.Sub(broke) < brokenFor))
	to <- value(w.writable, truth(w.writes()))
	to <- value(w.failed, truth(!w.read(to, now)))
}

// writes tells whether the store takes a write. One that hangs in it is not waited for.
func (w *watch) writes() bool {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- w.Store.Ready(ctx) }()
	select {
	case err := <-ready:
		return err == nil
	case <-ctx.Done():
		return false
	}
}

// read tells what the store and its files say, and whether that was all of it.
func (w *watch) read(to chan<- prometheus.Metric, now time.Time) bool {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	g, err := w.Store.Gauges(ctx, now)
	if err == nil {
		w.tell(to, g, now)
	} else {
		w.m.o.Logger.Warn("metrics of the store are missing from a scrape", "error", err)
	}
	size, sizeErr := w.Store.Size()
	if sizeErr == nil {
		to <- value(w.size, float64(size.Database), "database")
		to <- value(w.size, float64(size.Log), "log")
		to <- value(w.free, float64(size.Free))
	} else {
		w.m.o.Logger.Warn("the size of the store is missing from a scrape", "error", sizeErr)
	}
	return err == nil && sizeErr == nil
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
