// Command prove runs the proofs of ticketd's promises, prints their figures as a table, and writes it
// into the chapter for operators and auditors.
//
// It is what `make prove` and `make prove-long` run; see docs/reliability.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

// run proves what the arguments ask for.
func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	long := flags.Bool("long", false, "hours instead of minutes")
	slice := flags.Bool("slice", false, "a minute: what continuous integration runs beside the tests")
	only := flags.String("only", "", "regular expression of the parts to run")
	write := flags.String("write", "", "file with a region for the table, which is written there when all is proven")
	if err := flags.Parse(args); err != nil {
		return err
	}
	which, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("reading -only: %w", err)
	}
	s := usual
	switch {
	case *long:
		s = hours
	case *slice:
		s = moment
	}
	begin := time.Now()
	p := prover{out: out, scale: s}
	for _, part := range parts() {
		if part.wanted(s) && which.MatchString(part.name) {
			p.prove(ctx, part)
		}
	}
	about, err := describe(ctx, s, begin, time.Since(begin))
	if err != nil {
		return err
	}
	table := render(about, p.rows)
	if _, err := io.WriteString(out, "\n"+table); err != nil {
		return err
	}
	switch {
	case len(p.failed) > 0:
		return fmt.Errorf("not proven: %v", p.failed)
	case len(p.rows) == 0:
		return errors.New("nothing was proven: -only fits no part that has figures")
	case *write == "" || *only != "":
		return nil
	}
	return document(*write, s.region(), table)
}
