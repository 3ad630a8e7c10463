package store

import (
	"fmt"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

func TestAStepIsRecordedWithoutGivingTheLeaseBack(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	intent := w.Ticket
	intent.State, intent.Attempts, intent.SendDeadline = TicketIntent, 1, noon.Add(30*time.Second)
	must(t, b.Record(b.ctx(), Record{Ticket: intent, Due: noon}))
	got := b.ticket(id)
	if got.State != TicketIntent || got.Attempts != 1 || !got.SendDeadline.Equal(intent.SendDeadline) {
		t.Errorf("recorded: %+v", got)
	}
	if !got.Due.Equal(noon.Add(time.Minute)) || got.Token != w.Ticket.Token {
		t.Errorf("the lease moved: due %v, token %d", got.Due, got.Token)
	}
	live := intent
	live.State, live.Ref, live.Applied.Known = TicketLive, ticket.Ref{ID: "1", Key: "SEC-1"}, true
	must(t, b.Record(b.ctx(), Record{Ticket: live, Done: true, Due: noon.Add(time.Hour)}))
	got = b.ticket(id)
	if got.State != TicketLive || got.Ref != live.Ref || !got.Applied.Known || !got.Due.Equal(noon.Add(time.Hour)) {
		t.Errorf("at the end: %+v", got)
	}
	wantError(t, b.Record(b.ctx(), Record{Ticket: live}), ErrFenced) // the lease was given back
}

func TestAFencedStepWritesNothing(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	b.now = noon.Add(time.Hour)
	b.claim()
	stale := Record{Ticket: w.Ticket, Op: &Op{Name: "create"}, Comments: []Comment{{Op: "x", State: CommentIntent}},
		Next: &Ticket{Marker: "n", State: TicketWanted}}
	stale.Ticket.State = TicketLive
	wantError(t, b.Record(b.ctx(), stale), ErrFenced)
	ops, err := b.Ops(b.ctx(), id, 0)
	must(t, err)
	comments, err := b.Comments(b.ctx(), id)
	must(t, err)
	if got := b.ticket(id); got.State != TicketWanted || len(ops) != 0 || len(comments) != 0 {
		t.Errorf("state %s, %d operations, %d comments", got.State, len(ops), len(comments))
	}
	_, err = b.TicketByMarker(b.ctx(), "n")
	wantError(t, err, ErrNotFound)
}

func TestTheFollowingIssueTakesTheFindingsOver(t *testing.T) {
	b := newBench(t)
	old := b.insert(wanted("g"))
	b.save(violation("u", old))
	w, _ := b.claim()
	closed := w.Ticket
	closed.State, closed.Ref = TicketClosed, ticket.Ref{ID: "1", Key: "SEC-1"}
	must(t, b.Record(b.ctx(), Record{Ticket: closed, Done: true, Next: &Ticket{
		Marker: "dtw-2", Destination: closed.Destination, Rule: "all", State: TicketWanted, Previous: closed.Ref,
	}}))
	next, _ := b.claim()
	if next.Ticket.Generation != 2 || next.Ticket.Group != "g" || next.Ticket.Previous != closed.Ref || next.Ticket.ID == old {
		t.Errorf("next: %+v", next.Ticket)
	}
	if got := keys(next.Findings); got != "violation/u" {
		t.Errorf("its findings: %q", got)
	}
	if left, err := b.FindingsOfTicket(b.ctx(), old); err != nil || len(left) != 0 {
		t.Errorf("left behind: %s, %v", keys(left), err)
	}
	b.apply(func(tx *Tx) error {
		latest, err := tx.LatestTicket(b.ctx(), "g")
		if latest.ID != next.Ticket.ID {
			t.Errorf("latest is %d", latest.ID)
		}
		return err
	})
}

func TestTheNewestOperationsAreListedOldestFirst(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	for i := range 3 {
		must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Op: &Op{Name: fmt.Sprint("op", i), Started: noon,
			Ended: noon.Add(time.Second), Outcome: "ok", Status: 201, Text: "created", RequestID: "r"}}))
	}
	ops, err := b.Ops(b.ctx(), id, 2)
	must(t, err)
	want := Op{TicketID: id, Name: "op1", Started: noon, Ended: noon.Add(time.Second), Outcome: "ok", Status: 201,
		Text: "created", RequestID: "r"}
	if len(ops) != 2 || ops[0] != want || ops[1].Name != "op2" {
		t.Errorf("operations: %+v", ops)
	}
}

func TestACommentOperationIsWrittenOver(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("g"))
	w, _ := b.claim()
	for _, state := range []CommentState{CommentIntent, CommentPosted} {
		must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Comments: []Comment{{Op: "note/1", Marker: "dtc-1", State: state}}}))
	}
	if all, err := b.Comments(b.ctx(), id); err != nil || len(all) != 1 || all[0].State != CommentPosted {
		t.Errorf("comments: %+v, %v", all, err)
	}
}
