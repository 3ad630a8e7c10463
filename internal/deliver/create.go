package deliver

import (
	"context"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// polls is when, after a doubtful create, the issue is looked for before the quiet period is over.
// Finding it early saves waiting; not finding it early proves nothing.
func polls() []time.Duration {
	return []time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 5 * time.Minute}
}

// create makes the issue: C3 to C6. It is only called when no earlier create of this row can have
// had an effect: none was sent, each was refused for certain, or the quiet period has passed and
// the issue was looked for and not found.
func (r *run) create(ctx context.Context) error {
	if !r.audited[r.t.Destination.Project] && !proof.Without(ctx, proof.StartAudit) {
		return r.auditFirst(ctx)
	}
	waits, err := r.waits(ctx)
	if waits || err != nil {
		return err
	}
	draft, err := r.view.Draft(r.s, r.t.Marker, r.t.Previous)
	if err != nil {
		return r.hold(ctx, store.HeldTemplate, "rendering the ticket: "+err.Error(), "Correct the rule's templates, then: ticketd tickets retry")
	}
	draft.Destination = r.t.Destination
	before := r.t

	// C3: the intent is on disk before anything is sent.
	started := r.o.Now()
	r.t.State, r.t.Attempts = store.TicketIntent, r.t.Attempts+1
	r.t.SendDeadline, r.t.AttemptEnd = r.there().Add(r.o.Timing.Call), time.Time{}
	deadline := started.Add(r.o.Timing.Call)
	r.t.Applied = store.Applied{Draft: r.view.Digest(draft), Sent: deadline.Unix(), Told: dispositions(r.w), Written: r.o.Tracker.Writes(draft)}
	r.t.Made = started
	if !proof.Without(ctx, proof.Intent) {
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
	proof.At(ctx, proof.IntentRecorded)

	// C4: never sent after its deadline, whatever stopped us in between.
	call, cancel := r.sending(ctx)
	defer cancel()
	if call.Err() != nil || r.o.Now().After(deadline) && !proof.Without(ctx, proof.SendDeadline) {
		return r.undo(ctx, before, started, &ticket.Error{Op: "create", Decision: ticket.Retry, Message: "too late to send"})
	}
	issue, err := r.o.Tracker.Create(call, draft)
	proof.At(ctx, proof.CreateAnswered)
	r.pace.wrote(r.o.Now(), true)

	// C5: classify.
	if err != nil {
		if ticket.DecisionOf(err) != ticket.Doubt {
			return r.undo(ctx, before, started, err)
		}
		r.o.Observe.Doubt()
		r.t.State, r.t.AttemptEnd = store.TicketDoubt, r.there()
		if _, err := r.settle(ctx, err); err != nil {
			return err
		}
		return r.done(ctx, r.o.Now().Add(polls()[0]), note("create", started, r.o.Now(), err, ""))
	}
	return r.created(ctx, issue, started)
}

// undo puts the row back as it was before a create that certainly had no effect. An earlier doubt
// stays a doubt, with its own times.
func (r *run) undo(ctx context.Context, before store.Ticket, started time.Time, cause error) error {
	r.t, r.counted = before, false
	if r.t.State != store.TicketDoubt {
		r.t.State = store.TicketWanted
	}
	return r.callFailed(ctx, "create", started, cause)
}

// created is C6: nothing that can fail stands between the answer and this record.
func (r *run) created(ctx context.Context, issue ticket.Issue, started time.Time) error {
	ended := r.o.Now()
	r.t.State, r.t.Ref, r.t.AttemptEnd = store.TicketLive, issue.Ref, r.there()
	r.t.Applied.Known, r.t.Applied.Disposition = true, finding.Open
	r.t.Applied.Opened, r.t.Applied.Written = r.f.Opened, issue.Written
	if !r.f.Disposition.Closed() {
		r.t.Applied.Status = r.f.Status
	}
	if r.t.Attempts > 1 || !r.t.AuditAt.IsZero() {
		r.t.AuditAt = ended.Add(firstAudit)
	}
	op := note("create", started, ended, nil, droppedText("created "+issue.Ref.Key, issue.Dropped))
	if err := r.succeeded(ctx, issue); err != nil {
		r.log.Error("clearing pauses", "error", err) // the issue exists: it is recorded whatever else fails
	}
	r.log.Info("issue created", "issue", issue.Ref.Key, "url", issue.Ref.URL, "rule", r.t.Rule, "dropped", issue.Dropped)
	return r.done(ctx, r.o.Now(), op)
}

func droppedText(text string, dropped []string) string {
	for _, d := range dropped {
		text += "; left out: " + d
	}
	return text
}

// look is C1 and C2 for a create in doubt: search, adopt what is found, and create again only when
// the quiet period has passed and the search came back empty.
func (r *run) look(ctx context.Context) error {
	if r.t.State == store.TicketIntent { // the process died over it
		r.o.Observe.Doubt()
		r.t.State = store.TicketDoubt
	}
	started := r.o.Now()
	call, cancel := r.untilStopped(ctx, auditTimeout)
	defer cancel()
	found, err := r.o.Tracker.Find(call, ticket.Query{
		Project: r.t.Destination.Project, Markers: []string{r.t.Marker}, Since: r.t.Created.Add(-time.Hour),
	})
	if proof.Without(ctx, proof.FindInDoubt) {
		found, err = nil, nil
	}
	proof.At(ctx, proof.SearchAnswered)
	if err != nil {
		due, serr := r.settle(ctx, err)
		if serr != nil {
			return serr
		}
		if r.t.State == store.TicketHeld || r.t.State == store.TicketGone { // a search settles neither
			r.t.State, due = store.TicketDoubt, started.Add(r.backoff(r.t.Failures))
		}
		return r.done(ctx, due, note("find", started, r.o.Now(), err, ""))
	}
	if len(found) > 0 {
		return r.adopt(ctx, found, started)
	}
	r.t.State = store.TicketDoubt
	if err := r.healthy(ctx, r.t.Destination.Project); err != nil { // failures of the create still count
		return err
	}
	asked := started.Add(r.o.Skew()) // the answer is as old as the question
	left := r.quietLeft(asked, started)
	if left > r.o.Timing.Quiet+r.o.Timing.Call { // a clock was set back since: the quiet period begins anew
		r.t.SendDeadline, r.t.AttemptEnd, r.t.Applied.Sent = asked, asked, started.Unix()
		left = r.quietLeft(asked, started)
	}
	if wait := r.nextLook(asked, left); wait > 0 && !proof.Without(ctx, proof.QuietPeriod) {
		r.t.Hint = ""
		r.t.Reason = "a create may have had an effect; looking again until " + started.Add(left).UTC().Format(time.TimeOnly) + " UTC"
		return r.done(ctx, r.o.Now().Add(wait), note("find", started, r.o.Now(), nil, "not found yet"))
	}
	if needless(r.t, r.f, r.view) {
		r.skip()
		r.t.Attempts, r.t.AuditAt = 0, r.lateLook()
		return r.done(ctx, r.t.AuditAt, note("find", started, r.o.Now(), nil, "not found, and not needed any more"))
	}
	if !r.t.AuditAt.IsZero() {
		r.t.AuditAt = r.nextAudit() // this was one
	}
	return r.create(ctx)
}

// lateLook gives when an issue is looked for once more that was not there when the quiet period was over,
// and was not needed any more: one that comes into being all the same has to be closed.
func (r *run) lateLook() time.Time {
	if r.t.AttemptEnd.IsZero() {
		r.t.AttemptEnd = r.there()
	}
	if r.t.AuditAt.IsZero() {
		return r.o.Now().Add(firstAudit)
	}
	return r.nextAudit()
}

// quietLeft is how long it is until the effect of the newest create is certain to be visible if there
// was one, by the tracker's clock and by ours: the quiet period must have passed on both, so that
// neither a jump of ours nor a false date of the tracker's cuts it short.
func (r *run) quietLeft(asked, started time.Time) time.Duration {
	end := r.t.SendDeadline
	if r.t.AttemptEnd.After(end) {
		end = r.t.AttemptEnd
	}
	return r.o.Timing.Quiet + max(end.Sub(asked), time.Unix(r.t.Applied.Sent, 0).Sub(started))
}

// there is the time on the tracker's clock, on which the times of an attempt are kept.
func (d *Deliverer) there() time.Time { return d.o.Now().Add(d.o.Skew()) }

// nextLook gives the wait before the next search, where left of the quiet period is left; zero once
// it is over.
func (r *run) nextLook(asked time.Time, left time.Duration) time.Duration {
	from := r.t.AttemptEnd
	if from.IsZero() {
		from = r.t.SendDeadline.Add(-r.o.Timing.Call)
	}
	for _, after := range polls() {
		if wait := from.Add(after).Sub(asked); wait > 0 && wait < left {
			return wait
		}
	}
	return max(left, 0)
}

// sighted adopts an issue that an audit saw, before anything else is decided for the row. A second
// open issue with the row's marker asks for an audit.
func (r *run) sighted(ctx context.Context) (bool, error) {
	s, err := r.seen(ctx, r.t.Marker)
	if err != nil {
		return false, err
	}
	if r.t.Ref.IsZero() && !s.Ref.IsZero() {
		found := ticket.Issue{Ref: s.Ref, Marker: s.Marker, Open: s.Open, Created: s.Created}
		return true, r.adopt(ctx, []ticket.Issue{found}, r.o.Now())
	}
	if r.t.Ref.IsZero() || !r.t.Applied.Known {
		next, err := r.overtaken(ctx)
		if err != nil {
			return false, err
		}
		if next != nil {
			return true, r.giveWay(ctx, next)
		}
	}
	switch {
	case s.Ref.IsZero():
	case s.Open && !same(s.Ref, r.t.Ref) && r.t.AuditAt.IsZero() && r.t.State != store.TicketGone:
		r.t.AuditAt = r.o.Now()
		r.w.Ticket.AuditAt = r.t.AuditAt
	}
	return false, nil
}

// adopt takes the oldest of the found issues as the ticket's own.
func (r *run) adopt(ctx context.Context, found []ticket.Issue, started time.Time) error {
	issue := found[0]
	r.t.Ref, r.t.State = issue.Ref, store.TicketLive
	if !issue.Open {
		r.t.State = store.TicketClosed
	}
	r.t.Applied.Known, r.t.Applied.Adopted = false, true
	r.t.AuditAt = r.o.Now().Add(firstAudit)
	if len(found) > 1 {
		r.t.AuditAt = r.o.Now()
	}
	if r.t.AttemptEnd.IsZero() {
		r.t.AttemptEnd = r.there()
	}
	if err := r.succeeded(ctx, issue); err != nil {
		return err
	}
	r.log.Info("issue adopted", "issue", issue.Ref.Key, "url", issue.Ref.URL, "rule", r.t.Rule)
	rec := store.Record{Op: note("adopt", started, r.o.Now(), nil, "found "+issue.Ref.Key+" by its marker"), Done: true, Due: r.o.Now()}
	next, err := r.overtaken(ctx)
	if err != nil {
		return err
	}
	rec.Next = next
	return r.record(ctx, rec)
}

// overtaken gives the next generation where an audit saw its issue, or that of one after it: a store
// that this one does not remember had followed the ticket with it.
func (r *run) overtaken(ctx context.Context) (next *store.Ticket, err error) {
	if followed(r.w) {
		return nil, nil
	}
	later, err := r.seenFrom(ctx, r.t.Group, r.t.Generation+1)
	if err != nil || len(later) == 0 {
		return nil, err
	}
	return r.successor(), nil
}

// giveWay leaves the findings to a later generation, which an audit saw. What the ticket's own issue was
// is not known where there is none: it was deleted before the other was made.
func (r *run) giveWay(ctx context.Context, next *store.Ticket) error {
	if r.t.Ref.IsZero() {
		r.t.State, r.t.Attempts, r.t.Hint, r.t.AuditAt = store.TicketNone, 0, "", time.Time{}
		r.t.Reason = "another ticket had followed it before the store was restored"
	}
	return r.record(ctx, store.Record{Done: true, Due: r.t.AuditAt, Next: next})
}

func (r *run) hold(ctx context.Context, why store.Held, reason, hint string) error {
	r.t.State, r.t.Held, r.t.Reason, r.t.Hint = store.TicketHeld, why, reason, hint
	r.log.Warn("ticket held", "reason", reason, "hint", hint)
	return r.done(ctx, r.t.AuditAt, nil)
}

// follow starts the next issue of the group.
func (r *run) follow(ctx context.Context) error {
	return r.record(ctx, store.Record{Done: true, Due: r.t.AuditAt, Next: r.successor()})
}

func (r *run) successor() *store.Ticket {
	dest, rule := r.leadsTo()
	now := r.o.Now()
	return &store.Ticket{
		Group: r.t.Group, Digest: r.t.Digest, Generation: r.t.Generation + 1, Destination: dest, Rule: rule, Previous: r.t.Ref,
		Marker: r.o.Mapping.Marker(dest.Tracker, r.t.Group, r.t.Generation+1),
		State:  store.TicketWanted, Due: now, Created: now, Updated: now,
	}
}

// leadsTo gives where the ticket's findings go by the rules of now, if they all go to one place; no
// member of a group is taken to where another goes.
func (r *run) leadsTo() (ticket.Destination, string) {
	dest, rule := r.t.Destination, r.t.Rule
	if r.t.Digest {
		return dest, rule
	}
	for i, f := range r.w.Findings {
		to, err := r.o.Mapping.Route(f.Finding)
		if err != nil || (i > 0 && to.Destination != dest) {
			return r.t.Destination, r.t.Rule
		}
		if i == 0 {
			dest, rule = to.Destination, to.Rule
		}
	}
	return dest, rule
}
