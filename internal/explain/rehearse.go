package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/daemon"
	"ticketd/internal/deliver"
	"ticketd/internal/finding"
	"ticketd/mapping"
	"ticketd/store"
)

// Rehearsal tells what the trackers would be asked, as it was found out by letting the real stages
// work over practice trackers. Those take whatever the rules ask for: whether the real ones do is for
// `ticketd doctor` to say.
type Rehearsal struct {
	Requests []Request `json:"requests"` // in the order in which they would be sent
	State    string    `json:"state"`    // of the ticket afterwards; "" where there is none
	Reason   string    `json:"reason"`   // why it is held, if it is
	Hint     string    `json:"hint"`
}

// Request is one request to a tracker. The credential is no part of it.
type Request struct {
	For     string          `json:"for"`     // what leads to it: "made up before", "event 1", "finding"
	Purpose Purpose         `json:"purpose"` // how much it matters
	Tracker string          `json:"tracker"`
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Body    json.RawMessage `json:"body,omitempty"`
	Status  int             `json:"status"` // of the practice tracker's answer
}

// Purpose says what a request is for.
type Purpose string

// The purposes.
const (
	Write       Purpose = "write"       // changes something
	Read        Purpose = "read"        // looks before or after a change
	Bookkeeping Purpose = "bookkeeping" // once per process, not per ticket: whose credential it is, which tickets there are
)

// play is what a rehearsal plays.
type play struct {
	before []finding.Finding // made up: tickets that are there before
	notes  []finding.Note    // made up: likewise
	bodies [][]byte          // what comes in then
	after  []finding.Finding // or what the findings turn into, where there are no bodies
	states []finding.Finding // all that happens to a finding, for the practice trackers to be ready for
}

// How far a rehearsal goes: longer than changes of a group are gathered before they are told, and
// shorter than anything that is only looked at again.
const (
	horizon  = 30 * time.Minute
	maxSteps = 1000
)

var errRestless = errors.New("the tickets do not come to rest")

// Rehearse finds out which requests would be sent, over a scratch database in a temporary folder and
// practice trackers. Nothing leaves the process.
func (e *Explanation) Rehearse(ctx context.Context, o Options) (err error) {
	if e.Route == nil {
		return nil
	}
	s, err := newStage(ctx, o, e.play)
	if err != nil {
		return fmt.Errorf("setting up a rehearsal: %w", err)
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	if err := s.perform(ctx, e.play); err != nil {
		return fmt.Errorf("rehearsing: %w", err)
	}
	e.Assumed = append(e.Assumed, s.assumed...)
	e.Rehearsal = &Rehearsal{Requests: listOf(s.told.requests)}
	t, err := s.store.FindTicket(ctx, e.Route.Group)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	e.Rehearsal.State, e.Rehearsal.Reason, e.Rehearsal.Hint = string(t.State), t.Reason, t.Hint
	return err
}

// stage is the daemon's stages without the daemon, on a clock of their own.
type stage struct {
	dir        string
	now        time.Time
	store      *store.Store
	applier    *apply.Applier
	deliverers []*deliver.Deliverer
	told       *record
	assumed    []string
}

func newStage(ctx context.Context, o Options, p play) (_ *stage, err error) {
	s := &stage{now: o.Now(), told: new(record)}
	if earliest := time.Now(); s.now.Before(earliest) {
		s.now = earliest // calls have deadlines, and those of the past are over
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.clear())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "ticketd-explain-"); err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, store.Options{Path: filepath.Join(s.dir, "rehearsal.db"), Now: s.clock}); err != nil {
		return nil, err
	}
	s.applier = apply.New(apply.Options{
		Store: s.store, Table: o.Config.Table, Mapping: o.Config.Mapping,
		Logger: slog.New(slog.DiscardHandler), Now: s.clock, Applied: func() {},
	})
	return s, s.connect(o, p)
}

// clock is the time of the rehearsal. The stages run in one goroutine.
func (s *stage) clock() time.Time { return s.now }

