package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// certificate reads the end of a certificate.
type certificate struct {
	ends *prometheus.Desc
	read func() time.Time
}

// WatchCertificate adds the end of the certificate that the webhook shows. It is called once, and not at
// all where there is none.
func (m *Metrics) WatchCertificate(ends func() time.Time) {
	m.families.registry.MustRegister(certificate{m.gauges.certificate, ends})
}

// Describe makes it a prometheus.Collector.
func (c certificate) Describe(to chan<- *prometheus.Desc) { to <- c.ends }

// Collect reads it anew.
func (c certificate) Collect(to chan<- prometheus.Metric) {
	to <- value(c.ends, float64(c.read().Unix()))
}
