package daemon

import (
	"maps"
	"slices"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/config"
	"ticketd/internal/deliver"
	"ticketd/internal/metrics"
	"ticketd/internal/receive"
)

// measure makes what is counted of a daemon with these options.
func measure(o Options) *metrics.Metrics {
	return metrics.New(metrics.Options{
		Version: o.Version, ConfigHash: o.Config.Hash, Trackers: configuredTrackers(o.Config), Requests: requests(o.Config.Server),
		Events: events(), Audits: words(deliver.AuditOutcomes()), Pauses: deliver.PauseKinds(), Logger: o.Logger, Now: o.Now,
	})
}

// configuredTrackers gives their names, sorted.
func configuredTrackers(c *config.Config) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(c.Jira)), maps.Keys(c.GitHub))
	slices.Sort(all)
	return all
}

// requests gives what can become of a webhook request, by the routes that are open.
func requests(s config.Server) map[string][]string {
	door := receive.Options{Tokens: credentials(s.Tokens), Capabilities: credentials(s.Capabilities), Open: s.InsecureNoAuth}
	all := make(map[string][]string)
	for _, route := range door.Routes() {
		all[string(route)] = words(receive.Outcomes(route))
	}
	return all
}

// events gives what can become of an event, by what it is about.
func events() map[string][]string {
	all := make(map[string][]string)
	for kind, outcomes := range apply.Outcomes() {
		all[string(kind)] = words(outcomes)
	}
	return all
}

func words[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, word := range in {
		out[i] = string(word)
	}
	return out
}

// countRequest is what the door tells of every request.
func (d *Daemon) countRequest(by receive.Route, o receive.Outcome, took time.Duration) {
	d.metrics.Answered(string(by), string(o), o.Kept(), took)
}

// countEvent is what the applier tells of every event.
func (d *Daemon) countEvent(k apply.Kind, o apply.Outcome) { d.metrics.Event(string(k), string(o)) }

// observer is what the deliverer of a tracker tells.
func (d *Daemon) observer(tracker string) deliver.Observer {
	return deliver.Observer{
		Doubt:     func() { d.metrics.Doubt(tracker) },
		Audit:     func(o deliver.AuditOutcome) { d.metrics.Audit(tracker, string(o)) },
		Duplicate: func() { d.metrics.Duplicate(tracker) },
	}
}
