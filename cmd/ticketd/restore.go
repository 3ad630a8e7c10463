package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ticketd/store"
)

// restoreCommand is `ticketd restore`.
type restoreCommand struct {
	storeFlags `embed:""`
	output     `embed:""`

	From    string `arg:"" name:"file" help:"Backup, as ticketd backup wrote it."`
	Another bool   `help:"Take it although it is the backup of another database."`
	DryRun  bool   `help:"Check the backup, tell what it does not have, and change nothing."`
}

// Help tells what happens to what is there.
func (r *restoreCommand) Help() string {
	return "No daemon may run meanwhile. The database that is there is moved aside, never deleted."
}

// restoreDocument is what restore prints as JSON.
type restoreDocument struct {
	Database   string   `json:"database"`
	File       string   `json:"file"`
	Restored   bool     `json:"restored"` // false: a dry run
	Holds      copyView `json:"holds"`
	Known      bool     `json:"known"`              // whether anything tells what it does not have
	Events     int64    `json:"missing_events"`     // that were accepted and that it does not have, at most
	Operations int64    `json:"missing_operations"` // calls to trackers that it does not know of
	Aside      []string `json:"aside"`              // where the files are now that were there
}

// Run puts the backup in the database's place.
func (r *restoreCommand) Run(ctx context.Context, p *program) error {
	path, err := r.path(p)
	if err != nil {
		return err
	}
	done, err := store.Restore(ctx, store.RestoreOptions{Path: path, From: r.From, Another: r.Another, DryRun: r.DryRun, Now: time.Now})
	switch {
	case errors.Is(err, store.ErrAnother):
		return &failure{code: exitFailure, err: err, hint: "see whether it is the right file, and the right store.path; --another takes it all the same"}
	case errors.Is(err, store.ErrLocked):
		return &failure{code: exitFailure, err: err, hint: "stop it first: `systemctl stop ticketd.socket ticketd.service`"}
	case errors.Is(err, store.ErrBusy):
		return &failure{code: exitFailure, err: err, hint: "stop what has it open, such as Litestream"}
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrNoDatabase):
		return &failure{code: exitFailure, err: err, hint: "try an older backup; where none is left, `ticketd recover` rebuilds the database from the trackers"}
	case err != nil:
		return err
	}
	document := restoreDocument{
		Database: path, File: r.From, Restored: !r.DryRun, Holds: viewCopy(done.Backup), Known: done.Vouched,
		Events: done.MissingEvents(), Operations: done.MissingOperations(), Aside: append([]string{}, done.Aside...),
	}
	return r.print(p.stdout, document, r.tell(path, done))
}

func (r *restoreCommand) tell(path string, done store.Restoration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is whole and holds %s.\n", safe(r.From), contents(done.Backup))
	b.WriteString(missing(done))
	if r.DryRun {
		b.WriteString("Nothing was changed.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "It is in the place of %s now.\n", safe(path))
	for _, file := range done.Aside {
		fmt.Fprintf(&b, "What was there is kept as %s.\n", safe(file))
	}
	b.WriteString("Next: start ticketd.")
	if !done.Vouched || done.MissingEvents() > 0 || done.MissingOperations() > 0 {
		b.WriteString(" It waits for the quiet period, then looks at every issue before it changes anything.\n" +
			"Then have the portal send again what came since the backup.")
	}
	b.WriteString("\n")
	return b.String()
}

// missing tells what a backup does not have.
func missing(done store.Restoration) string {
	switch events, calls := done.MissingEvents(), done.MissingOperations(); {
	case !done.Vouched:
		return "Nothing tells what came since it was made, for the .hwm file of its database is not there.\n"
	case events == 0 && calls == 0:
		return "Nothing came since it was made.\n"
	default:
		return fmt.Sprintf("It does not have: at most %s that came after number %d, and %s to trackers.\n",
			count(int(events), "event"), done.Backup.LastEvent, count(int(calls), "call"))
	}
}
