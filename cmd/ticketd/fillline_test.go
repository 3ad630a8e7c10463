package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rogpeppe/go-internal/testscript"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// fillLine makes a database with a group, and with a rule that makes few tickets an hour, of which
// 23 findings wait: fill_line FILE
func fillLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill_line FILE")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: ts.MkAbs(args[0]), Now: noon})
	ts.Check(err)
	err = s.Apply(ctx, func(tx *store.Tx) error { return errors.Join(groupOfThree(ctx, tx), waitingLine(ctx, tx)) })
	ts.Check(errors.Join(err, s.Close()))
}

// groupOfThree adds a ticket of three targets, of which one is open.
func groupOfThree(ctx context.Context, tx *store.Tx) error {
	id, err := tx.InsertTicket(ctx, store.Ticket{
		Group: "group/1f9d3c0e5b7a2468ace01357", Rule: "by parent", Marker: "dtw-000000000000000000000001",
		Destination: ticket.Destination{Tracker: "security", Project: "SEC", IssueType: "Bug"},
		State:       store.TicketLive, Attempts: 1,
		Ref: ticket.Ref{ID: "10012", Key: "SEC-12", Project: "SEC", URL: "https://example.atlassian.net/browse/SEC-12"},
	})
	for i, d := range []finding.Disposition{finding.Fixed, finding.Open, finding.RiskAccepted} {
		err = errors.Join(err, tx.SaveFinding(ctx, store.Finding{
			Rule: "by parent", TicketID: id, Updated: noon(),
			Finding: finding.Finding{
				Key: finding.Key{Kind: finding.Target, UUID: fmt.Sprint("t-", i+1)}, Disposition: d,
				Fields: map[finding.Field]finding.Value{finding.AssetName: {Text: fmt.Sprint("part-", i+1)}, finding.Severity: {Text: "HIGH"}},
			},
		}))
	}
	return err
}

// waitingLine adds a digest, what waits, and a ticket whose turn has come.
func waitingLine(ctx context.Context, tx *store.Tx) error {
	to := ticket.Destination{Tracker: "oss", Project: "acme/app"}
	_, err := tx.InsertTicket(ctx, store.Ticket{
		Group: mapping.DigestGroup("oss", "acme/app", "storm"), Digest: true, Rule: "storm", Marker: "dtw-000000000000000000000002",
		Destination: to, State: store.TicketLive, Attempts: 1,
		Ref: ticket.Ref{ID: "7", Key: "acme/app#7", Project: "acme/app", URL: "https://github.com/acme/app/issues/7"},
	})
	for n := range 24 {
		t := store.Ticket{
			Group: fmt.Sprintf("target/s-%02d", n), Rule: "storm", Marker: fmt.Sprintf("dtw-0000000000000000000001%02d", n),
			Destination: to, State: store.TicketWanted, Turn: store.TurnWaits,
			Reason: `waits for its turn: rule "storm" makes at most 5 new tickets an hour`,
			Hint:   "Until then it is listed in the rule's digest ticket; max_new_per_hour is the bound",
		}
		if n == 0 {
			t.Turn, t.Due = store.TurnReleased, noon()
		}
		id, ierr := tx.InsertTicket(ctx, t)
		err = errors.Join(err, ierr, tx.SaveFinding(ctx, store.Finding{
			Rule: "storm", TicketID: id, Updated: noon(),
			Finding: finding.Finding{Key: finding.Key{Kind: finding.Target, UUID: fmt.Sprintf("s-%02d", n)}, Disposition: finding.Open},
		}))
	}
	return err
}
