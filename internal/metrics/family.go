package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Family describes a metric.
type Family struct {
	Name   string
	Type   string // counter, gauge or histogram
	Labels []string
	Help   string
}

// families makes metrics and remembers what it made.
type families struct {
	registry *prometheus.Registry
	all      []Family
}

func (f *families) counter(name, help string, labels ...string) *prometheus.CounterVec {
	f.all = append(f.all, Family{name, "counter", labels, help})
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	f.registry.MustRegister(c)
	return c
}

func (f *families) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	f.all = append(f.all, Family{name, "gauge", labels, help})
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	f.registry.MustRegister(g)
	return g
}

func (f *families) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	f.all = append(f.all, Family{name, "histogram", labels, help})
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	f.registry.MustRegister(h)
	return h
}

// single makes a histogram without labels.
func (f *families) single(name, help string, buckets []float64) prometheus.Histogram {
	f.all = append(f.all, Family{name, "histogram", nil, help})
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	f.registry.MustRegister(h)
	return h
}

// read describes a gauge whose values are read at each scrape.
func (f *families) read(name, help string, labels ...string) *prometheus.Desc {
	f.all = append(f.all, Family{name, "gauge", labels, help})
	return prometheus.NewDesc(name, help, labels, nil)
}

// value is a value of such a gauge.
func value(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}
