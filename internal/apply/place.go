package apply

import (
	"context"
	"errors"

	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// place gives a finding its rule and its ticket row, and saves it. unrouted is why the rules lead it
// nowhere. A ticket for which anything was ever sent keeps its findings and its destination; one for
// which nothing was goes where the rules say now, and a finding of it that belongs to another group by
// now, or to none, leaves it.
func (a *Applier) place(ctx context.Context, tx *store.Tx, row *store.Finding) (unrouted, _ error) {
	var has store.Ticket
	if row.TicketID != 0 {
		var err error
		if has, err = tx.Ticket(ctx, row.TicketID); err != nil {
			return nil, err
		}
	}
	to, unrouted := a.o.Mapping.Route(row.Finding)
	if err := a.settle(ctx, tx, row, has, to, unrouted); err != nil {
		return nil, err
	}
	if err := tx.SaveFinding(ctx, *row); err != nil || has.ID == 0 || has.ID == row.TicketID {
		return unrouted, err
	}
	return unrouted, tx.Leave(ctx, has.ID, a.o.Now())
}

// settle gives the finding the rule and the ticket that it belongs to; has is the one that it has. A
// ticket that nothing was sent for yet is left where the rules lead nowhere now, and also where one of
// them fails on the finding: it might be the one that keeps the finding from where the ticket leads.
func (a *Applier) settle(ctx context.Context, tx *store.Tx, row *store.Finding, has store.Ticket, to mapping.Route, unrouted error) (err error) {
	stays := has.ID != 0 && !movable(has)
	if unrouted != nil {
		if !stays {
			row.Rule, row.TicketID = "", 0
		}
		return nil
	}
	row.Rule = to.Rule
	switch {
	case stays:
	case has.ID != 0 && has.Group == to.Group:
		err = a.redirect(ctx, tx, has, to)
	default:
		row.TicketID, err = a.join(ctx, tx, to)
	}
	return err
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
