package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketd/internal/deliver"
	"ticketd/store"
)

// What one status waits for the store: to write, which tells whether it is ready, and for all that it reads.
const (
	readyTimeout = 3 * time.Second
	readTimeout  = 5 * time.Second
)

// newestHeld is how many held tickets a status names.
const newestHeld = 5

// Status tells how it is. It never fails: what cannot be found out within a few seconds is missing, and
// Unknown says so.
func (d *Daemon) Status(ctx context.Context) Status {
	reason := d.notReady(ctx)
	s := Stored(ctx, d.store, d.o.Now(), slices.Collect(maps.Keys(d.deliverers))...)
	s.Backlog = slices.Insert(s.Backlog, 0, s.waiting(StageReceive, "", d.inFlight()))
	s.Running, s.Version, s.Instance, s.Started = true, d.o.Version, d.o.Config.Instance, d.started.UTC()
	for i := range s.Trackers {
		t := &s.Trackers[i]
		driven := d.deliverers[t.Name]
		if driven == nil {
			t.State = "not configured any more: its tickets stay as they are"
			continue
		}
		t.Since, t.Unwell = driven.Unwell()
		t.Since, t.Doing = t.Since.UTC(), doing(driven)
		t.State = t.inWords(well)
		for _, q := range d.metrics.Quotas(t.Name) {
			t.Quotas = append(t.Quotas, Quota{Resource: q.Resource, Limit: q.Limit, Remaining: q.Remaining, Reset: q.Reset.UTC()})
		}
	}
	s.LastError = d.errors.newest()
	s.Reason, s.Ready = reason, reason == ""
	s.Attention = s.attention()
	return s
}

// inFlight gives the requests that are not answered yet.
func (d *Daemon) inFlight() store.Backlog {
	n, since := d.door.InFlight()
	return store.Backlog{Count: n, Since: since}
}

func doing(driven *deliver.Deliverer) *Doing {
	now, ok := driven.Doing()
	if !ok {
		return nil
	}
	return &Doing{Action: string(now.Action), Ticket: now.Ticket, Since: now.Since.UTC()}
}

