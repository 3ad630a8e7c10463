package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"ticketd/mapping"
	"ticketd/store"
)

// held gives what tickets hold, in words, in their order.
func held(ctx context.Context, s *store.Store, tickets []store.Ticket) ([]string, error) {
	words := make([]string, len(tickets))
	for i, t := range tickets {
		var members []store.Finding
		if mapping.Grouped(t.Group) {
			var err error
			if members, err = s.FindingsOfTicket(ctx, t.ID); err != nil {
				return nil, err
			}
		}
		words[i] = holds(t, members)
	}
	return words, nil
}

// holds says what a ticket holds: the finding that has it to itself, how many members a group has, or
// whose digest it is.
func holds(t store.Ticket, members []store.Finding) string {
	switch {
	case t.Digest:
		return "digest of rule " + strconv.Quote(t.Rule)
	case mapping.Grouped(t.Group):
		return openAmong(members)
	}
	return t.Group
}

// holdsRow says how much a ticket holds.
func holdsRow(t store.Ticket, findings []store.Finding, line []store.Ticket) []string {
	if t.Digest {
		return []string{"holds", counted(len(line), "ticket") + " in the line of rule " + strconv.Quote(t.Rule)}
	}
	return []string{"holds", openAmong(findings)}
}

// openAmong tells how many findings there are, and how many of them are open.
func openAmong(findings []store.Finding) string {
	return fmt.Sprintf("%s, %d open", counted(len(findings), "finding"), openOf(findings))
}

func openOf(members []store.Finding) (n int) {
	for _, f := range members {
		if !f.Disposition.Closed() {
			n++
		}
	}
	return n
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// standing is the state of a ticket with what more there is to say of it in a few words.
func standing(t store.Ticket) string {
	state := string(t.State)
	switch {
	case t.Applied.ByPerson:
		state += " (by a person)"
	case t.Turn == store.TurnWaits:
		state += " (waits for its turn)"
	case t.Turn == store.TurnReleased:
		state += " (its turn has come)"
	}
	return state
}

// longestWaiting is how many of those that wait the sheet of a digest shows.
const longestWaiting = 20

// everyTicket is a limit that no installation reaches.
const everyTicket = 1 << 30

// lineOf gives the tickets that a digest is about: those that wait for their turn, the longest waiting
// first.
func lineOf(ctx context.Context, s *store.Store, digest store.Ticket) ([]store.Ticket, error) {
	if !digest.Digest {
		return nil, nil
	}
	line, err := s.Tickets(ctx, store.TicketFilter{
		States:  []store.TicketState{store.TicketWanted, store.TicketDoubt},
		Tracker: digest.Destination.Tracker, Project: digest.Destination.Project, Limit: everyTicket,
	})
	if err != nil {
		return nil, err
	}
	line = slices.DeleteFunc(line, func(t store.Ticket) bool { return t.Turn != store.TurnWaits || t.Rule != digest.Rule })
	slices.Reverse(line)
	return line, nil
}

// lineRows shows the longest waiting of a line, whose words are what they hold.
func lineRows(line []store.Ticket, words []string) [][]string {
	rows := [][]string{{"WAITS", "GROUP", "SINCE"}}
	for i, t := range line[:len(words)] {
		rows = append(rows, []string{strconv.FormatInt(t.ID, 10), words[i], clock(t.Created)})
	}
	if more := len(line) - len(words); more > 0 {
		rows = append(rows, []string{"…", fmt.Sprintf("and %d more", more), ""})
	}
	return rows
}
