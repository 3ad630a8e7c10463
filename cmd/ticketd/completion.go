package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// completionCommand is `ticketd completion`.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says how to use what is printed.
func (*completionCommand) Help() string {
	return "The packages install it. Without them: `source <(ticketd completion bash)` or `source <(ticketd completion zsh)` " +
		"in the shell's start-up file, `ticketd completion fish > ~/.config/fish/completions/ticketd.fish` once."
}

//go:embed completion/*.tmpl
var completionTemplates embed.FS

// Run prints the shell's completion, which is made of the commands and flags that --help shows.
func (c *completionCommand) Run(k *kong.Context, p *program) error {
	t, err := template.New(c.Shell+".tmpl").Funcs(template.FuncMap{
		"join": strings.Join, "zsh": zshText, "fish": fishText, "function": shellFunction,
	}).ParseFS(completionTemplates, "completion/"+c.Shell+".tmpl")
	if err != nil {
		return fmt.Errorf("parsing the completion: %w", err)
	}
	if err := t.Execute(p.stdout, places(k.Model.Node)); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// place is where words are completed: after a command, or a group of commands.
type place struct {
	Path     string // from the program's name on
	Commands []*kong.Node
	Flags    []completedFlag
	Files    bool     // its arguments are files or folders
	Choices  []string // or its argument is one of these
}

// completedFlag is a flag and what can follow it.
type completedFlag struct {
	Names   []string // with their dashes
	Help    string
	Bool    bool     // nothing follows
	Many    bool     // it may be given again, or its values joined by commas
	Choices []string // of which one follows
	Kind    string   // else what follows: "file", "folder" or "word"
	Word    string   // how that is called
}

// places walks the model, the program first, each group before its commands.
func places(n *kong.Node) []place {
	here := place{Path: n.FullPath(), Commands: visible(n)}
	for _, flag := range visibleFlags(n) {
		f := completedFlag{
			Names: flagNames(flag), Help: flag.Help, Bool: flag.IsBool(), Many: flag.IsSlice(), Kind: kindOf(flag.PlaceHolder),
			Word: strings.ToLower(flag.Name),
		}
		if flag.Enum != "" {
			f.Choices = flag.EnumSlice()
		}
		here.Flags = append(here.Flags, f)
	}
	for _, argument := range n.Positional {
		here.Files = here.Files || kindOf(argument.Name) != "word" || argument.Name == "event"
		if argument.Enum != "" {
			here.Choices = argument.EnumSlice()
		}
	}
	all := []place{here}
	for _, child := range here.Commands {
		all = append(all, places(child)...)
	}
	return all
}

// kindOf reads from the name of a value what it is.
func kindOf(name string) string {
	switch strings.ToLower(name) {
	case "file":
		return "file"
	case "folder":
		return "folder"
	}
	return "word"
}

// visible gives the commands of a group that help shows.
func visible(n *kong.Node) []*kong.Node {
	return slices.DeleteFunc(slices.Clone(n.Children), func(child *kong.Node) bool { return child.Hidden })
}

// visibleFlags gives the flags of a command that help shows, --help among them.
func visibleFlags(n *kong.Node) []*kong.Flag { return slices.Concat(n.AllFlags(true)...) }

// flagNames gives how a flag is written: its short name first, what turns it off last.
func flagNames(f *kong.Flag) (names []string) {
	if f.Short != 0 {
		names = append(names, "-"+string(f.Short))
	}
	names = append(names, "--"+f.Name)
	if f.Tag.Negatable != "" {
		names = append(names, "--no-"+f.Name)
	}
	return names
}

// Values gives all words that can follow a place: commands, or what its argument may be.
func (p place) Values() []string {
	words := slices.Clone(p.Choices)
	for _, command := range p.Commands {
		words = append(words, command.Name)
	}
	return words
}

// FlagNames gives all names of all flags.
func (p place) FlagNames() (names []string) {
	for _, flag := range p.Flags {
		names = append(names, flag.Names...)
	}
	return names
}

// shellFunction turns a place's path into the name of a function.
func shellFunction(path string) string { return "_" + strings.ReplaceAll(path, " ", "_") }

// zshText writes text for a specification of zsh that stands in single quotes.
func zshText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(text)
}

// fishText writes text for single quotes of fish.
func fishText(text string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) }
