package main

import (
	"fmt"
	"strings"

	"ticketd/store"
)

// ticketStates lists the states that there are.
func ticketStates() []store.TicketState {
	return []store.TicketState{
		store.TicketWanted, store.TicketIntent, store.TicketDoubt, store.TicketLive, store.TicketClosed,
		store.TicketNone, store.TicketHeld, store.TicketGone, store.TicketIgnored,
	}
}

// eventStates lists the states that there are.
func eventStates() []store.EventState {
	return []store.EventState{
		store.EventNew, store.EventApplied, store.EventProbe, store.EventPersonal,
		store.EventUnhandled, store.EventUnparsed,
	}
}

func join[S ~string](names []S) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return strings.Join(all, ", ")
}

// atLeastOne refuses a limit that would mean something else to the store.
func atLeastOne(limit int) error {
	if limit < 1 {
		return usage(fmt.Errorf("--limit %d lists nothing", limit), "give a number from 1")
	}
	return nil
}
