package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"ticketd/store"
)

// waiting is why there is less to see in a list of tickets than its reader may look for: trackers
// and projects where nothing is done at the moment, and findings that have no ticket at all.
type waiting struct {
	paused   []store.Scope
	unrouted []store.Finding // no rule matches them
}

// listDocument is the document of list.
type listDocument struct {
	ticketList
	Paused   []pauseView   `json:"paused"`   // of what these tickets are for
	Unrouted []findingView `json:"unrouted"` // findings that no rule matches; none where the list is narrowed
}

// pauseView is a tracker, or one project of it, where nothing is done for now.
type pauseView struct {
	Tracker string     `json:"tracker"`
	Project string     `json:"project"` // "": the whole tracker
	Kind    string     `json:"kind"`    // throttled, credential, refused
	Reason  string     `json:"reason"`
	Until   *time.Time `json:"until"` // when it is tried again
}

// waits gives what is paused of what the tickets are for, and, where the list is not narrowed,
// the findings without a rule.
func (l *ticketsList) waits(ctx context.Context, s *store.Store, tickets []store.Ticket) (w waiting, err error) {
	if w.paused, err = paused(ctx, s, tickets); err != nil {
		return waiting{}, err
	}
	if len(l.State) == 0 && l.Tracker == "" && l.Project == "" {
		w.unrouted, err = s.Unrouted(ctx, l.Limit)
	}
	return w, err
}

// paused gives what waits now of the trackers and projects that the tickets are for.
func paused(ctx context.Context, s *store.Store, tickets []store.Ticket) (all []store.Scope, err error) {
	concerned := make(map[string]map[string]bool) // projects by tracker
	for _, t := range tickets {
		if concerned[t.Destination.Tracker] == nil {
			concerned[t.Destination.Tracker] = map[string]bool{"": true} // a pause of the tracker is one of every project
		}
		concerned[t.Destination.Tracker][t.Destination.Project] = true
	}
	now := time.Now()
	for _, tracker := range slices.Sorted(maps.Keys(concerned)) {
		scopes, err := s.Scopes(ctx, tracker)
		if err != nil {
			return nil, err
		}
		for _, scope := range scopes {
			if concerned[tracker][scope.Project] && scope.PausedUntil.After(now) {
				all = append(all, scope)
			}
		}
	}
	return all, nil
}

func viewPause(c store.Scope) pauseView {
	return pauseView{Tracker: c.Tracker, Project: c.Project, Kind: c.PauseKind, Reason: c.PauseReason, Until: moment(c.PausedUntil)}
}

func pauseRows(scopes []store.Scope) [][]string {
	rows := [][]string{{"PAUSED", "PROJECT", "UNTIL", "WHY", "REASON"}}
	for _, c := range scopes {
		project := c.Project
		if project == "" {
			project = "all"
		}
		rows = append(rows, []string{c.Tracker, project, clock(c.PausedUntil), c.PauseKind, c.PauseReason})
	}
	return rows
}

func unroutedRows(findings []store.Finding) [][]string {
	rows := [][]string{{"NO RULE MATCHES", "DISPOSITION", "TITLE"}}
	for _, f := range findings {
		rows = append(rows, []string{f.Key.String(), string(f.Disposition), called(f)})
	}
	return rows
}
