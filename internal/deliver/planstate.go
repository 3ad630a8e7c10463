package deliver

import (
	"strings"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

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
	if p.listsOthers() {
		return Step{Action: Update} // the last that is written: all are closed
	}
	return Step{Action: Close}
}

// listsOthers tells whether an issue that lists findings is to be closed and lists them otherwise than
// they are, unless the tracker would not take the list that it should have.
func (p plan) listsOthers() bool {
	if !p.lists() || Implied(p.t) != store.TicketLive {
		return false
	}
	draft, stale := p.stale()
	return stale && draft != p.a.Unwritten
}

// lists tells whether the issue is about a list of findings: a group's or a digest's.
func (p plan) lists() bool { return p.s.Members != nil || p.s.Digest }

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

// sayOnly leaves the state as it is and says why it might be another.
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

func refusedComment(f finding.Finding, reason string) ticket.Doc {
	what := "reopen this issue"
	if f.Disposition.Closed() {
		what = "close this issue as " + strings.ReplaceAll(string(f.Disposition), "_", " ")
	}
	return ticket.Doc{ticket.Para(ticket.Text("ticketd could not " + what +
		" and leaves that to a person. " + reason)...)}
}