// connect sets up a practice tracker for each tracker to which something may go.
func (s *stage) connect(o Options, p play) error {
	wants := demands(o.Config.Mapping, p.states)
	for _, name := range slices.Sorted(maps.Keys(wants)) {
		if wants[name].named() {
			s.assumed = append(s.assumed, "the ids of fields that the rules call by their names are made up: ticketd asks "+name+" for them")
		}
		practice, err := s.practice(o, name, wants[name])
		if err != nil {
			return err
		}
		heard := &ear{record: s.told, tracker: name, server: practice.server, base: practice.base}
		all, err := daemon.Connect(daemon.TrackerOptions{
			Config: practice.config, Version: o.Version, Transport: heard, Now: s.clock,
		})
		if err != nil {
			return err
		}
		s.deliverers = append(s.deliverers, deliver.New(deliver.Options{
			Name: name, Tracker: told{all[name].Tracker, heard}, Store: s.store, Mapping: o.Config.Mapping,
			Pace: all[name].Pace, Timing: deliver.Timing{Quiet: o.Config.Deliver.QuietPeriod},
			Logger: slog.New(slog.DiscardHandler), Now: s.clock,
		}))
	}
	return nil
}

func (s *stage) clear() error {
	var errs []error
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// perform plays everything, each part until all is at rest.
func (s *stage) perform(ctx context.Context, p play) error {
	s.told.because = "made up before"
	if len(p.bodies) == 0 && len(p.after) == 0 {
		s.told.because = "finding"
	}
	if err := s.set(ctx, p.before, p.notes); err != nil {
		return err
	}
	for i, body := range p.bodies {
		s.told.because = fmt.Sprint("event ", i+1)
		if err := s.receive(ctx, body); err != nil {
			return err
		}
	}
	if len(p.after) == 0 {
		return nil
	}
	s.told.because = "finding"
	return s.change(ctx, p.after)
}

// set puts findings into the store as if events had told of them, and lets them be routed as after a
// change of the rules.
func (s *stage) set(ctx context.Context, findings []finding.Finding, notes []finding.Note) error {
	if len(findings) == 0 {
		return nil
	}
	err := s.store.Apply(ctx, func(tx *store.Tx) error {
		for _, n := range notes {
			if err := tx.SaveNote(ctx, n); err != nil {
				return err
			}
		}
		for _, f := range findings {
			if err := tx.SaveFinding(ctx, store.Finding{Finding: f, Updated: s.now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := s.applier.Reroute(ctx); err != nil {
		return err
	}
	return s.rest(ctx)
}

// receive takes one body in, as the webhook does.
func (s *stage) receive(ctx context.Context, body []byte) error {
	if _, err := s.store.Accept(ctx, store.Incoming{Body: body, Source: "explain", Received: s.now}); err != nil {
		return err
	}
	if _, err := s.applier.Step(ctx); err != nil {
		return err
	}
	return s.rest(ctx)
}

// change turns findings into what they are to be.
func (s *stage) change(ctx context.Context, findings []finding.Finding) error {
	err := s.store.Apply(ctx, func(tx *store.Tx) error {
		for _, f := range findings {
			row, err := tx.Finding(ctx, f.Key)
			if err != nil {
				return err
			}
			row.Finding, row.Updated = f, s.now
			if err := tx.SaveFinding(ctx, row); err != nil {
				return err
			}
			if row.TicketID == 0 {
				continue
			}
			if err := tx.Wake(ctx, row.TicketID, s.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.rest(ctx)
}

// rest lets the trackers be driven until nothing is to be done before the horizon. Waits take no time.
func (s *stage) rest(ctx context.Context) error {
	end := s.now.Add(horizon)
	for range maxSteps {
		busy, next, err := s.step(ctx)
		switch {
		case err != nil:
			return err
		case busy:
		case next.IsZero() || next.After(end):
			return nil
		case next.After(s.now):
			s.now = next
		}
	}
	return errRestless
}

// step lets every tracker be driven by one step; next is when one of them wants another, zero where
// none does.
func (s *stage) step(ctx context.Context) (busy bool, next time.Time, _ error) {
	for _, d := range s.deliverers {
		did, err := d.Step(ctx)
		if err != nil {
			return false, time.Time{}, err
		}
		busy = busy || did.Action != ""
		if !did.Next.IsZero() && (next.IsZero() || did.Next.Before(next)) {
			next = did.Next
		}
	}
	return busy, next, nil
}

// demands gives, by tracker, what the rules ask for in every state of the findings.
func demands(m *mapping.Mapping, states []finding.Finding) map[string]*demand {
	all := make(map[string]*demand)
	for _, f := range states {
		to, err := m.Route(f)
		if err != nil {
			continue
		}
		d := all[to.Destination.Tracker]
		if d == nil {
			d = new(demand)
			all[to.Destination.Tracker] = d
		}
		s := mapping.One(f)
		if mapping.Grouped(to.Group) {
			s = mapping.Several([]finding.Finding{f})
		}
		d.add(m.For(s, to.Destination, to.Rule), s, to.Destination)
	}
	return all
}
