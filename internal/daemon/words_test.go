package daemon

import (
	"testing"
	"time"

	"ticketd/store"
)

func TestReadinessTellsOfEveryPause(t *testing.T) {
	now := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	over := store.Scope{Project: "OLD", PausedUntil: now, PauseKind: "refused"}
	sec := store.Scope{Project: "SEC", PausedUntil: now.Add(time.Minute), PauseKind: "refused"}
	pay := store.Scope{Project: "PAY", PausedUntil: now.Add(time.Hour), PauseKind: "refused"}
	all := store.Scope{PausedUntil: now.Add(time.Second), PauseKind: "credential"}
	for _, c := range []struct {
		unwell bool
		scopes []store.Scope
		want   string
	}{
		{want: "ok"},
		{scopes: []store.Scope{over}, want: "ok"},
		{scopes: []store.Scope{over, pay, sec}, want: "PAY paused (refused) until 2026-03-04T13:00:00Z, SEC paused (refused) until 2026-03-04T12:01:00Z"},
		{unwell: true, scopes: []store.Scope{sec}, want: "does not answer as it should; tried again soon, SEC paused (refused) until 2026-03-04T12:01:00Z"},
		{unwell: true, scopes: []store.Scope{all, sec}, want: "paused (credential) until 2026-03-04T12:00:01Z"},
	} {
		if got := (TrackerStatus{Unwell: c.unwell, Pauses: lasting(c.scopes, now)}).inWords(well); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
