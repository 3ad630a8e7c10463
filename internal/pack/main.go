// Command pack builds ticketd's packages: for each architecture a .deb, an .rpm, and the list of what is
// in the binary.
//
// It is what `make package` runs, in the root of a clone. Two clones of one commit give the same bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

// run builds what the arguments ask for.
func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("pack", flag.ContinueOnError)
	version := flags.String("version", "", "version as `git describe` tells it")
	arch := flags.String("arch", "amd64 arm64", "architectures in Go's words")
	format := flags.String("format", "deb rpm", "kinds of packages")
	folder := flags.String("out", "dist", "folder for the packages")
	maintainer := flags.String("maintainer", "ticketd maintainers <root@localhost>", "who answers for the packages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version == "" || strings.TrimSpace(*arch) == "" || strings.TrimSpace(*format) == "" {
		return errors.New("-version, -arch and -format are needed")
	}
	last, err := lastCommit(ctx)
	if err != nil {
		return fmt.Errorf("reading the commit, which dates the packages: %w", err)
	}
	b := builder{
		out: out, folder: *folder, stamp: *version, version: packageVersion(*version, last.time), commit: last, maintainer: *maintainer,
	}
	if err := b.clear(); err != nil {
		return err
	}
	if err := b.share(ctx); err != nil {
		return err
	}
	for architecture := range strings.FieldsSeq(*arch) {
		if err := b.build(ctx, architecture, strings.Fields(*format)); err != nil {
			return fmt.Errorf("%s: %w", architecture, err)
		}
	}
	return nil
}
