package main

import (
	"context"
	"errors"
	"time"

	"ticketd/internal/daemon"
	"ticketd/store"
)

// statusCommand is `ticketd status`.
type statusCommand struct {
	storeFlags `embed:""`
	output     `embed:""`

	Alive bool `help:"End with 0 where ticketd answers at all, whatever a person must look at."`
}

// Help tells what the exit codes mean.
func (c *statusCommand) Help() string {
	return "Ends with 0 where all is well, and with 1 where a person must look at something, or no ticketd answers: " +
		"then the screen shows what the database says."
}

// Run prints the status, and fails where it is not well.
func (c *statusCommand) Run(ctx context.Context, p *program) error {
	path, err := c.path(p)
	if err != nil {
		return err
	}
	status, silent := daemon.Ask(ctx, path)
	if silent != nil {
		if status, err = c.stored(ctx, p, silent); err != nil {
			return err
		}
	}
	if err := c.print(p.stdout, status, statusScreen(status)); err != nil {
		return err
	}
	switch {
	case errors.Is(silent, daemon.ErrNotRunning):
		return &failure{code: exitFailure, err: silent, hint: "start it (`systemctl start ticketd`, or `ticketd serve`); `journalctl -u ticketd` tells why it ended; `systemctl status ticketd` tells where it is only still opening its database"}
	case errors.Is(silent, daemon.ErrPathTooLong):
		return &failure{code: exitFailure, err: silent, hint: "give store.path a shorter one; until then /readyz and the log tell how it is"}
	case silent != nil:
		return &failure{code: exitFailure, err: silent, hint: "`journalctl -u ticketd` tells what it does; run this as root, or as the user that the daemon runs as"}
	case c.Alive:
	case len(status.Attention) > 0:
		return &failure{code: exitFailure, err: errors.New("a person must look at " + count(len(status.Attention), "thing") + ", see above")}
	}
	return nil
}

// stored gives what the database says where no daemon does. Where that cannot be read either, both
// reasons are told.
func (c *statusCommand) stored(ctx context.Context, p *program, silent error) (s daemon.Status, err error) {
	err = c.with(ctx, p, func(st *store.Store, _ string) error {
		s = daemon.Stored(ctx, st, time.Now())
		return nil
	})
	if broken, ok := errors.AsType[*failure](err); ok {
		broken.err = errors.Join(silent, broken.err)
	}
	return s, err
}
