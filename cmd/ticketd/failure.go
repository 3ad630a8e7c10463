package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"ticketd/internal/systemd"
	"ticketd/store"
)

// failure is an error that says how the program ends and what a person can do about it.
type failure struct {
	code int // exit code
	err  error
	hint string // what to do; may be empty
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// usage is the failure of a wrong command line.
func usage(err error, hint string) error { return &failure{code: exitUsage, err: err, hint: hint} }

// fail tells what went wrong and what to do, and gives the exit code.
func (p *program) fail(err error) int {
	end := failure{code: exitFailure}
	if f, ok := errors.AsType[*failure](err); ok {
		end = *f
	}
	out := p.complaints(systemd.Error)
	_, _ = fmt.Fprintf(out, "ticketd: %s\n", safe(err.Error())) // there is nobody else to tell
	if hint := cmp.Or(end.hint, hintFor(err)); hint != "" {
		_, _ = fmt.Fprintf(out, "ticketd: hint: %s\n", safe(hint))
	}
	return end.code
}

// What to do about a disk, whoever met its error: SQLite or ticketd itself.
const (
	fullHint       = "make room on the disk; nothing was lost"
	diskHint       = "check the disk; what could not be written was not accepted"
	noDatabaseHint = "`ticketd serve` makes the database when it first starts; is store.path right?"
	readOnlyHint   = "let the user that the daemon runs as write there; a disk that was mounted read-only after an error needs a check first"
)

// hintFor says what to do about the errors that every command can meet.
func hintFor(err error) string {
	if _, ok := errors.AsType[*store.LostError](err); ok {
		return "put back what is missing, or the newest backup with `ticketd restore`; where there is none, `ticketd recover` begins anew with what the trackers have"
	}
	for _, known := range []struct {
		err  error
		hint string
	}{
		{store.ErrLocked, "stop the other `ticketd serve` first, or give this one a store of its own"},
		{store.ErrNewer, "use the newest ticketd that ever ran with this database; to go back to this one, restore a backup of before, such as the copy that an upgrade leaves beside the database (ticketd.db.schema-3)"},
		{store.ErrBusy, "try again in a moment"},
		{store.ErrFull, fullHint},
		{store.ErrDamaged, "check the disk, then put back the newest backup with `ticketd restore`; where there is none, `ticketd recover` rebuilds the database from the trackers"},
		{store.ErrDisk, diskHint},
		{store.ErrSuspect, "check the disk; a new start looks whether the database is whole"},
		{store.ErrReadOnly, readOnlyHint},
		{store.ErrNoDatabase, "give store.path the name of the database file, or of one to be made"},
		{syscall.ENOSPC, fullHint},
		{syscall.EROFS, readOnlyHint},
		{syscall.EIO, diskHint},
		{fs.ErrPermission, "run it as the user that the daemon runs as"},
		{syscall.EADDRINUSE, "stop what listens there, or change server.listen and server.admin"},
	} {
		if errors.Is(err, known.err) {
			return known.hint
		}
	}
	return ""
}
