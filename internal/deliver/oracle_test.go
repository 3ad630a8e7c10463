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

// groups gives the groups of all findings that there are, or will be.
func (p *play) groups() []string { return slices.Compact(slices.Sorted(maps.Values(p.grouped))) }

// group is the group of a finding, without asking the store.
func (p *play) group(id string) string { return p.grouped[id] }

func (p *play) markersOf(group string) (all []string) {
	for n := range generations {
		all = append(all, p.mapping.Marker("sim", group, n+1))
	}
	return all
}

// remember works out what should be from what is in the store: of each finding the newest status and
// title, by the time that its event bears.
func (p *play) remember() {
	p.want, p.opened, p.note = make(map[string]finding.Disposition), make(map[string]time.Time), false
	newest, deleted := make(map[string]int64), false
	p.titles = make(map[string]string)
	kept := p.bodies()
	for _, m := range p.sent {
		switch {
		case kept[m.body] == 0:
		case m.id == "":
			p.note = p.note || m.verb == "CREATED"
			deleted = deleted || m.verb == "DELETED"
		case m.at > newest[m.id]:
			newest[m.id], p.titles[m.id] = m.at, m.title
			p.want[m.id] = map[string]finding.Disposition{"CREATED": finding.Open, "FIXED": finding.Fixed,
				"RISK_ACCEPTED": finding.RiskAccepted, "COMPENSATING_CONTROL": finding.CompensatingControl}[m.verb]
			if m.verb == "CREATED" {
				p.opened[m.id] = m.first
			}
		}
	}
	p.note = p.note && !deleted
}

