package deliver

import (
	"context"

	"ticketd/internal/ticket"
	"ticketd/store"
)

// List gives all issues of ours in a project that carry a marker, oldest first. It needs no store and
// changes nothing.
func (d *Deliverer) List(ctx context.Context, project string) ([]ticket.Issue, error) {
	if !d.known {
		call, cancel := context.WithTimeout(ctx, d.o.Timing.Call)
		defer cancel()
		if _, err := d.o.Tracker.Identity(call); err != nil {
			return nil, err
		}
		d.known = true
	}
	return d.list(ctx, ticket.Query{Project: project})
}

// Unknown gives those of the listed issues that no row of the store refers to, one for each marker. It
// changes nothing.
func (d *Deliverer) Unknown(ctx context.Context, found []ticket.Issue) ([]store.Sighting, error) {
	return d.unknown(ctx, found)
}

// Remember does with the listed issues of a project what the start-up audit does with them: those that no
// row refers to are kept, and adopted when their findings come. It gives them.
func (d *Deliverer) Remember(ctx context.Context, project string, found []ticket.Issue) ([]store.Sighting, error) {
	return d.remember(ctx, project, found)
}
