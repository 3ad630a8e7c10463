package watch_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

// Whoever reads the runbook at night types what stands there.
func TestEveryCommandOfTheRunbookIsThere(t *testing.T) {
	command := regexp.MustCompile(`sudo ticketd ([^\x60#]+)`)
	all := command.FindAllStringSubmatch(string(read(t, runbookFile)), -1)
	if len(all) < 10 {
		t.Fatalf("the runbook has %d commands; the search for them is broken", len(all))
	}
	help := map[string]string{} // by the words of a command
	for _, m := range all {
		words, flags := split(strings.Fields(m[1]))
		if _, known := help[words]; !known {
			out, err := exec.CommandContext(t.Context(), program.Path(t), append(strings.Fields(words), "--help")...).CombinedOutput() //nolint:gosec // words of our own
			if err != nil {
				t.Errorf("ticketd %s: %v\n%s", words, err, out)
			}
			help[words] = string(out)
			if first, _, _ := strings.Cut(help[words], "\n"); !strings.HasPrefix(first, "Usage: ticketd "+words) {
				t.Errorf("ticketd %s is not a command: %s", words, first)
			}
		}
		for _, flag := range flags {
			if !strings.Contains(help[words], flag) {
				t.Errorf("ticketd %s has no %s", words, flag)
			}
		}
	}
}

// split tells the words of a command from its flags; what they are given is left out.
func split(fields []string) (words string, flags []string) {
	end := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, "--") || f == strings.ToUpper(f) })
	if end < 0 {
		end = len(fields)
	}
	for _, f := range fields[end:] {
		if strings.HasPrefix(f, "--") {
			flags = append(flags, f)
		}
	}
	return strings.Join(fields[:end], " "), flags
}

func TestEveryLinkOfTheRunbookLeadsSomewhere(t *testing.T) {
	text := string(read(t, runbookFile))
	for _, link := range regexp.MustCompile(`\]\(#(\w+)\)`).FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(names(t), func(name string) bool { return strings.EqualFold(name, link[1]) }) {
			t.Errorf("there is no chapter #%s", link[1])
		}
	}
	for _, link := range regexp.MustCompile(`\]\((\w+\.md)\)`).FindAllStringSubmatch(text, -1) {
		read(t, filepath.Join(filepath.Dir(runbookFile), link[1]))
	}
}
