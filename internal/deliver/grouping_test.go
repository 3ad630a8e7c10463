package deliver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticketd/internal/deliver"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// model is one group's ticket and issue, which are moved by what Plan says and by members that open
// and close, without a tracker that fails: what it does is done.
type model struct {
	ticket   store.Ticket
	members  []store.Finding
	comments []store.Comment
	view     mapping.View
	now      time.Time
	events   int64
	open     bool // the issue
}

const modelGroup = "group/000000000000000000000000"

func (m *model) work() store.Work {
	return store.Work{Ticket: m.ticket, Findings: m.members, Comments: m.comments}
}

// happen opens or closes a member, new or known.
func (m *model) happen(n int, d finding.Disposition) {
	m.events++
	at := finding.Stamp{Time: m.events, Tie: "0123456789abcdef"}
	key := finding.Key{Kind: finding.Target, UUID: fmt.Sprint("m", n)}
	i := 0
	for i < len(m.members) && m.members[i].Key != key {
		i++
	}
	if i == len(m.members) {
		m.members = append(m.members, store.Finding{Finding: finding.Finding{Key: key}})
	}
	f := &m.members[i]
	f.Disposition, f.Status, f.Updated = d, at, m.now
	if !d.Closed() {
		f.Opened = at
	}
}

// do is what a step leaves behind when all goes well.
func (m *model) do(s deliver.Step) {
	about := mapping.Several(m.folded())
	a := &m.ticket.Applied
	told := make(map[string]finding.Disposition)
	for _, f := range m.members {
		told[f.Key.String()] = f.Disposition
	}
	switch s.Action {
	case deliver.Create:
		m.open = true
		m.ticket.State, m.ticket.Ref = store.TicketLive, ticket.Ref{ID: "1", Key: "SIM-1", Project: "SIM"}
		*a = store.Applied{Known: true, Disposition: finding.Open, Status: about.Finding.Status, Opened: about.Finding.Opened, Told: told}
		m.write(about)
	case deliver.Close, deliver.Reopen:
		m.open = s.Action == deliver.Reopen
		m.ticket.State, a.ClosedAt = store.TicketClosed, m.now.Unix()
		if m.open {
			m.ticket.State, a.ClosedAt, a.Reopened = store.TicketLive, 0, about.Finding.Status
		}
		a.Known, a.Disposition, a.Status, a.Opened, a.Told = true, about.Finding.Disposition, about.Finding.Status, about.Finding.Opened, told
	case deliver.Check:
		a.Opened, a.Disposition = about.Finding.Opened, finding.Open
	case deliver.Comment:
		m.comments = append(m.comments, store.Comment{Op: s.Op, State: store.CommentPosted})
		if s.Telling != nil {
			a.Told = s.Telling
		}
		if s.Look {
			a.Opened = about.Finding.Opened
		}
	case deliver.Update:
		m.write(about)
	case deliver.Skip:
		m.ticket.State = store.TicketNone
	case deliver.Rest, deliver.Look, deliver.Accept, deliver.Follow, deliver.DropComment, deliver.Label, deliver.Unlabel, deliver.Audit:
	}
}

func (m *model) folded() (all []finding.Finding) {
	for _, f := range m.members {
		all = append(all, f.Finding)
	}
	return all
}

func (m *model) write(about mapping.Subject) {
	if d, err := m.view.Draft(about, m.ticket.Marker, m.ticket.Previous); err == nil {
		m.ticket.Applied.Draft = m.view.Digest(d)
	}
}

func TestAGroupIsOpenWhileAMemberIsAndTellsOfAll(t *testing.T) {
	rules := simMapping(t, byParent)
	rapid.Check(t, func(t *rapid.T) {
		m := &model{now: planNow, ticket: store.Ticket{ID: 1, Group: modelGroup, Generation: 1, Marker: planMarker, Rule: "all",
			Destination: ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, State: store.TicketWanted}}
		m.view = rules.For(mapping.Subject{Members: []finding.Finding{}}, m.ticket.Destination, "all")
		m.happen(0, finding.Open)
		for range rapid.IntRange(1, 20).Draw(t, "things") {
			if rapid.Bool().Draw(t, "event") {
				d := rapid.SampledFrom(finding.Dispositions()).Draw(t, "disposition")
				m.happen(rapid.IntRange(0, 3).Draw(t, "member"), d)
			} else {
				m.step(t)
			}
			m.now = m.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
		}
		m.settle(t)
		about := mapping.Several(m.folded())
		if m.open == about.Finding.Disposition.Closed() && m.ticket.State != store.TicketNone {
			t.Fatalf("the issue is open: %v, and the members are %+v", m.open, m.folded())
		}
		for _, f := range m.members {
			if told := m.ticket.Applied.Told[f.Key.String()]; m.open && told != f.Disposition {
				t.Fatalf("%s is %s and told as %q", f.Key, f.Disposition, told)
			}
		}
	})
}

func TestOfAGroupOfManyOnlyTheDescriptionIsKeptCurrent(t *testing.T) {
	m := &model{now: planNow, ticket: store.Ticket{ID: 1, Group: modelGroup, Generation: 1, Marker: planMarker, Rule: "all",
		Destination: ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, State: store.TicketWanted}}
	m.view = simMapping(t, byParent).For(mapping.Subject{Members: []finding.Finding{}}, m.ticket.Destination, "all")
	for n := range 500 {
		m.happen(n, finding.Open)
	}
	var did []deliver.Action
	act := func(more int) {
		m.happen(more, finding.Open)
		m.now = m.now.Add(time.Hour)
		for s := (deliver.Step{}); s.Action != deliver.Rest; did = append(did, s.Action) {
			s = deliver.Plan(m.work(), m.view, deliver.Timing{}, m.now)
			m.do(s)
		}
	}
	act(499)
	m.happen(3, finding.Fixed)
	act(500) // one more than are told of one by one
	m.happen(4, finding.Fixed)
	act(5)
	want := []deliver.Action{deliver.Create, deliver.Rest, deliver.Check, deliver.Update, deliver.Rest, deliver.Check, deliver.Update, deliver.Rest}
	if !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
}

// step does what Plan says now. It must never close an issue that has an open member.
func (m *model) step(t *rapid.T) deliver.Step {
	s := deliver.Plan(m.work(), m.view, deliver.Timing{}, m.now)
	for _, f := range m.members {
		if s.Action == deliver.Close && !f.Disposition.Closed() {
			t.Fatalf("closing while %s is open", f.Key)
		}
	}
	if s.Action == deliver.Rest && !s.Due.IsZero() && m.ticket.Applied.Gathering == 0 {
		m.ticket.Applied.Gathering = m.now.Unix()
	}
	m.do(s)
	return s
}

// settle goes on until there is nothing more to do.
func (m *model) settle(t *rapid.T) {
	for range 50 {
		s := m.step(t)
		switch {
		case s.Action == deliver.Skip, s.Action == deliver.Rest && s.Due.IsZero():
			return
		case s.Action == deliver.Rest:
			if !s.Due.After(m.now) {
				t.Fatalf("rests until %v, and it is %v", s.Due, m.now)
			}
			m.now = s.Due
		}
	}
	t.Fatal("does not come to rest")
}
