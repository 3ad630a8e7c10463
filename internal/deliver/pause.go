package deliver

import (
	"context"
	"slices"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// The kinds of pauses, as the store keeps them.
const (
	pauseThrottled  = "throttled"  // the tracker asked for it
	pauseCredential = "credential" // the credential is refused
	pauseRefused    = "refused"    // the project or repository takes nothing from us
	pauseRestored   = "restored"   // the store is older than the tracker
)

// PauseKinds lists them.
func PauseKinds() []string {
	return []string{pauseThrottled, pauseCredential, pauseRefused, pauseRestored}
}

// Restored tells that the store is older than the tracker. The tracker is left alone for a quiet
// period, so that all that was done there can be seen; then every project is audited before anything
// is done in it, and every issue is looked at again. All of that outlives the process.
func (d *Deliverer) Restored(ctx context.Context) error {
	if proof.Without(ctx, proof.RestoreRecovery) {
		return nil
	}
	now := d.o.Now()
	if _, err := d.o.Store.ForgetApplied(ctx, d.o.Name, now); err != nil {
		return err
	}
	var err error
	if d.scopes, err = d.o.Store.Scopes(ctx, d.o.Name); err != nil {
		return err
	}
	whole := d.scope("")
	whole.PausedUntil, whole.PauseKind, whole.Pauses = now.Add(d.o.Timing.Quiet), pauseRestored, whole.Pauses+1
	whole.PauseReason = "the store was restored: waiting until all that was done before can be seen"
	for _, s := range append(slices.Clone(d.scopes), whole) {
		s.AuditedAt = time.Time{}
		if err := d.saveScope(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Started ends the pauses that a refused credential, project or repository caused: a start is when a
// person has mended something. One that the tracker asked for stands.
func (d *Deliverer) Started(ctx context.Context) error {
	var err error
	if d.scopes, err = d.o.Store.Scopes(ctx, d.o.Name); err != nil {
		return err
	}
	for _, s := range slices.Clone(d.scopes) {
		if s.PauseKind != pauseCredential && s.PauseKind != pauseRefused {
			continue
		}
		s.PausedUntil, s.PauseKind, s.PauseReason = time.Time{}, "", ""
		if err := d.saveScope(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// pauses is what is paused now.
type pauses struct {
	tracker  store.Scope // of the whole tracker; zero when there is none
	projects []string    // that are paused
	ends     time.Time   // when the first of them ends
}

// pauses gives what is paused now. A pause longer than any that is ever made tells that the clock was
// set back since, and is over.
func (d *Deliverer) pauses(now time.Time) pauses {
	var p pauses
	longest := 2 * max(ticket.MaxPause, d.o.Timing.Probe, d.o.Timing.Quiet)
	for _, s := range d.scopes {
		if s.PausedUntil.Sub(now) > longest {
			s.PausedUntil = time.Time{}
		}
		switch {
		case s.Project == "":
			p.tracker = s
		case s.PausedUntil.After(now):
			p.projects = append(p.projects, s.Project)
			p.ends = earliest(p.ends, s.PausedUntil)
		}
	}
	return p
}

// backoff doubles from BackoffMin to BackoffMax with jitter; failures counts from 1.
func (d *Deliverer) backoff(failures int) time.Duration {
	wait := d.o.Timing.BackoffMin << min(max(failures-1, 0), 20)
	wait = min(wait, d.o.Timing.BackoffMax)
	return wait/2 + time.Duration(d.o.Rand()*float64(wait/2))
}

// pauseFor pauses what an error concerns beyond one ticket: the tracker when it throttles, refuses
// the credential or does not answer, the project when that is refused. Other errors pause nothing.
func (d *Deliverer) pauseFor(ctx context.Context, project string, err error) error {
	switch e := ticket.AsError(err); e.Decision {
	case ticket.Pause:
		if e.Secondary {
			d.pace.slow()
		}
		return d.pause(ctx, "", pauseThrottled, d.throttle(e), e)
	case ticket.HoldTracker:
		d.known = false
		return d.pause(ctx, "", pauseCredential, d.o.Timing.Probe, e)
	case ticket.HoldDestination:
		if project == "" {
			d.known = false
		}
		return d.pause(ctx, project, pauseRefused, d.o.Timing.Probe, e)
	case ticket.Retry, ticket.Doubt:
		if e.After > 0 {
			return d.pause(ctx, "", pauseThrottled, d.throttle(e), e)
		}
		d.leaveAlone()
	case ticket.Slow, ticket.HoldTicket, ticket.Conflict, ticket.Missing, ticket.Gone, ticket.Refused:
	}
	return nil
}

// leaveAlone keeps an unwell tracker from being called for a while.
func (d *Deliverer) leaveAlone() {
	now := d.o.Now()
	d.failed++
	d.unwell.CompareAndSwap(nil, &now)
	d.down = now.Add(min(d.backoff(d.failed), d.o.Timing.Probe))
}

// throttle is the asked-for pause, clamped, with up to a tenth of jitter on top.
func (d *Deliverer) throttle(e *ticket.Error) time.Duration {
	wait := e.After
	if wait <= 0 {
		wait = ticket.DefaultPause
	}
	wait = min(max(wait, ticket.MinPause), ticket.MaxPause)
	return wait + time.Duration(d.o.Rand()*float64(wait)/10)
}

func (d *Deliverer) pause(ctx context.Context, project, kind string, wait time.Duration, cause error) error {
	s := d.scope(project)
	s.PausedUntil, s.PauseKind, s.PauseReason = d.o.Now().Add(wait), kind, cause.Error()
	s.Pauses++
	if d.pace != nil && project == "" {
		s.Slowed = d.pace.slowed
	}
	d.o.Logger.Warn("pausing", "project", project, "kind", kind, "for", wait.Round(time.Second).String(), "error", cause)
	return d.saveScope(ctx, s)
}

// healthy notes that a call concerning the project went well, which ends what was wrong.
func (d *Deliverer) healthy(ctx context.Context, project string) error {
	d.down = time.Time{}
	d.failed = 0
	d.unwell.Store(nil)
	d.pace.went()
	for _, name := range []string{"", project} {
		s := d.scope(name)
		if s.Pauses == 0 {
			continue
		}
		d.o.Logger.Info("going on", "project", name, "after", s.PauseKind)
		s.PausedUntil, s.PauseKind, s.PauseReason, s.Pauses = time.Time{}, "", "", 0
		if name == "" {
			s.Slowed = d.pace.slowed
		}
		if err := d.saveScope(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// scope gives a scope as read at the start of the step.
func (d *Deliverer) scope(project string) store.Scope {
	i := slices.IndexFunc(d.scopes, func(s store.Scope) bool { return s.Project == project })
	if i < 0 {
		return store.Scope{Tracker: d.o.Name, Project: project}
	}
	return d.scopes[i]
}

func (d *Deliverer) saveScope(ctx context.Context, s store.Scope) error {
	d.scopes = slices.DeleteFunc(d.scopes, func(o store.Scope) bool { return o.Project == s.Project })
	d.scopes = append(d.scopes, s)
	return d.o.Store.SaveScope(ctx, s)
}
