package deliver

import (
	"ticketd/internal/finding"
	"ticketd/mapping"
	"ticketd/store"
)

// about gives what a ticket is about, with the finding as which its next step is planned: the one
// that it holds, what its members add up to, or a digest's list.
func about(w store.Work) mapping.Subject {
	var members []finding.Finding
	for _, f := range w.Findings {
		members = append(members, f.Finding)
	}
	switch {
	case w.Ticket.Digest:
		s := mapping.Several(members)
		s.Finding = listed(w.Ticket.Applied, s.Finding, len(members) > 0)
		s.Digest, s.More = true, w.More
		return s
	case mapping.Grouped(w.Ticket.Group):
		return mapping.Several(members)
	case len(members) > 0:
		return mapping.One(members[0])
	}
	return mapping.Subject{}
}

// listed makes a finding of a digest's list: open while anything is on the list, resolved while nothing
// is. Its stamps count how often the one became the other, odd for open and even for resolved, by what
// the issue is known to reflect; so they stay the same until a step has brought the issue there,
// whatever happens in between, and a list that fills again is opened anew.
func listed(a store.Applied, f finding.Finding, filled bool) finding.Finding {
	parity := int64(0)
	f.Disposition, f.Opened, f.Status = finding.Resolved, a.Opened, finding.Stamp{Time: a.Status.Time}
	if filled {
		parity, f.Disposition = 1, finding.Open
	}
	if !a.Known || a.Disposition != f.Disposition {
		f.Status.Time++
	}
	if f.Status.Time%2 != parity {
		f.Status.Time++
	}
	if filled {
		f.Opened = f.Status
	}
	return f
}

// followed tells whether a ticket is none any more: its findings went to another.
func followed(w store.Work) bool {
	return w.Followed || (len(w.Findings) == 0 && !w.Ticket.Digest)
}

// grouped tells whether a ticket holds a group, whose members it tells of.
func grouped(t store.Ticket) bool { return !t.Digest && mapping.Grouped(t.Group) }

// maxTold bounds the members that comments tell of one by one. What was told of each is a part of the
// row, which is written with every step; of a larger group only the description is kept current.
const maxTold = 500

// dispositions gives those of a group's members, by key; nil for any other ticket, and for a group of
// more than maxTold.
func dispositions(w store.Work) map[string]finding.Disposition {
	if !grouped(w.Ticket) || len(w.Findings) > maxTold {
		return nil
	}
	now := make(map[string]finding.Disposition, len(w.Findings))
	for _, f := range w.Findings {
		now[f.Key.String()] = f.Disposition
	}
	return now
}
