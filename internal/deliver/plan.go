package deliver

import (
	"strconv"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// Action is the next thing to do for a ticket.
type Action string

// The actions.
const (
	Rest        Action = "rest"         // the issue is true
	Skip        Action = "skip"         // no issue is needed
	Look        Action = "look"         // a create may have had an effect: search for it
	Create      Action = "create"       // make the issue
	Check       Action = "check"        // a new opening: see whether a person closed the issue
	Close       Action = "close"        // bring the issue to the finding's disposition
	Reopen      Action = "reopen"       // open it again
	Accept      Action = "accept"       // take note of what the issue's state is not changed for
	Follow      Action = "follow"       // make a following issue
	Update      Action = "update"       // rewrite what still stands as written
	Comment     Action = "comment"      // post the comment Op
	DropComment Action = "drop-comment" // delete the comment Op
	Label       Action = "label"        // put the label on that says that the workflow refused
	Unlabel     Action = "unlabel"      // take it off again
	Audit       Action = "audit"        // look for late duplicates
)

// Step is an action with what it needs.
type Step struct {
	Action Action
	Op     string     // of Comment and DropComment
	Doc    ticket.Doc // of Comment
	Look   bool       // of Comment: see first whether a person closed the issue
	Due    time.Time  // of Rest: when changes that wait for each other are told; zero: none do

	Telling map[string]finding.Disposition // of Comment, on a group: what it tells of the members
}

// plan is what a step is decided from.
type plan struct {
	w      store.Work
	v      mapping.View
	timing Timing
	now    time.Time

	t store.Ticket
	a store.Applied
	s mapping.Subject
	f finding.Finding // the subject's
}

// Plan decides the next step from what is known. It is pure: the same work at the same time gives
// the same step.
func Plan(w store.Work, v mapping.View, timing Timing, now time.Time) Step {
	t := w.Ticket
	if followed(w) {
		return when(!t.Ref.IsZero() && auditDue(t, now), Step{Action: Audit})
	}
	s := about(w)
	p := plan{w: w, v: v, timing: timing.filled(), now: now, t: t, a: t.Applied, s: s, f: s.Finding}
	switch Implied(t) {
	case store.TicketIntent, store.TicketDoubt:
		return Step{Action: Look}
	case store.TicketWanted, store.TicketNone:
		return p.noIssue()
	case store.TicketGone:
		return p.gone()
	case store.TicketLive, store.TicketClosed:
		return p.issue()
	case store.TicketHeld, store.TicketIgnored:
	}
	return Step{Action: Rest}
}

// noIssue: one that a create of before may have made late is looked for where another is to be made, and
// from time to time where none is.
func (p plan) noIssue() Step {
	late := !p.t.AuditAt.IsZero()
	switch needed := !needless(p.t, p.f, p.v); {
	case needed && late, auditDue(p.t, p.now):
		return Step{Action: Look}
	case needed:
		return Step{Action: Create}
	}
	return Step{Action: Skip}
}

// needless tells whether a ticket that has no issue needs none.
func needless(t store.Ticket, f finding.Finding, v mapping.View) bool {
	return f.Disposition.Closed() && (t.Digest || !v.Policy().TicketClosed)
}

// Implied gives the state that a held row would have if nothing held it.
func Implied(t store.Ticket) store.TicketState {
	switch {
	case t.State != store.TicketHeld:
		return t.State
	case t.Ref.IsZero() && t.Attempts > 0:
		return store.TicketDoubt
	case t.Ref.IsZero():
		return store.TicketWanted
	case t.Applied.ClosedAt != 0 || t.Applied.ByPerson:
		return store.TicketClosed
	}
	return store.TicketLive
}

func (p plan) issue() Step {
	if auditDue(p.t, p.now) {
		return Step{Action: Audit}
	}
	state := p.open
	if p.f.Disposition.Closed() {
		state = p.closed
	}
	if s := state(); s.Action != Rest {
		return s
	}
	if p.a.Labelled != "" && !refused(p.a, p.f) {
		return Step{Action: Unlabel}
	}
	if s := p.notes(); s.Action != Rest {
		return s
	}
	return p.text()
}

func auditDue(t store.Ticket, now time.Time) bool {
	return !t.AuditAt.IsZero() && !t.AuditAt.After(now)
}

// notes: a note is a comment; a deleted note is none.
func (p plan) notes() Step {
	if !p.v.Policy().Notes {
		return Step{Action: Rest}
	}
	for _, n := range p.w.Notes {
		op := p.noteOp(n)
		c, known := commentOf(p.w, op)
		switch {
		case n.Deleted && known && c.State != store.CommentDeleted && c.State != store.CommentFailed,
			n.Deleted && !known && p.a.Adopted: // it may be there all the same
			return Step{Action: DropComment, Op: op}
		case !n.Deleted && pending(p.w, op):
			return Step{Action: Comment, Op: op, Doc: p.v.NoteComment(n)}
		}
	}
	return Step{Action: Rest}
}

// noteOp names the comment of a note. The notes of a group are written on several findings and
// parents, and only there their ids are certain to differ.
func (p plan) noteOp(n finding.Note) string {
	if grouped(p.t) {
		return "note/" + n.Subject.UUID + "/" + n.ID
	}
	return "note/" + n.ID
}

// pending tells whether a comment still has to be posted.
func pending(w store.Work, op string) bool {
	c, known := commentOf(w, op)
	return !known || c.State == store.CommentIntent || c.State == store.CommentDoubt
}

func commentOf(w store.Work, op string) (store.Comment, bool) {
	for _, c := range w.Comments {
		if c.Op == op {
			return c, true
		}
	}
	return store.Comment{}, false
}

// stateOp names the comment of one status event: the same event always gives the same name.
func stateOp(kind string, s finding.Stamp) string {
	return kind + "/" + strconv.FormatInt(s.Time, 10) + "-" + s.Tie[:min(8, len(s.Tie))]
}
