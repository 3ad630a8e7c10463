package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketd/store"
)

// pruneCommand is `ticketd prune`.
type pruneCommand struct {
	storeFlags `embed:""`
	output     `embed:""`

	OlderThan days `required:"" placeholder:"30d" help:"Delete what came last, or ended, longer ago than this; at least 7d."`
	DryRun    bool `help:"Count what would be deleted, and delete nothing."`
}

// Help tells what is deleted.
func (c *pruneCommand) Help() string {
	return "Deletes what the retention of [store] deletes: events that were applied, and the record of calls to trackers except for " +
		"the newest of each ticket. Findings, notes, tickets and events that nobody dealt with stay. Works beside the daemon."
}

// days is a duration such as "30d" or "720h".
type days time.Duration

// shortest is the shortest age, as it is that of [store] retention: a webhook that is repeated within it must
// not be taken for a new one.
const shortest = days(7 * 24 * time.Hour)

// UnmarshalText reads it.
func (d *days) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if number, ok := strings.CutSuffix(string(text), "d"); err != nil && ok {
		var n int
		n, err = strconv.Atoi(number)
		if n > 36500 {
			err = strconv.ErrRange
		}
		v = time.Duration(n) * 24 * time.Hour
	}
	switch {
	case err != nil:
		return errors.New(`is no duration: write "30d" or "720h"`)
	case days(v) < shortest:
		return errors.New("is shorter than 7 days: a webhook that is repeated would be taken for a new one")
	}
	*d = days(v)
	return nil
}

// pruneDocument is what prune prints as JSON.
type pruneDocument struct {
	Before    time.Time `json:"before"` // what is older than this
	DryRun    bool      `json:"dry_run"`
	Events    int       `json:"events"`
	Calls     int       `json:"calls"`
	Sightings int       `json:"sightings"`
	Bytes     int64     `json:"bytes"`      // of the database
	Free      int64     `json:"free_bytes"` // of them that are used again before it grows
}

// Run deletes a little at a time, so that the daemon beside it is not held up.
func (c *pruneCommand) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(s *store.Store, _ string) error {
		before := time.Now().Add(-time.Duration(c.OlderThan))
		pruner, act := s.Pruner(before), (*store.Pruner).Run
		if c.DryRun {
			act = (*store.Pruner).Count
		}
		if err := act(pruner, ctx); err != nil {
			return &failure{code: exitFailure, err: err, hint: "what was deleted so far is; run it again and it goes on from there"}
		}
		space, err := s.Space(ctx)
		if err != nil {
			return err
		}
		gone := pruner.Pruned()
		document := pruneDocument{
			Before: before.UTC(), DryRun: c.DryRun, Events: gone.Events, Calls: gone.Ops, Sightings: gone.Sightings,
			Bytes: space.Size, Free: space.Free,
		}
		verb := "Deleted"
		if c.DryRun {
			verb = "Would delete"
		}
		return c.print(p.stdout, document, fmt.Sprintf("%s %s, %s of calls to trackers, and %s, of before %s.\nThe database has %s, of which %s are free and used again.\n",
			verb, count(gone.Events, "event"), count(gone.Ops, "record"), count(gone.Sightings, "sighting"), clock(before), inBytes(space.Size), inBytes(space.Free)))
	})
}
