package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"ticketd/internal/roff"
)

// manCommand is `ticketd man`.
type manCommand struct{}

// Run prints the manual page, which is made of what --help shows.
func (*manCommand) Run(k *kong.Context, p *program) error {
	page := roff.New(roff.Title{
		Name: k.Model.Name, Section: 1, Date: commitDate(), Source: "ticketd " + readBuild().Version, Manual: "User Commands",
	})
	what, codes, _ := strings.Cut(k.Model.Help, "\n\n")
	what = strings.TrimSuffix(what, ".")
	page.Section("Name")
	page.Text(k.Model.Name + " - " + strings.ToLower(what[:1]) + what[1:])
	page.Section("Synopsis")
	page.Text("`" + k.Model.Name + "` command [argument ...] [flag ...]")
	page.Section("Description")
	page.Text(manDescription)
	page.Section("Commands")
	page.Text("Every command has the flag `--help`.")
	for _, command := range k.Model.Leaves(true) {
		manEntry(page, command)
	}
	page.Section("Exit status")
	page.Text(codes)
	page.Section("Environment")
	page.Term(configVariable, "The configuration file, where --config names none.")
	page.Term(storeVariable, "The database, where --store names none.")
	page.Term("CREDENTIALS_DIRECTORY", "The folder of systemd's credentials, which paths in the configuration begin with.")
	page.Section("Files")
	page.Term(configDefault, "The configuration: see ticketd.toml(5).")
	page.Term("/etc/credstore/ticketd.*", "The secrets of the service, one a file, for systemd's LoadCredential=.")
	page.Term("/var/lib/ticketd", "The database of the service.")
	page.Section("See also")
	page.Text("ticketd.toml(5), systemctl(1), journalctl(1), systemd.exec(5), /usr/share/doc/ticketd/README.md")
	if _, err := io.WriteString(p.stdout, page.String()); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

const manDescription = `ticketd receives the webhooks of Data Theorem, remembers which issue belongs to which finding, and drives Jira and GitHub: it creates one issue when a finding opens, comments when a note is written, and closes it when the finding is fixed, resolved, accepted, compensated for or will not be fixed. A webhook is answered only after its event is on disk.

As a service it is run by systemd: ticketd.service runs ` + "`ticketd serve`" + `, and ticketd.socket keeps what arrives while it is restarted.`

// manEntry writes what the help of one command says.
func manEntry(page *roff.Page, command *kong.Node) {
	page.Subsection(command.FullPath() + usageOf(command))
	page.Text(command.Help)
	if command.Detail != "" {
		page.Text(command.Detail)
	}
	for _, argument := range command.Positional {
		page.Term(argument.Summary(), argument.Help)
	}
	for _, flag := range visibleFlags(command) {
		if flag.Name != "help" {
			page.Term(strings.Join(flagNames(flag), ", ")+flagValue(flag), flag.Help)
		}
	}
}

// usageOf gives what a command takes besides its optional flags.
func usageOf(command *kong.Node) (words string) {
	for _, argument := range command.Positional {
		words += " " + argument.Summary()
	}
	for _, flag := range visibleFlags(command) {
		if flag.Required {
			words += " " + flag.Summary()
		}
	}
	return words
}

func flagValue(flag *kong.Flag) string {
	if flag.IsBool() {
		return ""
	}
	return "=" + flag.FormatPlaceHolder()
}

// commitDate is the day of the commit that this ticketd was built from, "" where that is not known.
func commitDate() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.time" {
			day, _, _ := strings.Cut(setting.Value, "T")
			return day
		}
	}
	return ""
}
