package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"ticketd/internal/proof/report"
)

// prover runs parts one after the other and keeps what they tell.
type prover struct {
	out    io.Writer
	scale  scale
	rows   []report.Row
	failed []string
}

// say tells a person how far it is, on whom nothing hangs.
func (p *prover) say(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }

// prove runs a part. A failure does not keep the others from being run.
func (p *prover) prove(ctx context.Context, part part) {
	begin := time.Now()
	p.say("== %s\n", part.name)
	prove := p.tests
	if part.pkg == "" {
		prove = p.fuzz
	}
	if err := prove(ctx, part); err != nil {
		p.say("%s: %v\n", part.name, err)
		p.failed = append(p.failed, part.name)
	}
	p.say("%s: %s\n", part.name, time.Since(begin).Round(time.Second))
}

// tests runs the tests of a part.
func (p *prover) tests(ctx context.Context, part part) error {
	args := []string{"test", "-trimpath", "-tags", "proof", "-json", "-count=1", "-timeout", part.timeout(p.scale).String(), "-run", part.run, part.pkg}
	if own := strings.Fields(part.args[p.scale]); len(own) > 0 {
		args = append(append(args, "-args"), own...)
	}
	p.say("go %s\n", strings.Join(args, " "))
	cmd := command(ctx, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return err
	}
	told, err := listen(stdout, p.out)
	p.rows = append(p.rows, told...)
	if ended := cmd.Wait(); ended != nil {
		return fmt.Errorf("go test: %w\n%s", ended, said.String())
	}
	return err
}

// command is a go command that builds as the product is built: one static program.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	return cmd
}
