package main

import (
	"context"
	"errors"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// noon is when everything in a filled store happened.
func noon() time.Time { return time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC) }

// hostile is what somebody might put into a finding to deceive whoever looks at it in a terminal.
const hostile = "\x1b]0;owned\a\x1b[2Jgone\r\nSTATE closed \u202etxt.exe \u009b31m \xff"

// fill makes a database with a ticket and an event of each kind that matters: fill FILE
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill FILE")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: ts.MkAbs(args[0]), Now: noon})
	ts.Check(err)
	err = errors.Join(fillEvents(ctx, s), fillTickets(ctx, s), fillWaiting(ctx, s), workOnFirst(ctx, s))
	ts.Check(errors.Join(err, s.Close()))
}

// violation is the key of the n-th finding.
func violation(n string) finding.Key {
	return finding.Key{Kind: finding.Violation, UUID: "924f1fb0-0000-4000-8000-00000000000" + n}
}

func fillEvents(ctx context.Context, s *store.Store) error {
	events := []struct {
		body, source string
		is           store.Event
	}{
		{`{"event":"Hello, world!"}`, "main", store.Event{State: store.EventProbe}},
		{`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED"}}`, "main",
			store.Event{State: store.EventApplied, Type: "API_SECURE__POLICY_VIOLATION_OPENED", Key: violation("1")}},
		{`{"event":{"type":"NEW__THING","text":"<b>&"}}`, "main",
			store.Event{State: store.EventUnhandled, Type: "NEW__THING", Reason: "no entry of the table has this type"}},
		{"not JSON " + hostile, "main", store.Event{State: store.EventUnparsed, Type: hostile, Reason: "not JSON: " + hostile}},
		{`{"event":{"type":"MOBILE_SECURE__USER_LOGIN_FAILED","email":"alice@example.com"}}`, "main",
			store.Event{State: store.EventPersonal, Type: "MOBILE_SECURE__USER_LOGIN_FAILED"}},
		{`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","line":"a\\nb"}}` + "\n", "other", store.Event{State: store.EventNew}},
	}
	for _, e := range events {
		got, err := s.Accept(ctx, store.Incoming{Body: []byte(e.body), Source: e.source, Received: noon()})
		if err != nil {
			return err
		}
		if e.is.State == store.EventNew {
			continue
		}
		e.is.Seq = got.Seq
		if err := s.Apply(ctx, func(tx *store.Tx) error { return tx.SetEvent(ctx, e.is, false) }); err != nil {
			return err
		}
	}
	return nil
}

// fillTickets adds four tickets with a finding each.
func fillTickets(ctx context.Context, s *store.Store) error {
	jira := ticket.Destination{Tracker: "security", Project: "SEC", IssueType: "Bug"}
	github := ticket.Destination{Tracker: "oss", Project: "acme/app"}
	return s.Apply(ctx, func(tx *store.Tx) error {
		return errors.Join(
			addTicket(ctx, tx, "1", "Weak TLS", store.Ticket{Destination: jira, State: store.TicketWanted, Due: noon()}),
			addTicket(ctx, tx, "2", hostile, store.Ticket{
				Destination: jira, State: store.TicketHeld, Reason: "create: HTTP 400: " + hostile, Hint: "fill the field " + hostile,
			}),
			addTicket(ctx, tx, "3", "", store.Ticket{
				Destination: github, State: store.TicketClosed, Attempts: 1, Applied: store.Applied{ByPerson: true},
				Ref:      ticket.Ref{ID: "34", Key: "acme/app#34", Project: "acme/app", URL: "https://github.com/acme/app/issues/34"},
				Previous: ticket.Ref{ID: "12", Key: "acme/app#12", Project: "acme/app", URL: "https://github.com/acme/app/issues/12"},
			}),
			addTicket(ctx, tx, "4", "Cookie without Secure", store.Ticket{Destination: github, State: store.TicketIgnored, Reason: "a test system"}),
		)
	})
}

func addTicket(ctx context.Context, tx *store.Tx, n, title string, t store.Ticket) error {
	key := violation(n)
	t.Group, t.Rule, t.Marker = key.String(), "everything", "dtw-00000000000000000000000"+n
	id, err := tx.InsertTicket(ctx, t)
	if err != nil {
		return err
	}
	f := finding.Finding{Key: key, Disposition: finding.Open, Fields: map[finding.Field]finding.Value{
		finding.Relevance: {Text: "URGENT"}, finding.AssetName: {Text: "api.example.com"},
		finding.PortalURL: {Text: "https://www.securetheorem.com/v/" + n},
	}}
	if title != "" {
		f.Fields[finding.Title] = finding.Value{Text: title}
	}
	return tx.SaveFinding(ctx, store.Finding{Finding: f, Rule: t.Rule, TicketID: id, Updated: noon()})
}

// fillWaiting adds a tracker that is paused for longer than this test will be run, a project whose
// pause is over, and a finding that no rule matches.
func fillWaiting(ctx context.Context, s *store.Store) error {
	unrouted := finding.Finding{Key: violation("5"), Disposition: finding.Open, Fields: map[finding.Field]finding.Value{
		finding.Description: {Text: "The server's certificate will expire in less than the configured number of days. Renew it."},
	}}
	return errors.Join(
		s.SaveScope(ctx, store.Scope{
			Tracker: "oss", PausedUntil: noon().AddDate(500, 0, 0), PauseKind: "credential", PauseReason: "create: HTTP 401: " + hostile, Pauses: 1,
		}),
		s.SaveScope(ctx, store.Scope{Tracker: "security", Project: "SEC", PausedUntil: noon(), PauseKind: "refused", Pauses: 1}),
		s.Apply(ctx, func(tx *store.Tx) error {
			return tx.SaveFinding(ctx, store.Finding{Finding: unrouted, Updated: noon()})
		}),
	)
}

// workOnFirst brings the first ticket to an issue with a comment, as the daemon would.
func workOnFirst(ctx context.Context, s *store.Store) error {
	w, _, err := s.Claim(ctx, store.Claim{Tracker: "security", Now: noon(), Lease: time.Minute})
	if err != nil {
		return err
	}
	t := w.Ticket
	t.State, t.Attempts = store.TicketLive, 1
	t.Ref = ticket.Ref{ID: "10012", Key: "SEC-12", Project: "SEC", URL: "https://example.atlassian.net/browse/SEC-12"}
	return errors.Join(
		s.Record(ctx, store.Record{Ticket: t, Op: &store.Op{
			Name: "create", Started: noon(), Ended: noon().Add(time.Second), Outcome: "ok", Status: 201, Text: "SEC-12", RequestID: "req-1",
		}}),
		s.Record(ctx, store.Record{
			Ticket: t, Done: true,
			Comments: []store.Comment{{Op: "note/77", Marker: "dtc-1", State: store.CommentPosted, RemoteID: "20001", Updated: noon()}},
			Op:       &store.Op{Name: "comment", Started: noon().Add(time.Second), Outcome: "pause", Text: "throttled"},
		}),
	)
}
