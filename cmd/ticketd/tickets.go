package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/daemon"
	"ticketd/store"
)

// ticketCommands is `ticketd tickets`.
type ticketCommands struct {
	List   ticketsList   `cmd:"" help:"List tickets, newest first."`
	Show   ticketsShow   `cmd:"" help:"Show one ticket with its findings, its comments and what was done."`
	Retry  ticketsRetry  `cmd:"" help:"Try again: held, gone and ignored tickets come back to life, others are looked at at once."`
	Ignore ticketsIgnore `cmd:"" help:"Put tickets to rest: nothing is done with them until they are retried."`
}

// ticketsList is `ticketd tickets list`.
type ticketsList struct {
	storeFlags `embed:""`
	output     `embed:""`

	State   []store.TicketState `enum:"${ticket_states}" placeholder:"STATE" help:"Only tickets in these states: ${enum}."`
	Tracker string              `placeholder:"NAME" help:"Only tickets of this tracker."`
	Project string              `placeholder:"NAME" help:"Only tickets in this project or repository."`
	Limit   int                 `default:"100" help:"At most so many; default ${default}."`
}

// Run prints the tickets.
func (l *ticketsList) Run(ctx context.Context, p *program) error {
	if err := atLeastOne(l.Limit); err != nil {
		return err
	}
	return l.with(ctx, p, func(s *store.Store, _ string) error {
		tickets, err := s.Tickets(ctx, store.TicketFilter{States: l.State, Tracker: l.Tracker, Project: l.Project, Limit: l.Limit})
		if err != nil {
			return err
		}
		w, err := l.waits(ctx, s, tickets)
		if err != nil {
			return err
		}
		words, err := held(ctx, s, tickets)
		if err != nil {
			return err
		}
		document := listDocument{ticketList: ticketsDocument(tickets), Paused: views(w.paused, viewPause), Unrouted: views(w.unrouted, viewFinding)}
		return l.print(p.stdout, document, ticketTable(tickets, words)+section(pauseRows(w.paused))+section(unroutedRows(w.unrouted)))
	})
}

// ticketTable shows tickets, whose words are what they hold.
func ticketTable(tickets []store.Ticket, words []string) string {
	rows := [][]string{{"ID", "STATE", "ISSUE", "TRACKER", "PROJECT", "RULE", "GROUP", "NEXT", "UPDATED", "REASON"}}
	for i, t := range tickets {
		rows = append(rows, []string{
			strconv.FormatInt(t.ID, 10), string(t.State), t.Ref.Key, t.Destination.Tracker, t.Destination.Project,
			t.Rule, words[i], clock(t.Due), clock(t.Updated), short(t.Reason),
		})
	}
	return table(rows...)
}

// ticketsRetry is `ticketd tickets retry`.
type ticketsRetry struct {
	storeFlags `embed:""`
	output     `embed:""`

	Words []string `arg:"" name:"ticket" help:"Row id, issue key, marker or UUID of a finding."`
}

// Run makes the tickets due, all or, where a word is unknown, none.
func (r *ticketsRetry) Run(ctx context.Context, p *program) error {
	return r.change(ctx, p, r.output, r.Words, func(s *store.Store, id int64) error {
		return s.RetryTicket(ctx, id, time.Now())
	})
}

// ticketsIgnore is `ticketd tickets ignore`.
type ticketsIgnore struct {
	storeFlags `embed:""`
	output     `embed:""`

	Words  []string `arg:"" name:"ticket" help:"Row id, issue key, marker or UUID of a finding."`
	Reason string   `required:"" placeholder:"TEXT" help:"Why, for those who wonder later."`
}

// Run puts the tickets to rest, all or, where a word is unknown, none.
func (i *ticketsIgnore) Run(ctx context.Context, p *program) error {
	reason := strings.TrimSpace(i.Reason)
	if reason == "" {
		return usage(errors.New("--reason is empty"), "say why in a few words")
	}
	return i.change(ctx, p, i.output, i.Words, func(s *store.Store, id int64) error {
		return s.IgnoreTicket(ctx, id, reason)
	})
}

// change does something to the tickets that words name, wakes the daemon, and prints what they were
// and are, and what keeps the daemon from going on with them.
func (f storeFlags) change(ctx context.Context, p *program, o output, words []string, act func(s *store.Store, id int64) error) error {
	return f.with(ctx, p, func(s *store.Store, path string) error {
		before, err := find(ctx, s, words)
		if err != nil {
			return err
		}
		rows, after := [][]string{{"ID", "ISSUE", "WAS", "IS"}}, make([]store.Ticket, len(before))
		for i, t := range before {
			if err := act(s, t.ID); err != nil {
				return err
			}
			if after[i], err = s.Ticket(ctx, t.ID); err != nil {
				return err
			}
			rows = append(rows, []string{strconv.FormatInt(t.ID, 10), t.Ref.Key, string(t.State), string(after[i].State)})
		}
		daemon.Poke(ctx, path)
		waiting, err := paused(ctx, s, after)
		if err != nil {
			return err
		}
		return o.print(p.stdout, ticketsDocument(after), table(rows...)+section(pauseRows(waiting)))
	})
}

// find gives the tickets that words name, each once.
func find(ctx context.Context, s *store.Store, words []string) ([]store.Ticket, error) {
	var found []store.Ticket
	seen := map[int64]bool{}
	for _, word := range words {
		t, err := s.FindTicket(ctx, word)
		if errors.Is(err, store.ErrNotFound) {
			return nil, &failure{
				code: exitFailure, err: fmt.Errorf("no ticket is known as %q", word),
				hint: "name it by row id, issue key, marker or UUID of a finding; `ticketd tickets list` shows them",
			}
		}
		if err != nil {
			return nil, err
		}
		if !seen[t.ID] {
			seen[t.ID] = true
			found = append(found, t)
		}
	}
	return found, nil
}
