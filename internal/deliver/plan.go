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
		if needless(t, p.f, v) {
			return Step{Action: Skip}
		}
		return Step{Action: Create}
	case store.TicketGone:
		return p.gone()
	case store.TicketLive, store.TicketClosed:
		return p.issue()
	case store.TicketHeld, store.TicketIgnored:
	}
	return Step{Action: Rest}
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

// gone: a deleted issue is followed by another once Data Theorem opens anew what it was about.
func (p plan) gone() Step {
	switch {
	case !p.f.Disposition.Closed() && p.regressed():
		return Step{Action: Follow}
	case p.unnoticed():
		return Step{Action: Accept}
	}
	return Step{Action: Rest}
}

// regressed tells whether Data Theorem opened anew what the ticket is about: the finding, or any
// member of a group, since that was last brought to the issue.
func (p plan) regressed() bool {
	if p.f.Opened.Compare(p.a.Opened) > 0 {
		return true
	}
	for key, d := range dispositions(p.w) {
		if p.a.Told != nil && !d.Closed() && p.a.Told[key] != d {
			return true
		}
	}
	return false
}

// unnoticed tells, of an issue that is left alone, whether a member closed or a digest's list emptied:
// what opens after that is opened anew.
func (p plan) unnoticed() bool {
	if p.t.Digest {
		return p.f.Disposition.Closed() && p.a.Disposition != p.f.Disposition
	}
	for key, d := range dispositions(p.w) {
		if told, known := p.a.Told[key]; known && d.Closed() && !told.Closed() {
			return true
		}
	}
	return false
}

// state is the comment that tells of the finding's disposition; on a group it tells of all members.
func (p plan) state(kind string, s finding.Stamp) (Step, bool) {
	op := stateOp(kind, s)
	return Step{Action: Comment, Op: op, Doc: p.v.StateComment(p.s), Telling: dispositions(p.w)}, pending(p.w, op)
}

// closed: comment with the disposition, then close. A ticket that only gets a comment, by its rule or
// because a person closed it before, counts as brought to the disposition with that.
func (p plan) closed() Step {
	byPerson := Implied(p.t) == store.TicketClosed && p.a.ByPerson
	stays := p.v.CommentOnly(p.f.Disposition) || (byPerson && !p.v.Policy().ClosePersonClosed)
	if p.a.Known && p.a.Status == p.f.Status && (stays || Implied(p.t) == store.TicketClosed) {
		return Step{Action: Rest}
	}
	if stays && !p.a.Known {
		return Step{Action: Check}
	}
	if s, due := p.state("state", p.f.Status); due {
		return s
	}
	if stays {
		return Step{Action: Accept}
	}
	if refused(p.a, p.f) {
		return p.refused()
	}
	if draft, stale := p.stale(); stale && (p.s.Members != nil || p.s.Digest) && Implied(p.t) == store.TicketLive && draft != p.a.Unwritten {
		return Step{Action: Update} // the last that is written: all are closed
	}
	return Step{Action: Close}
}

// stale gives the digest of the draft as it should be, and tells whether the issue was written otherwise.
func (p plan) stale() (digest string, stale bool) {
	d, err := p.v.Draft(p.s, p.t.Marker, p.t.Previous)
	if err != nil {
		return "", false
	}
	digest = p.v.Digest(d)
	return digest, digest != p.a.Draft
}

// refused tells whether the workflow refused to bring the issue to this very disposition. That is
// not tried again until a person says so.
func refused(a store.Applied, f finding.Finding) bool {
	return a.Known && a.Refused == f.Status && !f.Status.IsZero()
}

// refused: say so in the issue, by a comment and a label, and leave it to a person.
func (p plan) refused() Step {
	if op := stateOp("refused", p.f.Status); pending(p.w, op) {
		return Step{Action: Comment, Op: op, Doc: refusedComment(p.f, p.t.Reason)}
	}
	return when(p.a.LabelledFor != p.f.Status, Step{Action: Label})
}

// open: an issue that we closed is reopened (or followed by a new one when that is long ago); one that
// a person closed is left alone until Data Theorem opens the finding anew.
func (p plan) open() Step {
	closed := Implied(p.t) == store.TicketClosed
	switch {
	case refused(p.a, p.f):
		return p.refused()
	case closed && p.a.ByPerson:
		if p.regressed() {
			return p.regression()
		}
		if p.unnoticed() {
			return Step{Action: Accept}
		}
	case closed && p.v.CommentOnly(finding.Open):
		if p.a.Disposition != finding.Open || p.a.Status != p.f.Status {
			return p.sayOnly("state", p.f.Status)
		}
	case closed:
		return p.reopen()
	case !p.a.Known && (p.regressed() || p.a.ClosedAt != 0) && !p.v.CommentOnly(finding.Open):
		return Step{Action: Reopen} // we may have closed it; looks first and does nothing where it is open
	case !p.a.Known, p.a.Disposition.Closed(), p.openedAnew():
		return Step{Action: Check}
	}
	if s, due := p.state("state", p.f.Status); due && !p.f.Status.IsZero() && p.a.Reopened == p.f.Status {
		return s
	}
	return Step{Action: Rest}
}

func (p plan) reopen() Step {
	closed := time.Unix(p.a.ClosedAt, 0)
	within := p.v.Policy().ReopenWithin
	if p.a.Known && p.a.ClosedAt != 0 && p.now.Sub(closed) > within { // not known: a reopening in time may be under way
		return Step{Action: Follow}
	}
	return Step{Action: Reopen}
}

// openedAnew asks for a look at an issue that should be open. Where the members of a group are to be
// told of, that is a part of the telling.
func (p plan) openedAnew() bool { return p.regressed() && !p.untold() }

// sayOnly leaves the issue's state as it is and says why it might be another.
func (p plan) sayOnly(kind string, at finding.Stamp) Step {
	if s, due := p.state(kind, at); due {
		return s
	}
	return Step{Action: Accept}
}

// regression: a person closed the issue, and then the finding was opened anew.
func (p plan) regression() Step {
	switch p.v.Policy().OnRegression {
	case mapping.RegressionNew:
		return Step{Action: Follow}
	case mapping.RegressionComment:
		return p.sayOnly("regression", p.f.Opened)
	case mapping.RegressionNothing:
		return Step{Action: Accept}
	case mapping.RegressionReopen:
	}
	if p.v.CommentOnly(finding.Open) {
		return p.sayOnly("regression", p.f.Opened)
	}
	return Step{Action: Reopen}
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

func refusedComment(f finding.Finding, reason string) ticket.Doc {
	what := "reopen this issue"
	if f.Disposition.Closed() {
		what = "close this issue as " + strings.ReplaceAll(string(f.Disposition), "_", " ")
	}
	return ticket.Doc{ticket.Para(ticket.Text("ticketd could not " + what +
		" and leaves that to a person. " + reason)...)}
}
