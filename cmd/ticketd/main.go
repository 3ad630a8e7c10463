// Command ticketd turns Data Theorem's findings into Jira and GitHub issues and keeps them true.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes. 78 is EX_CONFIG of sysexits.h: a service manager need not start ticketd again before
// its configuration was changed.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitConfig  = 78
)

func main() { os.Exit(interruptible()) }

// interruptible runs the program until it is done or a signal asks it to stop. A second signal ends
// the process at once, which loses nothing: it is what a power failure does.
func interruptible() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}, os.Environ())
}

// streams are what a process is connected with.
type streams struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// program is what every command works with.
type program struct {
	streams
	environ []string // as os.Environ gives it
}

// run is the whole program but for the process around it; it gives the exit code.
func run(ctx context.Context, args []string, s streams, environ []string) int {
	p := &program{streams: s, environ: environ}
	err := p.command(ctx, args)
	if err == nil {
		return exitOK
	}
	return p.fail(err)
}
