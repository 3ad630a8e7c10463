// Package watch proves that what watches ticketd sees it: that the alerts and the dashboard ask for metrics
// that there are, that each alert has its chapter in the runbook, and that Prometheus really fires one at a
// running daemon. It holds tests only.
package watch
