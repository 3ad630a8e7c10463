package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
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
	logger := newLogger(p.stderr, c.Log)
	for _, w := range warnings {
		logger.Warn("configuration", "problem", w.String())
	}
	d, err := daemon.New(ctx, daemon.Options{
		Config: c, Logger: logger, Version: readBuild().Version, Examine: true,
	})
	if err != nil {
		return &failure{
			code: exitFailure, err: fmt.Errorf("starting: %w", err),
			hint: cmp.Or(hintFor(err), "see [server] and [store] in "+s.path(p)),
		}
	}
	return d.Run(ctx)
}

// newLogger writes as [log] says.
func newLogger(w io.Writer, c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
