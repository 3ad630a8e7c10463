package main

import (
	"context"

	"ticketd/internal/demo"
)

// demoCommand is `ticketd demo`.
type demoCommand struct {
	Once bool `help:"End after the story, with 0 when every part of it came true and 1 otherwise."`
}

// Run plays the story.
func (d *demoCommand) Run(ctx context.Context, p *program) error {
	return demo.Run(ctx, demo.Options{Out: p.stdout, Once: d.Once, Version: readBuild().Version})
}
