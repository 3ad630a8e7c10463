package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func none(string) (string, bool) { return "", false }

func TestWithoutSecretsNoFileThatHoldsOneIsNeeded(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.toml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, exampleFile) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, problems := ParseWithoutSecrets(file, data, none)
		if len(problems) > 0 {
			t.Errorf("%s: %v", file, problems)
			continue
		}
		if !c.Secretless || c.Mapping == nil || c.Table == nil {
			t.Errorf("%s is not marked, or was not compiled", file)
		}
	}
}

func TestWithoutSecretsACredentialMayBeMissing(t *testing.T) {
	text := "[jira.x]\nurl = \"https://jira.example.com\"\n[[rule]]\ntracker = \"x\"\nproject = \"SEC\"\n"
	if _, problems := ParseWithoutSecrets("x.toml", []byte(text), none); len(problems) > 0 {
		t.Error(problems)
	}
	if _, problems := Parse("x.toml", []byte(text), none); len(problems) != 2 {
		t.Errorf("with secrets: %v", problems)
	}
}

func TestWithoutSecretsThereIsNone(t *testing.T) {
	text := fmt.Sprintf(`[server]
token = [{name = "a", value = "0d93b1a6e2c84f57-%[1]s"}]
capability = [{name = "b", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}]
[jira.x]
url = "https://jira.example.com"
token = "0d93b1a6e2c84f57-%[1]s"
[github.y]
token = "0d93b1a6e2c84f57-%[1]s"
[[rule]]
tracker = "x"
project = "SEC"
`, canary)
	file := filepath.Join(t.TempDir(), "x.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := LoadWithoutSecrets(file, environ(t, map[string]string{
		"TICKETD_SERVER_TOKEN": canary + "0d93b1a6e2c84f57a1b8c6d2e4f09375", "TICKETD_JIRA_X_TOKEN": canary + "0d93b1a6e2c84f57a1b8c6d2e4f09375",
	}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	credentials := slices.Concat(c.Server.Tokens, c.Server.Capabilities)
	for _, credential := range credentials {
		if !credential.Value.IsZero() || credential.Digest != [32]byte{} {
			t.Errorf("%s can be used", credential.Name)
		}
	}
	if len(credentials) != 2 || !c.Jira["x"].Token.IsZero() || !c.GitHub["y"].Token.IsZero() {
		t.Error("a token is there")
	}
}

func TestWithoutSecretsContradictionsAreToldAllTheSame(t *testing.T) {
	text := "[jira.x]\nurl = \"https://jira.example.com\"\ntoken = \"a\"\ntoken_file = \"b\"\n[[rule]]\ntracker = \"x\"\nproject = \"SEC\"\n"
	if _, problems := ParseWithoutSecrets("x.toml", []byte(text), none); len(problems) != 1 {
		t.Error(problems)
	}
}
