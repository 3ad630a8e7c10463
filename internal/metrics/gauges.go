package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticketd/store"
)

// scrapeTimeout bounds what a scrape asks of the store: Prometheus itself waits ten seconds, and wants
// the rest all the same.
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
	size, free, broken, failed                          *prometheus.Desc
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
		broken: f.read("ticketd_store_broken",
			"1 when nothing is written any more because the disk or the database cannot be trusted; ticketd ends then."),
		failed: f.read("ticketd_store_scrape_error",
			"1 when the store did not answer this scrape in time, so that what is read from it is missing."),
		certificate: f.read("ticketd_tls_certificate_expiry_timestamp_seconds",
			"When the certificate that the webhook shows ends; absent where it has none."),
	}
}

// watch reads the gauges of one store.
type watch struct {
	*gauges

	m        *Metrics
	store    *store.Store
	inFlight func() (n int, oldest time.Time)
}

// Watch adds what is read from the store, and the requests in flight with the time when the oldest of
// them began. It is called once.
func (m *Metrics) Watch(s *store.Store, inFlight func() (n int, oldest time.Time)) {
	m.families.registry.MustRegister(&watch{m.gauges, m, s, inFlight})
}

// Describe makes it a prometheus.Collector.
func (w *watch) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		w.backlog, w.oldest, w.tickets, w.held, w.unrouted, w.lastEvent, w.paused, w.projects, w.size, w.free, w.broken, w.failed,
	} {
		to <- d
	}
}

// Collect reads everything anew. What the store does not say is left out.
func (w *watch) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	n, began := w.inFlight()
	w.waits(to, store.Backlog{Count: n, Since: began}, time.Now(), stageReceive, "")
	to <- value(w.broken, truth(w.store.Trouble() != nil))

	now := w.m.o.Now()
	g, err := w.store.Gauges(ctx, now)
	if err == nil {
		w.tell(to, g, now)
	} else {
		w.m.o.Logger.Warn("metrics of the store are missing from a scrape", "error", err)
	}
	size, sizeErr := w.store.Size()
	if sizeErr == nil {
		to <- value(w.size, float64(size.Database), "database")
		to <- value(w.size, float64(size.Log), "log")
		to <- value(w.free, float64(size.Free))
	} else {
		w.m.o.Logger.Warn("the size of the store is missing from a scrape", "error", sizeErr)
	}
	to <- value(w.failed, truth(err != nil || sizeErr != nil))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
