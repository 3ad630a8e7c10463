package deliver

import (
	"strconv"
	"strings"
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
	Accept      Action = "accept"       // take note of a regression that the rule says to leave alone
	Follow      Action = "follow"       // make a following issue
	Update      Action = "update"       // rewrite what still stands as written
	Comment     Action = "comment"      // post the comment Op
	DropComment Action = "drop-comment" // delete the comment Op
	Audit       Action = "audit"        // look for late duplicates
)

// Step is an action with what it needs.
type Step struct {
	Action Action
	Op     string     // of Comment and DropComment
	Doc    ticket.Doc // of Comment
}

// Plan decides the next step from what is known. It is pure: the same work at the same time gives
// the same step.
func Plan(w store.Work, v mapping.View, now time.Time) Step {
	t := w.Ticket
	if len(w.Findings) == 0 { // another issue followed this one
		if !t.Ref.IsZero() && auditDue(t, now) {
			return Step{Action: Audit}
		}
		return Step{Action: Rest}
	}
	f := w.Findings[0].Finding
	switch Implied(t) {
	case store.TicketIntent, store.TicketDoubt:
		return Step{Action: Look}
	case store.TicketWanted, store.TicketNone:
		if f.Disposition.Closed() && !v.Policy().TicketClosed {
			return Step{Action: Skip}
		}
		return Step{Action: Create}
	case store.TicketGone:
		if !f.Disposition.Closed() && f.Opened.Compare(t.Applied.Opened) > 0 {
			return Step{Action: Follow}
		}
		return Step{Action: Rest}
	case store.TicketLive, store.TicketClosed:
		return planIssue(w, f, v, now)
	case store.TicketHeld, store.TicketIgnored:
	}
	return Step{Action: Rest}
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

func planIssue(w store.Work, f finding.Finding, v mapping.View, now time.Time) Step {
	t := w.Ticket
	if auditDue(t, now) {
		return Step{Action: Audit}
	}
	state := planOpen
	if f.Disposition.Closed() {
		state = planClosed
	}
	if s := state(w, f, v, now); s.Action != Rest {
		return s
	}
	if s := planNotes(w, v); s.Action != Rest {
		return s
	}
	if Implied(t) == store.TicketLive && !f.Disposition.Closed() {
		if d, err := v.Draft(mapping.One(f), t.Marker, t.Previous); err == nil && v.Digest(d) != t.Applied.Draft {
			return Step{Action: Update}
		}
	}
	return Step{Action: Rest}
}

func auditDue(t store.Ticket, now time.Time) bool {
	return !t.AuditAt.IsZero() && !t.AuditAt.After(now)
}

// planClosed: comment with the disposition, then close.
func planClosed(w store.Work, f finding.Finding, v mapping.View, _ time.Time) Step {
	a := w.Ticket.Applied
	if a.Known && a.Status == f.Status && Implied(w.Ticket) == store.TicketClosed {
		return Step{Action: Rest}
	}
	if op := stateOp("state", f.Status); pending(w, op) {
		return Step{Action: Comment, Op: op, Doc: v.StateComment(mapping.One(f))}
	}
	if refused(a, f) {
		return planRefused(w, f)
	}
	return Step{Action: Close}
}

// refused tells whether the workflow refused to bring the issue to this very disposition. That is
// not tried again until a person says so.
func refused(a store.Applied, f finding.Finding) bool {
	return a.Known && a.Refused == f.Status && !f.Status.IsZero()
}

// planRefused: say so in the issue, and leave it to a person.
func planRefused(w store.Work, f finding.Finding) Step {
	if op := stateOp("refused", f.Status); pending(w, op) {
		return Step{Action: Comment, Op: op, Doc: refusedComment(f, w.Ticket.Reason)}
	}
	return Step{Action: Rest}
}

// planOpen: an issue that we closed is reopened (or followed by a new one when that is long ago);
// one that a person closed is left alone until Data Theorem opens the finding anew.
func planOpen(w store.Work, f finding.Finding, v mapping.View, now time.Time) Step {
	t, a := w.Ticket, w.Ticket.Applied
	regressed := f.Opened.Compare(a.Opened) > 0
	switch {
	case refused(a, f):
		return planRefused(w, f)
	case Implied(t) == store.TicketClosed && a.ByPerson:
		if regressed {
			return planRegression(w, f, v)
		}
	case Implied(t) == store.TicketClosed:
		closed := time.Unix(a.ClosedAt, 0)
		within := v.Policy().ReopenWithin
		if a.Known && a.ClosedAt != 0 && now.Sub(closed) > within { // not known: a reopening in time may be under way
			return Step{Action: Follow}
		}
		return Step{Action: Reopen}
	case !a.Known && (regressed || a.ClosedAt != 0):
		return Step{Action: Reopen} // we may have closed it; looks first and does nothing where it is open
	case !a.Known, regressed:
		return Step{Action: Check}
	}
	if op := stateOp("state", f.Status); !f.Status.IsZero() && a.Reopened == f.Status && pending(w, op) {
		return Step{Action: Comment, Op: op, Doc: v.StateComment(mapping.One(f))}
	}
	return Step{Action: Rest}
}

// planRegression: a person closed the issue, and then the finding was opened anew.
func planRegression(w store.Work, f finding.Finding, v mapping.View) Step {
	switch v.Policy().OnRegression {
	case mapping.RegressionNew:
		return Step{Action: Follow}
	case mapping.RegressionComment:
		if op := stateOp("regression", f.Opened); pending(w, op) {
			return Step{Action: Comment, Op: op, Doc: v.StateComment(mapping.One(f))}
		}
		return Step{Action: Accept}
	case mapping.RegressionNothing:
		return Step{Action: Accept}
	case mapping.RegressionReopen:
	}
	return Step{Action: Reopen}
}

// planNotes: a note is a comment; a deleted note is none.
func planNotes(w store.Work, v mapping.View) Step {
	if !v.Policy().Notes {
		return Step{Action: Rest}
	}
	for _, n := range w.Notes {
		op := "note/" + n.ID
		c, known := commentOf(w, op)
		switch {
		case n.Deleted && known && c.State != store.CommentDeleted && c.State != store.CommentFailed,
			n.Deleted && !known && w.Ticket.Applied.Adopted: // it may be there all the same
			return Step{Action: DropComment, Op: op}
		case !n.Deleted && pending(w, op):
			return Step{Action: Comment, Op: op, Doc: v.NoteComment(n)}
		}
	}
	return Step{Action: Rest}
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

func refusedComment(f finding.Finding, reason string) ticket.Doc {
	what := "reopen this issue"
	if f.Disposition.Closed() {
		what = "close this issue as " + strings.ReplaceAll(string(f.Disposition), "_", " ")
	}
	return ticket.Doc{ticket.Para(ticket.Text("ticketd could not " + what +
		" and leaves that to a person. " + reason)...)}
}
