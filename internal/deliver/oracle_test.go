package deliver_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

const generations = 12

// finding gives a finding as it is folded.
func (s *sim) finding(id string) store.Finding {
	s.t.Helper()
	f, err := s.store.FindingByKey(s.t.Context(), s.key(id))
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// group gives the group that a finding is in by the rules.
func (s *sim) group(id string) string {
	s.t.Helper()
	to, err := s.mapping.Route(s.finding(id).Finding)
	if err != nil {
		s.t.Fatal(err)
	}
	return to.Group
}

func (s *sim) digest() string { return mapping.DigestGroup("sim", "SIM", "all") }

// ticketOf gives the newest ticket row of a group.
func (s *sim) ticketOf(group string) store.Ticket {
	s.t.Helper()
	t, err := s.store.FindTicket(s.t.Context(), group)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// issuesOf gives the issues of a group that nobody deleted, of every generation.
func (s *sim) issuesOf(group string) (all []*simIssue) {
	for g := range generations {
		all = append(all, s.of(s.mapping.Marker("sim", group, g+1))...)
	}
	return all
}

// of gives the issues with a marker that nobody deleted.
func (s *sim) of(marker string) (all []*simIssue) {
	for _, i := range s.tracker.issues {
		if i.marker == marker && !i.deleted {
			all = append(all, i)
		}
	}
	return all
}

// view gives how the mapping wants a ticket to look that is about something.
func (s *sim) view(about mapping.Subject) mapping.View {
	return s.mapping.For(about, ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, "all")
}

func (p *play) groups() (all []string) {
	for _, id := range p.told() {
		if g := p.group(id); !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// group is sim.group, asked once for each finding: its rules never change.
func (p *play) group(id string) string {
	p.t.Helper()
	g, known := p.grouped[id]
	if !known {
		g = p.sim.group(id)
		p.grouped[id] = g
	}
	return g
}

// told gives the findings that ticketd was told of.
func (p *play) told() []string { return slices.Sorted(maps.Keys(p.want)) }

// members gives the findings of a group.
func (p *play) members(group string) (all []finding.Finding) {
	for _, id := range p.told() {
		if p.group(id) == group {
			all = append(all, p.finding(id).Finding)
		}
	}
	return all
}

func (p *play) followed() (n int) {
	for _, group := range p.groups() {
		n += max(0, len(p.issuesOf(group))-1)
	}
	return n
}

// twice tells whether any marker has two issues.
func (p *play) twice() bool {
	markers := make(map[string]bool)
	for _, i := range p.tracker.issues {
		if !i.deleted && markers[i.marker] {
			return true
		}
		markers[i.marker] = markers[i.marker] || !i.deleted
	}
	return false
}

// wrong lists what is not as it should be when all is at rest.
func (p *play) wrong() (all []string) {
	if p.twice() {
		all = append(all, "two issues have one marker")
	}
	for _, group := range p.groups() {
		all = append(all, p.wrongState(group)...)
		all = append(all, p.wrongText(group)...)
	}
	all = append(all, p.wrongComments()...)
	all = append(all, p.wrongNote()...)
	all = append(all, p.wrongPace()...)
	return append(all, p.wrongList()...)
}

// respected tells whether a person closed the issue of a group after all that is open in it opened.
func (p *play) respected(group string) bool {
	for _, id := range p.told() {
		if p.group(id) == group && !p.want[id].Closed() && !p.touched[group].After(p.opened[id]) {
			return false
		}
	}
	return true
}

// wrongState looks at which issues are open.
func (p *play) wrongState(group string) (all []string) {
	open := 0
	for _, i := range p.issuesOf(group) {
		if i.open {
			open++
		}
	}
	for _, id := range p.told() {
		if p.group(id) == group && p.want[id] != p.finding(id).Disposition {
			all = append(all, fmt.Sprintf("%s is %s, and was told to be %s", id, p.finding(id).Disposition, p.want[id]))
		}
	}
	about := mapping.Several(p.members(group))
	d := about.Finding.Disposition
	closed, respected, stays := d.Closed(), p.respected(group), p.view(about).CommentOnly(d)
	if open > 1 || (closed && open > 0 && !stays) || (!closed && !respected && open != 1) {
		all = append(all, fmt.Sprintf("%s is %s (left to a person: %v) with %d open of %d issues; its ticket: %+v",
			group, d, respected, open, len(p.issuesOf(group)), p.ticketOf(group)))
	}
	return all
}

// wrongText looks whether an open issue tells of its members as they are.
func (p *play) wrongText(group string) (all []string) {
	row := p.ticketOf(group)
	about := mapping.Several(p.members(group))
	if !mapping.Grouped(group) || row.State != store.TicketLive || about.Finding.Disposition.Closed() {
		return nil
	}
	now := make(map[string]finding.Disposition)
	for _, m := range about.Members {
		now[m.Key.String()] = m.Disposition
	}
	if !maps.Equal(row.Applied.Told, now) || strings.HasPrefix(row.Applied.TellingOp, "members/") {
		all = append(all, fmt.Sprintf("%s: told of %v, telling of %v by %q, and they are %v",
			group, row.Applied.Told, row.Applied.Telling, row.Applied.TellingOp, now))
	}
	return append(all, p.wrongBody(row, about)...)
}

// wrongBody compares what stands in the issue with what should.
func (p *play) wrongBody(row store.Ticket, about mapping.Subject) []string {
	view := p.view(about)
	draft, err := view.Draft(about, row.Marker, row.Previous)
	if err != nil {
		return []string{err.Error()}
	}
	for _, i := range p.of(row.Marker) {
		if i.open && view.Digest(i.draft) != view.Digest(draft) {
			return []string{fmt.Sprintf("%s says of %s\n%v\nand should say\n%v", i.ref.Key, row.Group, i.draft.Body, draft.Body)}
		}
	}
	return nil
}

func (p *play) wrongComments() (all []string) {
	for _, i := range p.tracker.issues {
		seen := make(map[string]bool)
		for _, c := range i.comments {
			if seen[c.Marker] {
				all = append(all, "a comment is there twice on "+i.ref.Key)
			}
			seen[c.Marker] = true
		}
	}
	return all
}

func (p *play) wrongNote() (all []string) {
	groups := map[string]bool{p.group(target(0)): true, p.group(target(parents)): true} // of the note's parent
	for group := range groups {
		row, op := p.ticketOf(group), "note/"+simNote
		if mapping.Grouped(group) {
			op = "note/" + parent(0) + "/" + simNote
		}
		for _, i := range p.of(row.Marker) {
			want := 0
			if p.note {
				want = 1
			}
			if n := p.count(i, mapping.CommentMarker(row.Marker, op)); !row.Ref.IsZero() && n != want {
				all = append(all, fmt.Sprintf("the note is there %d times on %s, want %d", n, i.ref.Key, want))
			}
		}
	}
	return all
}

// wrongPace looks whether the rule made more tickets in any hour than it may. A store that was put
// back from a backup does not know when it made which.
func (p *play) wrongPace() []string {
	bound := p.view(mapping.Subject{Digest: true}).Policy().MaxNewPerHour
	if bound == 0 || p.restored > 0 {
		return nil
	}
	for _, last := range p.tracker.issues {
		made := 0
		for _, i := range p.tracker.issues {
			if ago := last.sentAt.Sub(i.sentAt); !p.ofDigest(i) && ago >= 0 && ago < time.Hour {
				made++
			}
		}
		if made > bound {
			return []string{fmt.Sprintf("%d tickets in the hour before %v, and at most %d are allowed", made, last.sentAt, bound)}
		}
	}
	return nil
}

func (p *play) ofDigest(i *simIssue) bool {
	for g := range generations {
		if i.marker == p.mapping.Marker("sim", p.digest(), g+1) {
			return true
		}
	}
	return false
}

// wrongList looks whether the digest lists what waits for its turn, and nothing else, as soon as it
// has nothing more to do.
func (p *play) wrongList() (all []string) {
	if !p.touched[p.digest()].IsZero() {
		return nil // a person closed or deleted it: it may be left alone
	}
	rows, err := p.store.Tickets(p.t.Context(), store.TicketFilter{})
	if err != nil {
		p.t.Fatal(err)
	}
	var waiting []finding.Finding
	for _, row := range rows {
		if row.Turn != store.TurnWaits {
			continue
		}
		members, err := p.store.FindingsOfTicket(p.t.Context(), row.ID)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, m := range members {
			if !m.Disposition.Closed() {
				waiting = append(waiting, m.Finding)
			}
		}
	}
	p.waited += len(waiting)
	open := slices.DeleteFunc(p.issuesOf(p.digest()), func(i *simIssue) bool { return !i.open })
	if len(waiting) == 0 {
		if len(open) > 0 {
			all = append(all, "nothing waits, and a digest is open: "+fmt.Sprintf("%+v", p.ticketOf(p.digest())))
		}
		return all
	}
	about := mapping.Several(waiting)
	about.Digest = true
	row := p.ticketOf(p.digest())
	if len(open) != 1 {
		return append(all, fmt.Sprintf("%d findings wait, and %d digests are open: %+v", len(waiting), len(open), row))
	}
	return append(all, p.wrongBody(row, about)...)
}
