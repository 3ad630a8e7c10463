package apply

import (
	"context"
	"errors"

	"ticketd/mapping"
	"ticketd/store"
)

// fingerprintKey is the setting under which the store remembers the mapping it was last routed by.
const fingerprintKey = "mapping_fingerprint"

// Reroute asks the mapping again after it changed: findings that no rule matched get a ticket, those
// whose ticket nothing was ever sent for get the one of their group now, or none, and tickets that wait or are
// held go where the rules say now and are tried again. It gives the number of findings that were routed
// anew, and does nothing where the mapping is the one of last time. No event may be applied meanwhile.
func (a *Applier) Reroute(ctx context.Context) (int, error) {
	last, err := a.o.Store.Setting(ctx, fingerprintKey)
	if err != nil || last == a.o.Mapping.Fingerprint() {
		return 0, err
	}
	routed, err := a.rerouteUnrouted(ctx)
	if err != nil {
		return routed, err
	}
	waiting := []store.TicketState{store.TicketWanted, store.TicketNone}
	if err := a.rerouteWaiting(ctx, append(waiting, store.TicketHeld)); err != nil {
		return routed, err
	}
	if _, err := a.o.Store.WakeTickets(ctx, waiting, a.o.Now()); err != nil {
		return routed, err
	}
	if _, err := a.o.Store.WakeLines(ctx, a.o.Now()); err != nil { // the bound of a rule may be another
		return routed, err
	}
	if err := a.retryHeld(ctx); err != nil {
		return routed, err
	}
	a.o.Applied()
	return routed, a.o.Store.SetSetting(ctx, fingerprintKey, a.o.Mapping.Fingerprint())
}

func (a *Applier) rerouteUnrouted(ctx context.Context) (int, error) {
	waiting, err := a.o.Store.Unrouted(ctx, everything)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	routed := 0
	err = a.o.Store.Apply(ctx, func(tx *store.Tx) error {
		routed = 0
		for _, f := range waiting {
			unrouted, err := a.place(ctx, tx, &f)
			if err != nil {
				return err
			}
			if unrouted != nil {
				a.sayUnrouted(f, unrouted)
				continue
			}
			routed++
		}
		return nil
	})
	return routed, err
}

// sayUnrouted tells of a rule that failed on a finding; that no rule matches it is nothing new.
func (a *Applier) sayUnrouted(f store.Finding, why error) {
	if !errors.Is(why, mapping.ErrUnrouted) {
		a.o.Logger.Warn("a finding is not routed", "finding", f.Key.String(), "ticket", f.TicketID, "reason", why)
	}
}

// everything is a limit that no installation reaches.
const everything = 1 << 30

func (a *Applier) rerouteWaiting(ctx context.Context, states []store.TicketState) error {
	tickets, err := a.o.Store.Tickets(ctx, store.TicketFilter{States: states, Limit: everything})
	if err != nil {
		return err
	}
	var members []store.Finding
	for _, t := range tickets {
		some, err := a.o.Store.FindingsOfTicket(ctx, t.ID)
		if err != nil {
			return err
		}
		members = append(members, some...)
	}
	if len(members) == 0 {
		return nil
	}
	return a.o.Store.Apply(ctx, func(tx *store.Tx) error {
		for _, f := range members {
			had := f.TicketID
			unrouted, err := a.place(ctx, tx, &f)
			if err != nil {
				return err
			}
			if unrouted != nil {
				a.sayUnrouted(f, unrouted)
			}
			if f.TicketID == 0 {
				a.o.Logger.Info("no rule matches a finding any more, and it gets no ticket", "finding", f.Key.String(), "ticket", had)
			}
		}
		return nil
	})
}

// retryHeld does what a person does after mending a rule: that the tracker refused something does not
// count under other rules.
func (a *Applier) retryHeld(ctx context.Context) error {
	held, err := a.o.Store.Tickets(ctx, store.TicketFilter{States: []store.TicketState{store.TicketHeld}, Limit: everything})
	if err != nil {
		return err
	}
	for _, t := range held {
		if err := a.o.Store.RetryTicket(ctx, t.ID, a.o.Now()); err != nil {
			return err
		}
	}
	return nil
}
