// Package metrics counts what ticketd does and tells it to Prometheus.
//
// It is the only place that knows Prometheus. What is counted comes in through methods; what the store
// knows is read when somebody asks. Every label value is one that was known at the start, or the
// configured name of a tracker: nothing that an event or a tracker says can become one.
package metrics

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options say what there is to count. All but Now are required; every combination that the lists make
// possible is there at zero from the start.
type Options struct {
	Version    string
	ConfigHash string              // of the configuration in use
	Trackers   []string            // as configured
	Requests   map[string][]string // outcomes of a webhook request, by the route it came by
	Events     map[string][]string // what can become of an event, by what it is about
	Audits     []string            // outcomes of an audit
	Pauses     []string            // kinds of pauses
	Logger     *slog.Logger
	Now        func() time.Time // nil: time.Now
}

// Metrics is what is counted. Its methods may be called by any number of goroutines.
type Metrics struct {
	o        Options
	families *families

	requests    *prometheus.CounterVec
	acknowledge prometheus.Histogram
	lastKept    atomic.Int64 // Unix milliseconds
	events      *prometheus.CounterVec

	calls       *prometheus.CounterVec
	callSeconds *prometheus.HistogramVec
	up          *prometheus.GaugeVec
	doubts      *prometheus.CounterVec
	audits      *prometheus.CounterVec
	duplicates  *prometheus.CounterVec

	commitSeconds    prometheus.Histogram
	commitOperations prometheus.Histogram
	commitErrors     prometheus.Counter

	quotas *quotas
	gauges *gauges
}

// New makes the metrics, in a registry of their own.
func New(o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &families{registry: prometheus.NewRegistry()}
	m := &Metrics{o: o, families: f}
	m.countIntake()
	m.countCalls()
	m.countCommits()
	m.tellBuild()
	m.quotas, m.gauges = newQuotas(f, o.Now), newGauges(f)
	f.registry.MustRegister(m.quotas, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// mostScrapes is how many may be under way at once; more are refused with 503.
const mostScrapes = 4

// Handler answers a scrape. What cannot be read is left out and logged.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.families.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: mostScrapes,
		ErrorLog: slog.NewLogLogger(m.o.Logger.Handler(), slog.LevelError),
	})
}

// Described lists the metrics of ticketd's own, in the order in which docs/metrics.md has them. Those of
// the process and of Go come on top.
func (m *Metrics) Described() []Family { return m.families.all }
