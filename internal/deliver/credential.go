package deliver

import (
	"context"
	"time"
)

// renewalLook is the time between two looks whether a refused credential was replaced.
const renewalLook = 10 * time.Second

// renewed ends the pause of a refused credential once another one is in its place: a person who has
// replaced it is not kept waiting.
func (d *Deliverer) renewed(ctx context.Context, now time.Time) error {
	if !d.refused(now) || d.o.Credential() == d.used {
		return nil
	}
	s := d.scope("")
	s.PausedUntil, s.PauseKind, s.PauseReason = time.Time{}, "", ""
	d.down = time.Time{}
	d.o.Logger.Info("the credential was replaced; it is tried now")
	return d.saveScope(ctx, s)
}

// sooner gives when to look again where nothing is to be done before a time.
func (d *Deliverer) sooner(at, now time.Time) time.Time {
	if d.refused(now) {
		return earliest(at, now.Add(renewalLook))
	}
	return at
}

// refused tells whether the tracker is left alone because it refuses the credential.
func (d *Deliverer) refused(now time.Time) bool {
	p := d.pauses(now).tracker
	return p.PauseKind == pauseCredential && p.PausedUntil.After(now)
}
