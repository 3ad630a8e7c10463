package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/internal/systemd"
)

// serveCommand is `ticketd serve`.
type serveCommand struct {
	configFlag `embed:""`
}

// Run serves until the context ends.
func (s *serveCommand) Run(ctx context.Context, p *program) error {
	c, warnings, err := s.usable(p)
	if err != nil {
		return err
	}
	logger := p.newLogger(c.Log)
	for _, w := range warnings {
		logger.Warn("configuration", "problem", w.String())
	}
	o := daemon.Options{Config: c, Logger: logger, Version: readBuild().Version, Examine: true}
	if err := p.underSystemd(&o); err != nil {
		return &failure{code: exitConfig, err: err, hint: "see the units ticketd.service and ticketd.socket, and what was edited in them"}
	}
	d, err := daemon.New(ctx, o)
	switch {
	case errors.Is(err, daemon.ErrSocket):
		return &failure{code: exitConfig, err: fmt.Errorf("starting: %w", err), hint: "then: systemctl stop ticketd.socket ticketd; systemctl start ticketd"}
	case err != nil:
		return &failure{
			code: exitFailure, err: fmt.Errorf("starting: %w", err),
			hint: cmp.Or(hintFor(err), "see [server] and [store] in "+s.path(p)),
		}
	}
	return d.Run(ctx)
}

// underSystemd connects the daemon with the systemd that started this process, where one did.
func (p *program) underSystemd(o *daemon.Options) (err error) {
	if o.Listeners, err = systemd.Listeners(); err != nil {
		return err
	}
	if _, notified := p.lookup(systemd.NotifySocket); !notified {
		return nil
	}
	o.Notify = systemd.Notify
	o.Watchdog, err = systemd.Watchdog()
	return err
}

// newLogger writes to standard error as [log] says, for the journal with its priorities.
func (p *program) newLogger(c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	format := func(w io.Writer) slog.Handler {
		if c.Format == "text" {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	}
	if p.inJournal() {
		return slog.New(systemd.NewHandler(p.stderr, format))
	}
	return slog.New(format(p.stderr))
}

// complaints is standard error, for whole lines that the journal files under a priority.
func (p *program) complaints(priority systemd.Priority) io.Writer {
	if p.inJournal() {
		return systemd.Prefixed(p.stderr, priority)
	}
	return p.stderr
}

// inJournal tells whether standard error is the journal of systemd.
func (p *program) inJournal() bool {
	stream, _ := p.lookup(systemd.JournalStream)
	return systemd.IsJournal(p.stderr, stream)
}
