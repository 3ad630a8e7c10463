package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/config"
)

// blocks gives the TOML blocks of the README.
func blocks(t *testing.T) []string {
	t.Helper()
	return blocksOf(t, "README.md")
}

// blocksOf gives the TOML blocks of a document, their indentation removed.
func blocksOf(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", document))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var block []string
	inside, indent := false, ""
	for line := range strings.Lines(string(text)) {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "```toml":
			inside, block = true, nil
			indent, _, _ = strings.Cut(line, "`")
		case inside && trimmed == "```":
			inside, out = false, append(out, strings.Join(block, ""))
		case inside:
			block = append(block, strings.TrimPrefix(line, indent))
		}
	}
	return out
}

// Whole configurations stand for themselves; blocks of rules alone are put under the trackers that
// the README connects.
const readmeHead = `
[[server.token]]
name = "data-theorem"
value_file = "webhook-token"
[jira.security]
url = "https://example.atlassian.net"
email = "ticketd@example.com"
token_file = "jira-token"
[github.main]
token_file = "github-token"
`

func TestEveryConfigurationOfTheReadmeLoads(t *testing.T) {
	examples := blocks(t)
	if len(examples) < 4 {
		t.Fatalf("%d TOML blocks in the README, want at least 4", len(examples))
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"webhook-token", "jira-token", "github-token"} {
		if err := os.WriteFile(name, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range examples {
		if !strings.Contains(text, "[[server.token]]") {
			text = readmeHead + text
		}
		if !strings.Contains(text, "[[rule]]") { // the head that the examples of rules stand under
			text += "\n[[rule]]\ntracker = \"security\"\nproject = \"SEC\"\n"
		}
		if _, problems := config.Parse("README.md", []byte(text), func(string) (string, bool) { return "", false }); len(problems) > 0 {
			t.Errorf("%v in\n%s", problems, text)
		}
	}
}

func TestTheConfigurationsOfTheDocumentsAreGood(t *testing.T) {
	rest := readmeHead + "[[rule]]\ntracker = \"security\"\nproject = \"SEC\"\n"
	for document, least := range map[string]int{"docs/proxy.md": 2, "docs/secrets.md": 1} {
		examples := blocksOf(t, document)
		if len(examples) < least {
			t.Errorf("%s has %d TOML blocks, want at least %d", document, len(examples), least)
		}
		for _, text := range examples { // they name files that are not here
			if _, problems := config.ParseWithoutSecrets(document, []byte(text+rest), func(string) (string, bool) { return "", false }); len(problems) > 0 {
				t.Errorf("%v in\n%s", problems, text)
			}
		}
	}
}
