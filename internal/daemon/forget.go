package daemon

import (
	"context"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/wake"
	"ticketd/store"
)

// forgetEvery is how often it is looked for what is older than the retention.
const forgetEvery = 6 * time.Hour

// forget deletes at once and then every few hours what is older than the configured retention. What
// fails, or is interrupted by a stop, is done the next time.
func (d *Daemon) forget(ctx context.Context) {
	retention := time.Duration(d.o.Config.Store.Retention)
	if retention == 0 {
		return
	}
	for ctx.Err() == nil {
		before := d.o.Now().Add(-proof.Shorten(retention))
		p := d.store.Pruner(before)
		err := p.Run(ctx)
		pruned := p.Pruned()
		log := d.o.Logger.With("before", before, "events", pruned.Events, "calls", pruned.Ops, "sightings", pruned.Sightings)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Error("deleting what is older than the retention: tried again later", "error", err)
		case pruned != store.Pruned{}:
			log.Info("deleted what is older than the retention")
		}
		wake.New().Sleep(ctx, max(proof.Shorten(forgetEvery), time.Second)) // a proof may shorten it to nothing
	}
}
