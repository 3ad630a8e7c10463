package daemon

import (
	"context"
	"errors"
	"strings"

	"ticketd/internal/web"
)

// checks are what must be so for events to be accepted and worked on. A tracker in trouble is not among
// them: events are still accepted and kept.
func (d *Daemon) checks() []web.Check {
	return []web.Check{
		{Name: "store", Pass: d.writes},
		{Name: "webhook", Pass: d.listens},
		{Name: "progress", Pass: d.progresses},
	}
}

// notReady tells what is not as it must be, "" where all is.
func (d *Daemon) notReady(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var all []string
	for _, c := range d.checks() {
		if err := c.Pass(ctx); err != nil {
			all = append(all, c.Name+": "+err.Error())
		}
	}
	return strings.Join(all, "; ")
}

// writes gives an error where no event can be stored.
func (d *Daemon) writes(ctx context.Context) error {
	err := d.store.Ready(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("the database does not take a write in time: the disk is slow, or hangs")
	}
	return err
}

// listens gives an error where no webhook is taken.
func (d *Daemon) listens(context.Context) error {
	if !d.serving.Load() {
		return errors.New("no requests are taken: ticketd is starting, or stopping")
	}
	return nil
}

// trackerStates tells each tracker's state in words, for /readyz.
func (d *Daemon) trackerStates(ctx context.Context) map[string]string {
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
	_, unwell := d.deliverers[name].Unwell()
	return TrackerStatus{Unwell: unwell, Pauses: lasting(scopes, d.o.Now())}.inWords(well)
}
