package main

import (
	"fmt"
	"io"

	"ticketd/internal/config"
)

// schemaCommand is `ticketd schema`.
type schemaCommand struct{}

// Run prints the JSON schema of the configuration.
func (*schemaCommand) Run(p *program) error {
	if _, err := io.WriteString(p.stdout, config.Schema()); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}
