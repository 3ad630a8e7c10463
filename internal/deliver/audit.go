package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// When a ticket whose creation was ever in doubt is searched for late duplicates (C7).
const (
	firstAudit = 15 * time.Minute
	lastAudit  = 24 * time.Hour
	auditAgain = time.Hour // after one that failed
)

// Limits of the start-up audit.
const (
	auditTimeout = 30 * time.Minute // it may list a project of 100,000 issues, a hundred a second
	auditMargin  = 10 * time.Minute
	auditRefresh = time.Hour // how old AuditedAt may get while all is known
)

// auditFirst lists our issues of a project before the first create of this process there, so that a
// new, lost or restored store adopts what exists instead of making it again.
func (r *run) auditFirst(ctx context.Context) error {
	started := r.o.Now()
	project := r.t.Destination.Project
	seen, err := r.audit(ctx, project)
	r.o.Observe.audited(seen, err)
	if err != nil {
		due, serr := r.settle(ctx, err)
		if serr != nil {
			return serr
		}
		if d := ticket.DecisionOf(err); d == ticket.HoldTicket || d == ticket.Refused || d == ticket.Gone {
			r.t.State, due = r.w.Ticket.State, started.Add(r.backoff(r.t.Failures)) // a listing settles nothing
		}
		return r.done(ctx, due, note("audit", started, r.o.Now(), err, ""))
	}
	r.audited[project] = true
	r.log.Info("project audited", "project", project, "unknown_issues", seen)
	return r.done(ctx, r.o.Now(), nil)
}

// audit sights every issue of ours in a project that no row knows, and gives their number.
func (d *Deliverer) audit(ctx context.Context, project string) (int, error) {
	s := d.scope(project)
	q := ticket.Query{Project: project}
	if !s.AuditedAt.IsZero() {
		q.Since = s.AuditedAt.Add(-auditMargin)
	}
	now := d.o.Now()
	found, err := d.list(ctx, q)
	if err != nil {
		return 0, err
	}
	unknown, err := d.remember(ctx, project, found)
	if err != nil {
		return 0, err
	}
	s.AuditedAt = now
	return len(unknown), d.saveScope(ctx, s)
}

func (d *Deliverer) list(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	call, cancel := d.untilStopped(ctx, auditTimeout)
	defer cancel()
	found, err := d.o.Tracker.Find(call, q)
	proof.At(ctx, proof.ProjectListed)
	return found, err
}

// remember sights those of the listed issues of a project that no row knows, and gives them.
func (d *Deliverer) remember(ctx context.Context, project string, found []ticket.Issue) ([]store.Sighting, error) {
	unknown, err := d.unknown(ctx, found)
	if err != nil {
		return nil, err
	}
	if err := d.o.Store.Sight(ctx, unknown); err != nil {
		return nil, err
	}
	return unknown, d.recallDigests(ctx, project)
}

