package daemon

import (
	"context"
	"time"

	"ticketd/internal/proof"
	"ticketd/store"
)

const (
	forgetEvery = 6 * time.Hour
	forgetRest  = 50 * time.Millisecond // between two commits, in which the webhook has the store for itself
)

// forget deletes at once and then every few hours what is older than the configured retention. What
// fails, or is interrupted by a stop, is done the next time.
func (d *Daemon) forget(ctx context.Context) {
	retention := time.Duration(d.o.Config.Store.Retention)
	if retention == 0 {
		return
	}
	for ctx.Err() == nil {
		before := d.o.Now().Add(-proof.Shorten(retention))
		pruned, err := forgetUntil(ctx, d.store.Pruner(before), forgetRest)
		log := d.o.Logger.With("before", before, "events", pruned.Events, "calls", pruned.Ops, "sightings", pruned.Sightings)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Error("deleting what is older than the retention: tried again later", "error", err)
		case pruned != store.Pruned{}:
			log.Info("deleted what is older than the retention")
		}
		pause(ctx, proof.Shorten(forgetEvery))
	}
}

// forgetUntil prunes until there is nothing left, with a rest after each step.
func forgetUntil(ctx context.Context, p *store.Pruner, rest time.Duration) (store.Pruned, error) {
	for ctx.Err() == nil {
		if more, err := p.Step(ctx); err != nil || !more {
			return p.Pruned(), err
		}
		pause(ctx, rest)
	}
	return p.Pruned(), nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
