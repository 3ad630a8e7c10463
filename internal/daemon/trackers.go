package daemon

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/deliver"
	"ticketd/internal/github"
	"ticketd/internal/jira"
	"ticketd/internal/outbound"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

// wireTrackers makes a deliverer for each configured tracker.
func (d *Daemon) wireTrackers(rules *mapping.Mapping) error {
	for name, c := range d.o.Config.Jira {
		clock := new(outbound.Clock)
		t, err := d.jira(name, c, clock)
		if err != nil {
			return fmt.Errorf("setting up jira.%s: %w", name, err)
		}
		d.wire(name, t, clock, rules, paced(c.Pacing, deliver.JiraPace()))
	}
	for name, c := range d.o.Config.GitHub {
		clock := new(outbound.Clock)
		t, err := d.github(name, c, clock)
		if err != nil {
			return fmt.Errorf("setting up github.%s: %w", name, err)
		}
		d.wire(name, t, clock, rules, paced(c.Pacing, gitHubPace(c.Site.Hostname())))
	}
	return nil
}

func (d *Daemon) wire(name string, t deliver.Tracker, clock *outbound.Clock, rules *mapping.Mapping, pace deliver.Pace) {
	timing := d.o.Timing
	if timing.Quiet == 0 {
		timing.Quiet = d.o.Config.Deliver.QuietPeriod
	}
	d.wakes[name] = wake.New()
	d.deliverers[name] = deliver.New(deliver.Options{
		Name: name, Tracker: t, Store: d.store, Mapping: rules, Pace: pace, Timing: timing,
		Logger: d.o.Logger, Now: d.o.Now, Skew: clock.Skew,
	})
}

func (d *Daemon) jira(name string, c *config.Jira, clock *outbound.Clock) (*jira.Tracker, error) {
	return jira.New(jira.Options{
		Name: name, Base: c.API, Site: c.Site, Deployment: c.Deployment, Identity: c.Identity, AlsoOurs: c.AlsoOurs,
		Credential: func() (string, string, error) { return c.Email, c.Token.Reveal(), nil },
		Instance:   d.o.Config.Instance, UserAgent: d.userAgent(), Retries: readRetries,
		Transport: d.o.Transport, Clock: clock, Now: d.o.Now, Logger: d.o.Logger,
	})
}

func (d *Daemon) github(name string, c *config.GitHub, clock *outbound.Clock) (*github.Tracker, error) {
	o := github.Options{
		Name: name, API: c.API, Site: c.Site, Identity: c.Identity, AlsoOurs: c.AlsoOurs,
		UserAgent: d.userAgent(), Transport: d.o.Transport, Clock: clock, Now: d.o.Now, Logger: d.o.Logger,
	}
	if c.App != nil {
		o.App = &github.App{ID: c.App.ID, Installation: c.App.Installation, PrivateKey: func() ([]byte, error) {
			return []byte(c.App.PrivateKey.Reveal()), nil
		}}
	} else {
		o.Token = c.Token.Reveal
	}
	return github.New(o)
}

// readRetries is how often a read is repeated by the HTTP client; writes go out once.
const readRetries = 2

func (d *Daemon) userAgent() string { return "ticketd/" + d.o.Version }

// gitHubPace tells GitHub's own hosts, ghe.com among them, from an Enterprise Server.
func gitHubPace(host string) deliver.Pace {
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		return deliver.GitHubPace()
	}
	return deliver.EnterprisePace()
}

// paced overrides a tracker's default pace by what is configured.
func paced(c config.Pacing, p deliver.Pace) deliver.Pace {
	if c.MinInterval > 0 {
		p.Gap = c.MinInterval
	}
	if c.Burst > 0 {
		p.Burst = c.Burst
	}
	if c.PerHour > 0 {
		p.Interval = time.Hour / time.Duration(c.PerHour)
	}
	return p
}

// checks tells each tracker's state in words, for /readyz.
func (d *Daemon) checks(ctx context.Context) map[string]string {
	out := make(map[string]string, len(d.deliverers))
	for name := range d.deliverers {
		out[name] = d.trackerState(ctx, name)
	}
	return out
}

func (d *Daemon) trackerState(ctx context.Context, name string) string {
	scopes, err := d.store.Scopes(ctx, name)
	if err != nil {
		return "unknown"
	}
	return inWords(d.deliverers[name].Unwell(), scopes, d.o.Now())
}

// inWords tells a tracker's state; a pause of the whole tracker says all.
func inWords(unwell bool, scopes []store.Scope, now time.Time) string {
	var states []string
	if unwell {
		states = append(states, "does not answer as it should; tried again soon")
	}
	for _, s := range scopes {
		if !s.PausedUntil.After(now) {
			continue
		}
		state := "paused (" + s.PauseKind + ") until " + s.PausedUntil.UTC().Format(time.RFC3339)
		if s.Project == "" {
			return state
		}
		states = append(states, s.Project+" "+state)
	}
	return cmp.Or(strings.Join(states, ", "), "ok")
}