// recallDigests adds the row of every digest of a project that is open and has none: the store was
// restored from before there was one. It is adopted then, and closed where nothing waits.
func (d *Deliverer) recallDigests(ctx context.Context, project string) error {
	for _, need := range d.o.Mapping.Needs() {
		if need.Destination.Tracker != d.o.Name || need.Destination.Project != project {
			continue
		}
		for _, rule := range need.Rules {
			digest := d.digest(store.Line{Destination: need.Destination, Rule: rule})
			seen, err := d.seenFrom(ctx, digest.Group, digest.Generation)
			if err == nil && slices.ContainsFunc(seen, func(s store.Sighting) bool { return s.Open }) {
				err = d.addDigest(ctx, *digest)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// addDigest adds the row of a digest where there is none.
func (d *Deliverer) addDigest(ctx context.Context, digest store.Ticket) error {
	return d.o.Store.Apply(ctx, func(tx *store.Tx) error {
		_, err := tx.LatestTicket(ctx, digest.Group)
		if errors.Is(err, store.ErrNotFound) {
			_, err = tx.InsertTicket(ctx, digest)
		}
		return err
	})
}

// unknown picks the issues that no ticket row refers to, one for each marker: the oldest.
func (d *Deliverer) unknown(ctx context.Context, found []ticket.Issue) ([]store.Sighting, error) {
	var out []store.Sighting
	taken := make(map[string]bool)
	for _, issue := range found {
		t, err := d.o.Store.TicketByMarker(ctx, issue.Marker)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if same(t.Ref, issue.Ref) || taken[issue.Marker] {
			continue
		}
		taken[issue.Marker] = true
		out = append(out, store.Sighting{
			Tracker: d.o.Name, Marker: issue.Marker, Ref: issue.Ref, Open: issue.Open, Created: issue.Created,
		})
	}
	return out, nil
}

func same(a, b ticket.Ref) bool { return a.ID == b.ID && strings.EqualFold(a.Project, b.Project) }

// seen gives the sighting of a marker; its Ref is zero when there is none.
func (d *Deliverer) seen(ctx context.Context, marker string) (store.Sighting, error) {
	s, err := d.o.Store.Sighted(ctx, d.o.Name, marker)
	if errors.Is(err, store.ErrNotFound) {
		return store.Sighting{}, nil
	}
	return s, err
}

// lookAhead is how many generations of a group are looked for where none is known: the issues of those
// between may have been deleted.
const lookAhead = 3

// seenFrom gives the sightings of a generation of a group and of some after it.
func (d *Deliverer) seenFrom(ctx context.Context, group string, generation int) (all []store.Sighting, _ error) {
	for n := range lookAhead {
		s, err := d.seen(ctx, d.o.Mapping.Marker(d.o.Name, group, generation+n))
		if err != nil {
			return nil, err
		}
		if !s.Ref.IsZero() {
			all = append(all, s)
		}
	}
	return all, nil
}

// rested moves AuditedAt on while nothing waits: everything that exists by now is known.
func (d *Deliverer) rested(ctx context.Context, now time.Time) error {
	for _, s := range slices.Clone(d.scopes) {
		if s.Project == "" || !d.audited[s.Project] || now.Sub(s.AuditedAt) < auditRefresh {
			continue
		}
		s.AuditedAt = now
		if err := d.saveScope(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// untilStopped gives the context of a long read, which a stop cuts short: nothing is lost with it.
func (d *Deliverer) untilStopped(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	call, cancel := d.limited(ctx, limit)
	go func() {
		select {
		case <-d.stopping:
			cancel()
		case <-call.Done():
		}
	}()
	return call, cancel
}

// auditTicket looks for issues with the ticket's marker beside its own and closes them as
// duplicates; nothing is ever deleted.
func (r *run) auditTicket(ctx context.Context) error {
	started, before := r.o.Now(), r.t
	if proof.Without(ctx, proof.LateAudit) {
		r.t.AuditAt = time.Time{}
		if err := r.dealtWith(ctx); err != nil { // or what a listing saw asks for it again and again
			return err
		}
		return r.done(ctx, started, nil)
	}
	closed, err := r.closeDuplicates(ctx)
	r.o.Observe.audited(len(closed), err)
	if err != nil {
		return r.auditFailed(ctx, before, started, err)
	}
	r.t.AuditAt = r.nextAudit()
	text := "no duplicate"
	if len(closed) > 0 {
		text = "closed as duplicate: " + strings.Join(closed, ", ")
		r.log.Error("late duplicates found and closed", "duplicates", closed)
	}
	if err := r.dealtWith(ctx); err != nil {
		return err
	}
	return r.done(ctx, r.o.Now(), note("audit", started, r.o.Now(), nil, text))
}

// auditFailed puts the audit off. Everything else about the ticket goes on meanwhile: a duplicate
// that cannot be closed must not keep the ticket's own issue from becoming true.
func (r *run) auditFailed(ctx context.Context, before store.Ticket, started time.Time, cause error) error {
	due, err := r.settle(ctx, cause)
	if err != nil {
		return err
	}
	switch r.t.State {
	case store.TicketGone: // there is nothing left that could have duplicates
	case store.TicketHeld: // refused for certain: tried again with the next audit, if there is one
		r.t.AuditAt = r.nextAudit()
		if err := r.dealtWith(ctx); err != nil {
			return err
		}
	default:
		r.t.AuditAt = later(due, r.o.Now().Add(auditAgain))
	}
	if r.t.State != store.TicketGone {
		r.t.State, r.t.Reason, r.t.Hint, r.t.Held = before.State, before.Reason, before.Hint, before.Held
		r.log.Error("an issue may have duplicates that could not be closed", "error", cause)
	}
	return r.done(ctx, r.o.Now(), note("audit", started, r.o.Now(), cause, ""))
}

// dealtWith keeps a second issue with the row's marker, which a listing saw, from asking for another
// audit.
func (r *run) dealtWith(ctx context.Context) error {
	s, err := r.seen(ctx, r.t.Marker)
	if err != nil || !s.Open {
		return err
	}
	s.Open = false
	return r.o.Store.Sight(ctx, []store.Sighting{s})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// nextAudit gives the audit after this one, zero after the last.
func (r *run) nextAudit() time.Time {
	if last := r.t.AttemptEnd.Add(lastAudit); r.o.Now().Before(last) {
		return last
	}
	return time.Time{}
}

// closeDuplicates reads the ticket's own issue first: a moved or renamed one must not be taken for
// a duplicate of itself.
func (r *run) closeDuplicates(ctx context.Context) (closed []string, _ error) {
	reading, cancel := r.untilStopped(ctx, auditTimeout)
	defer cancel()
	own, err := r.o.Tracker.Read(reading, r.t.Ref)
	if err != nil {
		return nil, err
	}
	r.t.Ref = own.Ref
	since := r.t.Created // of the row; an adopted issue may be older
	if !own.Created.IsZero() && own.Created.Before(since) {
		since = own.Created
	}
	found, err := r.o.Tracker.Find(reading, ticket.Query{
		Project: r.t.Destination.Project, Markers: []string{r.t.Marker}, Since: since.Add(-time.Hour),
	})
	if err != nil {
		return nil, err
	}
	for _, extra := range found {
		if same(extra.Ref, own.Ref) || !extra.Open {
			continue
		}
		err := r.closeDuplicate(ctx, extra)
		if d := ticket.DecisionOf(err); err != nil && (d == ticket.Missing || d == ticket.Gone) {
			continue // deleted since it was found, which must not be taken for the ticket's own end
		}
		if err != nil {
			return closed, err
		}
		closed = append(closed, extra.Ref.Key)
		r.o.Observe.Duplicate()
		proof.At(ctx, proof.DuplicateClosed)
	}
	return closed, r.healthy(ctx, r.t.Destination.Project)
}

func (r *run) closeDuplicate(ctx context.Context, extra ticket.Issue) error {
	ctx, cancel := r.limited(ctx, r.o.Timing.Call)
	defer cancel()
	marker := mapping.CommentMarker(r.t.Marker, "duplicate/"+extra.Ref.ID)
	posted, err := r.o.Tracker.Comments(ctx, extra.Ref)
	if err != nil {
		return err
	}
	said := false
	for _, p := range posted {
		said = said || p.Marker == marker
	}
	if !said {
		doc := ticket.Doc{ticket.Para(
			ticket.Span{Text: "This issue is a duplicate of "},
			ticket.Span{Kind: ticket.Link, Text: r.t.Ref.Key, URL: r.t.Ref.URL},
			ticket.Span{Text: "; ticketd made it when an answer of the tracker was lost, and closes it."})}
		if _, err := r.o.Tracker.AddComment(ctx, extra.Ref, ticket.Comment{Marker: marker, Body: doc}); err != nil {
			return err
		}
		r.pace.wrote(r.o.Now(), true)
	}
	_, err = r.o.Tracker.SetState(ctx, extra.Ref, ticket.Change{Closing: ticket.Closing{StateReason: "not_planned"}})
	r.pace.wrote(r.o.Now(), false)
	return err
}