// Stored gives the part of a status that the database tells, of a daemon that does not run or does not
// answer. The trackers are those that are named, and those that the database knows anything of.
func Stored(ctx context.Context, st *store.Store, now time.Time, trackers ...string) Status {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s := Status{
		Now: now.UTC(), Backlog: []Backlog{}, Trackers: []TrackerStatus{}, Tickets: map[store.TicketState]int{},
		Held: HeldStatus{Reasons: map[store.Held]int{}, Newest: []HeldTicket{}},
	}
	var errs []error
	g, err := st.Gauges(ctx, now)
	if err == nil {
		s.count(g, trackers)
	}
	errs = append(errs, err, s.readHeld(ctx, st), s.readLastEvent(ctx, st), s.readSize(st))
	if err := errors.Join(errs...); err != nil {
		s.Unknown = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	s.Attention = s.attention()
	return s
}

// count fills in what the gauges tell.
func (s *Status) count(g store.Gauges, trackers []string) {
	pauses := make(map[string][]Pause)
	for _, p := range g.Pauses {
		pauses[p.Tracker] = append(pauses[p.Tracker], pauseOf(p))
	}
	names := slices.Concat(trackers, slices.Collect(maps.Keys(pauses)), slices.Collect(maps.Keys(g.Due)))
	for _, c := range g.Tickets {
		names = append(names, c.Tracker)
		s.Tickets[c.State] += c.Count
		if c.State == store.TicketHeld {
			s.Held.Count += c.Count
			s.Held.Reasons[c.Held] += c.Count
		}
	}
	slices.Sort(names)
	s.Backlog = append(s.Backlog, s.waiting(StageApply, "", g.Pending))
	for _, name := range slices.Compact(names) {
		s.Backlog = append(s.Backlog, s.waiting(StageDeliver, name, g.Due[name]))
		t := TrackerStatus{Name: name, Pauses: append([]Pause{}, pauses[name]...), Quotas: []Quota{}}
		t.State = t.inWords("not paused")
		s.Trackers = append(s.Trackers, t)
	}
	s.Unrouted = g.Unrouted
}

func pauseOf(c store.Scope) Pause {
	return Pause{Project: c.Project, Kind: c.PauseKind, Reason: c.PauseReason, Until: c.PausedUntil.UTC()}
}

// lasting gives the pauses that are not over.
func lasting(scopes []store.Scope, now time.Time) (all []Pause) {
	for _, c := range scopes {
		if c.PausedUntil.After(now) {
			all = append(all, pauseOf(c))
		}
	}
	return all
}

func (s *Status) waiting(stage, tracker string, b store.Backlog) Backlog {
	w := Backlog{Stage: stage, Tracker: tracker, Waiting: b.Count}
	if !b.Since.IsZero() {
		w.Oldest = max(0, int64(s.Now.Sub(b.Since)/time.Second)) // a clock may be set back
	}
	return w
}

func (s *Status) readHeld(ctx context.Context, st *store.Store) error {
	held, err := st.NewestHeld(ctx, newestHeld)
	for _, t := range held {
		s.Held.Newest = append(s.Held.Newest, HeldTicket{
			ID: t.ID, Issue: t.Ref.Key, Tracker: t.Destination.Tracker, Project: t.Destination.Project, Rule: t.Rule,
			Reason: t.Reason, Hint: t.Hint, Since: t.Updated.UTC(),
		})
	}
	return err
}

func (s *Status) readLastEvent(ctx context.Context, st *store.Store) error {
	e, err := st.LastEvent(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	s.LastEvent = &LastEvent{Seq: e.Seq, Received: e.LastSeen.UTC(), Source: e.Source, Type: e.Type, State: string(e.State)}
	return nil
}

func (s *Status) readSize(st *store.Store) error {
	size, err := st.Size()
	s.Store = StoreStatus{Path: st.Path(), Database: size.Database, Log: size.Log, Free: size.Free}
	return err
}

// well is the state of a tracker where nothing is wrong.
const well = "ok"

// inWords tells a tracker's state, which is otherwise where nothing is to be said. A pause of the whole
// tracker says all.
func (t TrackerStatus) inWords(otherwise string) string {
	var states []string
	if t.Unwell {
		states = append(states, "does not answer as it should; tried again soon")
	}
	for _, p := range t.Pauses {
		state := "paused (" + p.Kind + ") until " + p.Until.Format(time.RFC3339)
		if p.Project == "" {
			return state
		}
		states = append(states, p.Project+" "+state)
	}
	return cmp.Or(strings.Join(states, ", "), otherwise)
}

// What passes by itself needs no person until it has lasted for so long.
const (
	longUnwell = time.Hour        // without an answer of a tracker
	longWait   = 15 * time.Minute // to be applied, which takes milliseconds
)

// attention gives what a person must look at, as far as the status knows it.
func (s *Status) attention() []string {
	all := []string{}
	if s.Running && !s.Ready {
		all = append(all, "it is not ready: "+s.Reason)
	}
	for _, b := range s.Backlog {
		if oldest := time.Duration(b.Oldest) * time.Second; b.Stage == StageApply && oldest >= longWait {
			all = append(all, "events have waited to be applied for "+Span(oldest)+": the last error below, or the log, tells why")
		}
	}
	for _, t := range s.Trackers {
		all = append(all, t.attention(s.Now)...)
	}
	if s.Unknown != "" {
		all = append(all, "some of this could not be read: "+s.Unknown)
	}
	if s.Held.Count > 0 {
		all = append(all, fmt.Sprintf("held tickets: %d; `ticketd tickets list --state held` lists them, `ticketd tickets show ID` tells all of one", s.Held.Count))
	}
	return all
}

// attention gives what a person must look at of one tracker.
func (t TrackerStatus) attention(now time.Time) (all []string) {
	if lasted := now.Sub(t.Since); t.Unwell && lasted >= longUnwell {
		all = append(all, t.Name+" has not answered as it should for "+Span(lasted)+": is it down for people, too? `ticketd doctor` tells what it says")
	}
	for _, p := range t.Pauses {
		switch {
		case p.Kind == "credential":
			all = append(all, t.Name+" refuses the credential: renew its file, and restart where systemd hands it over; else it is tried within ten seconds")
		case p.Kind == "refused" && p.Project == "":
			all = append(all, t.Name+" takes nothing from us: see its pause below")
		case p.Kind == "refused":
			all = append(all, t.Name+" takes nothing for "+p.Project+": see its pause below")
		}
	}
	return all
}
