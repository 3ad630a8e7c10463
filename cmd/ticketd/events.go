package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"ticketd/internal/daemon"
	"ticketd/internal/finding"
	"ticketd/store"
)

// eventCommands is `ticketd events`.
type eventCommands struct {
	List  eventsList  `cmd:"" help:"List the newest webhook bodies, oldest of them first."`
	Show  eventsShow  `cmd:"" help:"Show one webhook body."`
	Apply eventsApply `cmd:"" help:"Let the daemon apply events again, after the table of event types was extended."`
}

// eventsList is `ticketd events list`.
type eventsList struct {
	storeFlags `embed:""`
	output     `embed:""`

	State []store.EventState `enum:"${event_states}" placeholder:"STATE" help:"Only events in these states: ${enum}."`
	Type  string             `placeholder:"NAME" help:"Only events of this type."`
	Limit int                `default:"100" help:"At most so many; default ${default}."`
}

// Run prints the events.
func (l *eventsList) Run(ctx context.Context, p *program) error {
	if err := atLeastOne(l.Limit); err != nil {
		return err
	}
	return l.with(ctx, p, func(s *store.Store, _ string) error {
		events, err := s.Events(ctx, store.EventFilter{States: l.State, Type: l.Type, Limit: l.Limit})
		if err != nil {
			return err
		}
		return l.print(p.stdout, eventList{Events: views(events, viewEvent)}, eventTable(events))
	})
}

func eventTable(events []store.Event) string {
	rows := [][]string{{"SEQ", "STATE", "RECEIVED", "SEEN", "SOURCE", "TYPE", "FINDING", "REASON"}}
	for _, e := range events {
		rows = append(rows, []string{
			strconv.FormatInt(e.Seq, 10), string(e.State), clock(e.Received), strconv.Itoa(e.Seen), e.Source,
			e.Type, about(e), short(e.Reason),
		})
	}
	return table(rows...)
}

// about is the finding that an event belongs to, "" where none is known.
func about(e store.Event) string {
	if e.Key == (finding.Key{}) {
		return ""
	}
	return e.Key.String()
}

// eventsShow is `ticketd events show`.
type eventsShow struct {
	storeFlags `embed:""`
	output     `embed:""`

	Seq  int64 `arg:"" help:"Number of the event."`
	Body bool  `help:"Show the body as well."`
}

// Run prints the event. The body of one with personal data is never shown, not even where it was
// not erased yet.
func (c *eventsShow) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(s *store.Store, _ string) error {
		e, err := s.Event(ctx, c.Seq)
		if errors.Is(err, store.ErrNotFound) {
			return &failure{code: exitFailure, err: fmt.Errorf("there is no event %d", c.Seq), hint: "`ticketd events list` shows the newest; one that was applied is deleted after the `retention` of [store]"}
		}
		if err != nil {
			return err
		}
		document, text := eventDetail{Event: viewEvent(e)}, eventSheet(e)
		if c.Body && e.State != store.EventPersonal {
			document.setBody(e.Body)
			text += "\n" + safeLines(string(e.Body)) + "\n"
		}
		return c.print(p.stdout, document, text)
	})
}

func eventSheet(e store.Event) string {
	size := strconv.Itoa(len(e.Body)) + " bytes"
	if e.State == store.EventPersonal {
		size = "erased: it held personal data"
	}
	if e.Damaged {
		size += ", damaged: the disk changed what was accepted"
	}
	return table(
		[]string{"event", strconv.FormatInt(e.Seq, 10)},
		[]string{"state", string(e.State)},
		[]string{"reason", e.Reason},
		[]string{"type", e.Type},
		[]string{"finding", about(e)},
		[]string{"source", e.Source},
		[]string{"received", clock(e.Received)},
		[]string{"last seen", clock(e.LastSeen)},
		[]string{"seen", strconv.Itoa(e.Seen)},
		[]string{"sha256", e.Digest},
		[]string{"body", size},
	)
}

// eventsApply is `ticketd events apply`.
type eventsApply struct {
	storeFlags `embed:""`
	output     `embed:""`

	State []store.EventState `enum:"unhandled,unparsed,applied" default:"unhandled,unparsed" placeholder:"STATE" help:"Events in these states: unhandled, unparsed, applied; default ${default}."`
}

// Run makes events new again. It applies none itself: the daemon does, which alone knows the table.
func (a *eventsApply) Run(ctx context.Context, p *program) error {
	return a.with(ctx, p, func(s *store.Store, path string) error {
		n, err := s.RequeueEvents(ctx, a.State)
		if err != nil {
			return err
		}
		daemon.Poke(ctx, path)
		text := "no event to apply\n"
		if n > 0 {
			text = count(n, "event") + " to apply: now by a running daemon, else when it starts next\n"
		}
		return a.print(p.stdout, applyDocument{Requeued: n}, text)
	})
}

// The JSON documents of the commands on events. Names stay; members may be added.

// eventList is the document of list.
type eventList struct {
	Events []eventView `json:"events"`
}

// eventView is one event.
type eventView struct {
	Seq      int64      `json:"seq"`
	State    string     `json:"state"` // new, applied, probe, personal, unhandled, unparsed
	Reason   string     `json:"reason"`
	Type     string     `json:"type"`
	Finding  string     `json:"finding"` // kind/uuid, "" where it is not known
	Source   string     `json:"source"`  // name of the token or capability it came with
	Received *time.Time `json:"received"`
	LastSeen *time.Time `json:"last_seen"`
	Seen     int        `json:"seen"`              // how often it came
	SHA256   string     `json:"sha256"`            // of what was accepted
	Damaged  bool       `json:"damaged,omitempty"` // the body is not that any more: the disk changed it
}

// eventDetail is the document of show. With --body it has one of the two bodies.
type eventDetail struct {
	Event      eventView `json:"event"`
	Body       *string   `json:"body,omitempty"`
	BodyBase64 []byte    `json:"body_base64,omitempty"` // of a body that is no UTF-8
}

// applyDocument is the document of apply.
type applyDocument struct {
	Requeued int `json:"requeued"`
}

func viewEvent(e store.Event) eventView {
	return eventView{
		Seq: e.Seq, State: string(e.State), Reason: e.Reason, Type: e.Type, Finding: about(e), Source: e.Source,
		Received: moment(e.Received), LastSeen: moment(e.LastSeen), Seen: e.Seen, SHA256: e.Digest, Damaged: e.Damaged,
	}
}

func (d *eventDetail) setBody(body []byte) {
	if !utf8.Valid(body) {
		d.BodyBase64 = body
		return
	}
	text := string(body)
	d.Body = &text
}
