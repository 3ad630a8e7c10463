package daemon

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/deliver"
	"ticketd/internal/doctor"
	"ticketd/internal/github"
	"ticketd/internal/jira"
	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
	"ticketd/internal/wake"
	"ticketd/mapping"
)

// Tracker is what an adapter can do: for the delivery, and for `ticketd doctor`.
type Tracker interface {
	deliver.Tracker
	doctor.Examiner
}

// Connected is a configured tracker, ready to be used.
type Connected struct {
	Tracker Tracker
	Clock   *outbound.Clock // follows the tracker's clock
	Pace    deliver.Pace

	// Credential tells the credential from another, as it is now.
	Credential func() [sha256.Size]byte
}

// TrackerOptions say how trackers are connected. Config is required.
type TrackerOptions struct {
	Config    *config.Config
	Version   string
	Transport http.RoundTripper // nil: a pooled one
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: says nothing

	// Quota is told what an answer of a tracker says about a rate limit; must not block; may be nil.
	Quota func(tracker string, q ticket.Quota)
}

// Connect makes the adapter of each configured tracker, by name. It talks to nobody yet.
func Connect(o TrackerOptions) (map[string]Connected, error) {
	all := make(map[string]Connected, len(o.Config.Jira)+len(o.Config.GitHub))
	for name, c := range o.Config.Jira {
		clock := new(outbound.Clock)
		t, err := o.jira(name, c, clock)
		if err != nil {
			return nil, fmt.Errorf("setting up jira.%s: %w", name, err)
		}
		all[name] = Connected{t, clock, paced(c.Pacing, deliver.JiraPace()), c.Token.Digest}
	}
	for name, c := range o.Config.GitHub {
		clock := new(outbound.Clock)
		t, err := o.github(name, c, clock)
		if err != nil {
			return nil, fmt.Errorf("setting up github.%s: %w", name, err)
		}
		credential := c.Token
		if c.App != nil {
			credential = c.App.PrivateKey
		}
		all[name] = Connected{t, clock, paced(c.Pacing, gitHubPace(c.Site.Hostname())), credential.Digest}
	}
	return all, nil
}

// wireTrackers makes a deliverer for each configured tracker.
func (d *Daemon) wireTrackers(rules *mapping.Mapping) error {
	all, err := Connect(TrackerOptions{
		Config: d.o.Config, Version: d.o.Version, Transport: d.o.Transport, Now: d.o.Now, Logger: d.o.Logger, Quota: d.metrics.Quota,
	})
	if err != nil {
		return err
	}
	d.trackers = all
	timing := d.o.Timing
	if timing.Quiet == 0 {
		timing.Quiet = d.o.Config.Deliver.QuietPeriod
	}
	for name, c := range all {
		d.wakes[name] = wake.New()
		d.deliverers[name] = deliver.New(deliver.Options{
			Name: name, Tracker: &observed{c.Tracker, name, d.metrics}, Observe: d.observer(name), Store: d.store, Mapping: rules, Pace: c.Pace, Timing: timing,
			Logger: d.o.Logger, Now: d.o.Now, Skew: c.Clock.Skew, Credential: c.Credential, Pulse: d.service.pulse.Stage(StageDeliver + " " + name),
		})
	}
	return nil
}

func (o TrackerOptions) jira(name string, c *config.Jira, clock *outbound.Clock) (*jira.Tracker, error) {
	return jira.New(jira.Options{
		Name: name, Base: c.API, Site: c.Site, Deployment: c.Deployment, Identity: c.Identity, AlsoOurs: c.AlsoOurs,
		Credential: func() (string, string, error) { return c.Email, c.Token.Reveal(), nil },
		Instance:   o.Config.Instance, UserAgent: o.userAgent(), Retries: readRetries,
		Transport: o.Transport, Clock: clock, Now: o.Now, Logger: o.Logger, Quota: o.quotaOf(name),
	})
}

// quotaOf gives what an adapter tells of its quota.
func (o TrackerOptions) quotaOf(tracker string) func(ticket.Quota) {
	if o.Quota == nil {
		return nil
	}
	return func(q ticket.Quota) { o.Quota(tracker, q) }
}

func (o TrackerOptions) github(name string, c *config.GitHub, clock *outbound.Clock) (*github.Tracker, error) {
	with := github.Options{
		Name: name, API: c.API, Site: c.Site, Identity: c.Identity, AlsoOurs: c.AlsoOurs,
		UserAgent: o.userAgent(), Transport: o.Transport, Clock: clock, Now: o.Now, Logger: o.Logger, Quota: o.quotaOf(name),
	}
	if c.App != nil {
		with.App = &github.App{ID: c.App.ID, Installation: c.App.Installation, PrivateKey: func() ([]byte, error) {
			return []byte(c.App.PrivateKey.Reveal()), nil
		}}
	} else {
		with.Token = c.Token.Reveal
	}
	return github.New(with)
}

// readRetries is how often a read is repeated by the HTTP client; writes go out once.
const readRetries = 2

func (o TrackerOptions) userAgent() string { return "ticketd/" + o.Version }

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