// bodies counts the events in the store by their bodies.
func (p *play) bodies() map[string]int {
	all, err := p.store.Events(p.t.Context(), store.EventFilter{Limit: 10_000})
	p.must(err)
	kept := make(map[string]int)
	for _, e := range all {
		kept[strings.TrimRight(string(e.Body), " ")]++ // without dedupe a body differs from its repetitions by spaces
	}
	return kept
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

// duplicates counts the issues that were made a second time, because the first could not be seen for
// longer than the quiet period. What is wrong would be told if one of them were open.
func (p *play) duplicates() (n int) {
	made := make(map[string]bool)
	for _, i := range p.tracker.issues {
		if made[i.marker] && !i.deleted {
			n++
		}
		made[i.marker] = made[i.marker] || !i.deleted
	}
	return n
}

// followed counts the issues that follow another.
func (p *play) followed() (n int) {
	for _, group := range p.groups() {
		n += max(0, len(p.issuesOf(group))-1)
	}
	return n
}

// wrong lists what is not as it should be when all is at rest, and what was wrong on the way.
func (p *play) wrong() []string {
	p.remember()
	all := slices.Clone(p.tracker.doubled)
	all = append(all, p.wrongEvents()...)
	for _, group := range p.groups() {
		if len(p.members(group)) == 0 {
			continue
		}
		all = append(all, p.wrongState(group)...)
		all = append(all, p.wrongText(group)...)
	}
	all = append(all, p.wrongHeld()...)
	all = append(all, p.wrongComments()...)
	all = append(all, p.wrongEdits()...)
	all = append(all, p.wrongNote()...)
	all = append(all, p.wrongPace()...)
	return append(all, p.wrongList(p.openDigests())...)
}

// wrongEvents looks for what was acknowledged and is not there, or is there twice.
func (p *play) wrongEvents() (all []string) {
	kept := p.bodies()
	for _, m := range p.sent {
		if n := kept[m.body]; n > 1 || (n == 0 && m.acknowledged) {
			all = append(all, fmt.Sprintf("the event %s is in the store %d times (acknowledged: %v)", m.body, n, m.acknowledged))
		}
		if kept[m.body] == 0 {
			p.tally.add("events dropped", 1)
		}
	}
	return all
}

// wrongHeld looks for tickets that do not say why they are held, or what to do.
func (p *play) wrongHeld() (all []string) {
	for _, row := range p.held() {
		p.tally.add("tickets held", 1)
		if row.Reason == "" || row.Hint == "" {
			all = append(all, fmt.Sprintf("%s is held with the reason %q and the hint %q", row.Group, row.Reason, row.Hint))
		}
	}
	return all
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
		f := p.finding(id)
		if p.group(id) == group && (p.want[id] != f.Disposition || p.titles[id] != f.Get(finding.Title)) {
			all = append(all, fmt.Sprintf("%s, %q, is %s, and was told to be %s, %q", id, f.Get(finding.Title), f.Disposition, p.want[id], p.titles[id]))
		}
	}
	if p.deserted(group) {
		return all
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

// deserted tells whether there is an issue that came into being so late that another was made, and
// that other was deleted by a person: ticketd lets go of a deleted issue and of its duplicates.
func (p *play) deserted(group string) bool {
	late, deleted := false, false
	for _, i := range p.tracker.issues {
		if slices.Contains(p.markersOf(group), i.marker) {
			late, deleted = late || i.tardy(), deleted || i.deleted
		}
	}
	return late && deleted
}

// wrongText looks whether an open issue says what it should, and tells of its members as they are.
func (p *play) wrongText(group string) (all []string) {
	row := p.ticketOf(group)
	about := mapping.Several(p.members(group))
	if row.State != store.TicketLive || about.Finding.Disposition.Closed() {
		return nil
	}
	if !mapping.Grouped(group) {
		return p.wrongBody(row, mapping.One(about.Finding))
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

// wrongBody compares what stands in the issue with what should, where no person wrote it.
func (p *play) wrongBody(row store.Ticket, about mapping.Subject) []string {
	view := p.view(about)
	draft, err := view.Draft(about, row.Marker, row.Previous)
	if err != nil {
		return []string{err.Error()}
	}
	for _, i := range p.of(row.Marker) {
		if i.open && !i.edited && view.Digest(i.draft) != view.Digest(draft) {
			return []string{fmt.Sprintf("%s says of %s\n%v\nand should say\n%v", i.ref.Key, row.Group, i.draft.Body, draft.Body)}
		}
	}
	return nil
}

// wrongEdits looks whether what a person wrote stands.
func (p *play) wrongEdits() (all []string) {
	for _, i := range p.tracker.issues {
		if i.edited && (fmt.Sprint(i.draft.Body) != fmt.Sprint(simEdit()) || !slices.Contains(i.labels, simLabel)) {
			all = append(all, fmt.Sprintf("what a person wrote in %s is gone: %v, labels %q", i.ref.Key, i.draft.Body, i.labels))
		}
	}
	return all
}

func simEdit() ticket.Doc { return ticket.Doc{ticket.Para(ticket.Span{Text: "as a person wrote it"})} }

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

// wrongNote looks whether the note is once on each issue that it belongs to, or no more.
func (p *play) wrongNote() (all []string) {
	for _, id := range []string{target(0), target(parents)} { // of the note's parent
		if _, told := p.want[id]; !told {
			continue
		}
		row, op := p.ticketOf(p.group(id)), "note/"+simNote
		if mapping.Grouped(p.group(id)) {
			op = "note/" + parent(0) + "/" + simNote
		}
		for _, i := range p.of(row.Marker) {
			want := 0
			if p.note {
				want = 1
			}
			if n := p.count(i, mapping.CommentMarker(row.Marker, op)); i.ref.ID == row.Ref.ID && n != want {
				all = append(all, fmt.Sprintf("the note is there %d times on %s, want %d", n, i.ref.Key, want))
			}
		}
	}
	return all
}

// wrongPace looks whether the rule made more tickets in any hour than it may, give or take the time
// that a call takes. A store that was put back from a backup does not know when it made which, a
// second issue that nothing could prevent was not counted, and where several deliverers drive one
// tracker each may make one.
func (p *play) wrongPace() []string {
	bound := p.view(mapping.Subject{Digest: true}).Policy().MaxNewPerHour
	if bound == 0 || p.restored > 0 || p.deliverers > 1 || slices.ContainsFunc(p.tracker.issues, (*simIssue).tardy) {
		return nil
	}
	digests := p.markersOf(p.digest())
	for _, last := range p.tracker.issues {
		made := make(map[string]bool) // one that was deleted while its create was in doubt is made again
		for _, i := range p.tracker.issues {
			ago := last.sentAt.Sub(i.sentAt)
			if !slices.Contains(digests, i.marker) && ago >= 0 && ago < time.Hour-2*time.Minute {
				made[i.marker] = true
			}
		}
		if len(made) > bound {
			return []string{fmt.Sprintf("%d tickets in the hour before %v, and at most %d are allowed", len(made), last.sentAt, bound)}
		}
	}
	return nil
}

func (p *play) openDigests() []*simIssue {
	return slices.DeleteFunc(p.issuesOf(p.digest()), func(i *simIssue) bool { return !i.open })
}

// wrongListSoFar looks at the digest before its audits are over: there may be two until then.
func (p *play) wrongListSoFar() []string {
	open := p.openDigests()
	if slices.ContainsFunc(open, (*simIssue).tardy) {
		return nil
	}
	return p.wrongList(open)
}

// wrongList looks whether the one open digest lists what waits for its turn, and nothing else, as soon
// as it has nothing more to do.
func (p *play) wrongList(open []*simIssue) []string {
	if !p.touched[p.digest()].IsZero() {
		return nil // a person closed or deleted it: it may be left alone
	}
	rows, err := p.store.Tickets(p.t.Context(), store.TicketFilter{})
	p.must(err)
	var waiting []finding.Finding
	for _, row := range rows {
		if row.Turn != store.TurnWaits {
			continue
		}
		members, err := p.store.FindingsOfTicket(p.t.Context(), row.ID)
		p.must(err)
		for _, m := range members {
			if !m.Disposition.Closed() {
				waiting = append(waiting, m.Finding)
			}
		}
	}
	p.waited += len(waiting)
	if len(waiting) == 0 && len(open) == 0 {
		return nil
	}
	row, err := p.store.FindTicket(p.t.Context(), p.digest())
	if err != nil || len(open) != min(len(waiting), 1) {
		return []string{fmt.Sprintf("%d findings wait, and %d digests are open: %+v, %v", len(waiting), len(open), row, err)}
	}
	about := mapping.Several(waiting)
	about.Digest = true
	return p.wrongBody(row, about)
}
