package main

import (
	"context"
	"errors"

	"github.com/alecthomas/kong"
)

// commands is the command line, as kong reads it.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Watch ticketd at work on two practice trackers."`
	Init       initCommand       `cmd:"" help:"Write a first configuration and say what to do next."`
	Serve      serveCommand      `cmd:"" help:"Run the daemon."`
	Status     statusCommand     `cmd:"" help:"Tell how the daemon is: what waits, what is paused, what is held."`
	Check      checkCommand      `cmd:"" help:"Check the whole configuration and tell every mistake."`
	Doctor     doctorCommand     `cmd:"" help:"Ask the trackers whether they will take what the rules ask."`
	Explain    explainCommand    `cmd:"" help:"Explain where an event or a finding goes, why, and what is sent."`
	Test       testCommand       `cmd:"" help:"Test the mapping with a folder of cases."`
	Tickets    ticketCommands    `cmd:"" help:"Look at tickets and act on them."`
	Events     eventCommands     `cmd:"" help:"Look at the webhook bodies that came in."`
	Backup     backupCommand     `cmd:"" help:"Back the database up, beside the daemon, and check the copy."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup in the place of the database."`
	Recover    recoverCommand    `cmd:"" help:"Take up a lost, damaged or old database by the trackers' own tickets."`
	Prune      pruneCommand      `cmd:"" help:"Delete what is done with and old."`
	Schema     schemaCommand     `cmd:"" help:"Print the JSON schema of the configuration, for editors."`
	Completion completionCommand `cmd:"" help:"Print the completion of commands and flags for a shell."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
	Version    versionCommand    `cmd:"" help:"Tell the version."`
}

const description = `Turns Data Theorem's findings into Jira and GitHub issues and keeps them true.

Exit codes: 0 done, 1 failed, 2 wrong command line, 78 wrong configuration.`

// command parses the command line and runs the command that it names.
func (p *program) command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	helped := false
	parser := kong.Must(&commands{},
		kong.Name("ticketd"), kong.Description(description),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { helped = true }), // called by --help alone, which then goes on parsing
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"ticket_states": join(ticketStates()), "event_states": join(eventStates())},
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return usage(err, "see `"+nearestHelp(err)+"`")
	}
	return parsed.Run(p)
}

// nearestHelp gives the help of the command that a wrong command line had come to.
func nearestHelp(err error) string {
	wrong, ok := errors.AsType[*kong.ParseError](err)
	if !ok || wrong.Context == nil || wrong.Context.Selected() == nil {
		return "ticketd --help"
	}
	selected := wrong.Context.Selected()
	path := selected.Name
	for node := selected.Parent; node != nil; node = node.Parent {
		path = node.Name + " " + path
	}
	return path + " --help"
}
