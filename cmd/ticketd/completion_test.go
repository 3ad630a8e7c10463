package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completes are lines to the cursor, and what a shell must offer there, among it or as all of it.
func completes() []struct {
	line    string
	offered string // words in the order of the alphabet
	whole   bool   // nothing else is
} {
	return []struct {
		line, offered string
		whole         bool
	}{
		{"ticketd ", "check demo doctor events explain init schema serve status test tickets version", false},
		{"ticketd ti", "tickets", true},
		{"ticketd tickets ", "ignore list retry show", true},
		{"ticketd tickets list --st", "--state --store", true},
		{"ticketd tickets list --state h", "held", true},
		{"ticketd tickets list --json --state l", "live", true},
		{"ticketd events list --state un", "unhandled unparsed", true},
		{"ticketd events apply --state ", "applied unhandled unparsed", true},
		{"ticketd completion ", "bash fish zsh", true},
		{"ticketd explain --no-r", "--no-requests", true},
		{"ticketd check --config a-f", "a-file.toml", true},
		{"ticketd explain a-f", "a-file.toml", true},
	}
}

// completion gives the script for a shell, or skips the test where the shell is missing.
func completion(t *testing.T, shell string) (path, script string) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("there is no %s here (Debian: %s)", shell, shell)
	}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"completion", shell}, streams{nil, &out, &complaints}, nil); code != exitOK {
		t.Fatalf("it ends with %d: %s", code, complaints.String())
	}
	script = filepath.Join(t.TempDir(), "_ticketd")
	if err := os.WriteFile(script, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, script
}

// offers checks what a shell offers for every line; ask gives it one a line, in a folder with a file.
func offers(t *testing.T, ask func(line string) *exec.Cmd) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a-file.toml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range completes() {
		c := ask(tt.line)
		c.Dir = folder
		c.Env = append(c.Environ(), "HOME="+folder, "XDG_CONFIG_HOME="+folder, "XDG_DATA_HOME="+folder, "LC_ALL=C.UTF-8", "TERM=dumb")
		out, err := c.Output()
		if err != nil {
			detail := ""
			if ended, ok := errors.AsType[*exec.ExitError](err); ok {
				detail = string(ended.Stderr)
			}
			t.Fatalf("%q: %v\n%s", tt.line, err, detail)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, strings.TrimSuffix(word, " "))
		}
		slices.Sort(got)
		missing := slices.DeleteFunc(strings.Fields(tt.offered), func(word string) bool { return slices.Contains(got, word) })
		if len(missing) > 0 || tt.whole && strings.Join(got, " ") != tt.offered {
			t.Errorf("%q offers %q, want %q", tt.line, got, tt.offered)
		}
	}
}

func TestBashCompletesCommandsFlagsAndStates(t *testing.T) {
	bash, script := completion(t, "bash")
	offers(t, func(line string) *exec.Cmd {
		return exec.CommandContext(t.Context(), bash, "--norc", "--noprofile", "-c",
			`source "$1"; IFS=" " read -r -a COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ticketd; printf "%s\n" "${COMPREPLY[@]}"`, "bash", script, line)
	})
}

func TestBashCompletesWhatStandsBehindAnEqualsSignAndAComma(t *testing.T) {
	bash, script := completion(t, "bash")
	for words, want := range map[string]string{
		"ticketd tickets list --state = he":      "held\n",
		"ticketd tickets list --state held,go":   "held,gone\n",
		"ticketd tickets list --state = wanted,": "wanted,closed\nwanted,doubt\nwanted,gone\nwanted,held\nwanted,ignored\nwanted,intent\nwanted,live\nwanted,none\nwanted,wanted\n",
	} {
		out, err := exec.CommandContext(t.Context(), bash, "--norc", "--noprofile", "-c",
			`source "$1"; read -r -a COMP_WORDS <<<"$2"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ticketd; printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort`,
			"bash", script, words).Output()
		if err != nil || string(out) != want {
			t.Errorf("%q offers %q (%v), want %q", words, out, err, want)
		}
	}
}

func TestFishCompletesCommandsFlagsAndStates(t *testing.T) {
	fish, script := completion(t, "fish")
	offers(t, func(line string) *exec.Cmd {
		return exec.CommandContext(t.Context(), fish, "--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, script, line)
	})
}

// zshAsks types a line into a zsh of its own and lets it tell each word that it would offer.
const zshAsks = `
zmodload zsh/zpty
setup() {
	fpath=($1 $fpath)
	autoload -Uz compinit; compinit -C -u -d $1/dump
	zstyle ':completion:*' verbose no
	compadd() {
		if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
		local -a offered; builtin compadd -O offered "$@"
		(( $#offered )) && print -rl -- "offer:"${^offered}
		builtin compadd "$@"
	}
	comppostfuncs=(ended); ended() { print -r -- "ended:"; }
	bindkey '^I' complete-word; PS1=
	stty -echo -onlcr
}
zpty ask "zsh -f -i"
zpty -w ask "$(functions setup); setup ${1:h}; print -r -- ready:"
while zpty -r ask reply; do [[ $reply == *ready:* && $reply != *print* ]] && break; done
zpty -w -n ask "$2"$'\t'
while zpty -r ask reply; do
	[[ $reply == *ended:* ]] && break
	[[ $reply == *offer:* ]] && print -r -- "${${reply##*offer:}%%[[:space:]]##}"
done
zpty -d ask
`

func TestZshCompletesCommandsFlagsAndStates(t *testing.T) {
	zsh, script := completion(t, "zsh")
	if out, err := exec.CommandContext(t.Context(), zsh, "-n", script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	offers(t, func(line string) *exec.Cmd {
		return exec.CommandContext(t.Context(), zsh, "-f", "-o", "extendedglob", "-c", zshAsks, "zsh", script, line)
	})
}

func TestTheManualTellsEveryCommandAndFlagThatHelpShows(t *testing.T) {
	var page, complaints bytes.Buffer
	if code := run(t.Context(), []string{"man"}, streams{nil, &page, &complaints}, nil); code != exitOK {
		t.Fatalf("it ends with %d: %s", code, complaints.String())
	}
	for _, part := range []string{
		".TH \"TICKETD\" 1 ", ".SS \"ticketd tickets ignore <ticket> ... \\-\\-reason=TEXT\"", "\\fB\\-\\-requests, \\-\\-no\\-requests\\fP",
		"\\fB\\-v, \\-\\-verbose\\fP", "78 wrong configuration", "TICKETD_STORE_PATH", "\\fB\\-\\-state=STATE,...\\fP",
	} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("%s is not in\n%s", part, page.String())
		}
	}
	if strings.Contains(page.String(), "root=") {
		t.Error("a hidden flag is told")
	}
}
