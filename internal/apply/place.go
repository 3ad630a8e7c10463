package apply

import (
	"context"
	"errors"

	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// place gives a finding its rule and its ticket row, and saves it. unrouted is why the rules lead it
// nowhere; it keeps the ticket then that it may have.
func (a *Applier) place(ctx context.Context, tx *store.Tx, row *store.Finding) (unrouted, _ error) {
	to, err := a.o.Mapping.Route(row.Finding)
	if err != nil {
		if row.TicketID == 0 {
			row.Rule = ""
		}
		return err, tx.SaveFinding(ctx, *row)
	}
	row.Rule = to.Rule
	left, err := a.settle(ctx, tx, row, to)
	if err != nil {
		return nil, err
	}
	if err := tx.SaveFinding(ctx, *row); err != nil || left == 0 {
		return nil, err
	}
	return nil, tx.Leave(ctx, left, a.o.Now())
}

// settle gives the finding the ticket that it belongs to. A ticket for which anything was ever sent
// keeps its findings and its destination; one for which nothing was goes where the rules say now, and
// a finding of it that belongs to another group by now leaves it. left is that ticket; 0: none.
func (a *Applier) settle(ctx context.Context, tx *store.Tx, row *store.Finding, to mapping.Route) (left int64, _ error) {
	if row.TicketID != 0 {
		t, err := tx.Ticket(ctx, row.TicketID)
		if err != nil {
			return 0, err
		}
		if !movable(t) {
			return 0, nil
		}
		if t.Group == to.Group {
			return 0, a.redirect(ctx, tx, t, to)
		}
		left = t.ID
	}
	id, err := a.join(ctx, tx, to)
	row.TicketID = id
	return left, err
}

// movable tells whether nothing was ever sent for a ticket, and nobody said what is to become of it.
func movable(t store.Ticket) bool {
	return t.Attempts == 0 && t.Ref == (ticket.Ref{}) && t.State != store.TicketIgnored
}

// redirect sends a movable ticket where the rules say now.
func (a *Applier) redirect(ctx context.Context, tx *store.Tx, t store.Ticket, to mapping.Route) error {
	return tx.Redirect(ctx, t.ID, to.Destination, to.Rule, a.o.Mapping.Marker(to.Destination.Tracker, t.Group, t.Generation))
}

// join gives the newest ticket of a group, which it wakes, and adds one where there is none. One that
// rests since its findings left it may be of other rules.
func (a *Applier) join(ctx context.Context, tx *store.Tx, to mapping.Route) (int64, error) {
	now := a.o.Now()
	t, err := tx.LatestTicket(ctx, to.Group)
	if errors.Is(err, store.ErrNotFound) {
		return tx.InsertTicket(ctx, store.Ticket{
			Group: to.Group, Generation: 1, Destination: to.Destination, Rule: to.Rule,
			Marker: a.o.Mapping.Marker(to.Destination.Tracker, to.Group, 1),
			State:  store.TicketWanted, Due: now, Created: now, Updated: now,
		})
	}
	if err == nil && movable(t) {
		err = a.redirect(ctx, tx, t, to)
	}
	if err != nil {
		return 0, err
	}
	return t.ID, tx.Wake(ctx, t.ID, now)
}
