package deliver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"ticketd/internal/finding"
	"ticketd/store"
)

// membersOp is how the operation of a comment that tells of members begins.
const membersOp = "members/"

// text keeps the text of an open issue true, and tells of a group's members that came and went.
// Changes of a group or a digest wait for each other, so that many events make few of both.
func (p plan) text() Step {
	if Implied(p.t) != store.TicketLive || p.f.Disposition.Closed() {
		return Step{Action: Rest}
	}
	if p.lists() && strings.HasPrefix(p.a.TellingOp, membersOp) { // as it was begun, whatever changed since
		return p.tellMembers(p.a.TellingOp, p.a.Telling)
	}
	_, stale := p.stale()
	if !p.lists() {
		return when(stale, Step{Action: Update})
	}
	untold := p.untold()
	if !stale && !untold {
		return Step{Action: Rest}
	}
	if due := p.ready(); due.After(p.now) {
		return Step{Action: Rest, Due: due}
	}
	if untold {
		return p.tellMembers(tellingOp(p.w), dispositions(p.w))
	}
	return Step{Action: Update}
}

// untold tells whether a group has members of which its issue tells otherwise than they are.
func (p plan) untold() bool {
	now := dispositions(p.w)
	return now != nil && p.a.Told != nil && !maps.Equal(p.a.Told, now)
}

// tellMembers tells what became of the members since they were told of. Where one opened, the issue
// is looked at first, as it is for a single finding.
func (p plan) tellMembers(op string, telling map[string]finding.Disposition) Step {
	s := Step{Action: Comment, Op: op, Doc: p.v.MembersComment(p.s, p.a.Told, telling), Telling: telling}
	for key, d := range telling {
		s.Look = s.Look || (!d.Closed() && p.a.Told[key] != d)
	}
	return s
}

// tellingOp names the comment that tells of the members as they are: by their newest status events,
// because a member may come to the same disposition twice.
func tellingOp(w store.Work) string {
	byKey := make(map[string]string, len(w.Findings))
	for _, f := range w.Findings {
		byKey[f.Key.String()] = stateOp(string(f.Disposition), f.Status)
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(byKey))) // prints a map by sorted keys
	return membersOp + hex.EncodeToString(sum[:12])
}

// ready gives the time from which waiting changes are told: when the newest is old enough, or the
// oldest has waited long enough.
func (p plan) ready() time.Time {
	newest, since := time.Time{}, p.now
	for _, f := range p.w.Findings {
		newest = later(newest, f.Updated)
	}
	if began := time.Unix(p.a.Gathering, 0); p.a.Gathering != 0 && began.Before(p.now) {
		since = began
	}
	ready := newest.Add(p.timing.Gather)
	if limit := since.Add(p.timing.GatherMost); limit.Before(ready) {
		return limit
	}
	return ready
}

// gather notes since when changes wait to be told; a zero time says that none do any more.
func (r *run) gather(due time.Time) {
	switch a := &r.t.Applied; {
	case due.IsZero():
		a.Gathering = 0
	case a.Gathering == 0 || a.Gathering > r.o.Now().Unix():
		a.Gathering = r.o.Now().Unix()
	}
}

// toldAll notes that the issue tells of all members as they are.
func (r *run) toldAll() { r.t.Applied = tells(r.t.Applied, dispositions(r.w)) }

// tells is what is applied once the issue tells of the members, and nothing is under way or waits.
func tells(a store.Applied, members map[string]finding.Disposition) store.Applied {
	a.Told, a.Telling, a.TellingOp, a.Gathering = members, nil, "", 0
	return a
}

// telling notes, before a comment is sent, what it brings the issue to tell of.
func (r *run) telling(s Step) {
	if s.Telling != nil {
		r.t.Applied.Telling, r.t.Applied.TellingOp = s.Telling, s.Op
	}
}

// told notes that a comment is there, or never will be.
func (r *run) told(op string) {
	if a := r.t.Applied; a.TellingOp == op && op != "" {
		r.t.Applied = tells(a, a.Telling)
	}
}

// when gives a step where it is asked for.
func when(asked bool, s Step) Step {
	if asked {
		return s
	}
	return Step{Action: Rest}
}
