package config

import (
	"crypto/sha256"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	c := good(t, "testdata/good/both.toml", map[string]string{
		"TICKETD_INSTANCE":                "staging",
		"TICKETD_SERVER_LISTEN":           "127.0.0.1:9000",
		"TICKETD_SERVER_PATH":             "/dt",
		"TICKETD_SERVER_ADMIN":            "127.0.0.1:9001",
		"TICKETD_SERVER_TOKEN":            "e25a4fafb61db897305b18fbeb2d4790",
		"TICKETD_STORE_PATH":              "/srv/ticketd.db",
		"TICKETD_LOG_LEVEL":               "debug",
		"TICKETD_LOG_FORMAT":              "text",
		"TICKETD_JIRA_CLOUD_TOKEN":        "f36b50b0c72ec9a8416c290cfc3e58a1",
		"TICKETD_GITHUB_ENTERPRISE_TOKEN": "047c61c1d83fdab9527d3a1d0d4f69b2",
	})
	if c.Instance != "staging" || c.Store.Path != "/srv/ticketd.db" || c.Log != (Log{slog.LevelDebug, "text"}) {
		t.Errorf("got %q %+v %+v", c.Instance, c.Store, c.Log)
	}
	if s := c.Server; s.Listen != "127.0.0.1:9000" || s.Path != "/dt" || s.Admin != "127.0.0.1:9001" {
		t.Errorf("got %+v", s)
	}
	added := c.Server.Tokens[len(c.Server.Tokens)-1]
	if len(c.Server.Tokens) != 3 || added.Name != "environment" || added.Digest != sha256.Sum256([]byte("e25a4fafb61db897305b18fbeb2d4790")) {
		t.Errorf("the token was not added: %+v", c.Server.Tokens)
	}
	if got := c.Jira["cloud"].Token.Reveal(); got != "f36b50b0c72ec9a8416c290cfc3e58a1" {
		t.Errorf("Jira's token is %q", got)
	}
	if g := c.GitHub["enterprise"]; g.App != nil || g.Token.Reveal() != "047c61c1d83fdab9527d3a1d0d4f69b2" {
		t.Errorf("GitHub works as %+v", g)
	}
}

func TestEverySecretCanComeFromTheEnvironment(t *testing.T) {
	text := "[github.my-host]\n"
	c, problems := Parse("x.toml", []byte(text), environ(t, map[string]string{
		"TICKETD_SERVER_TOKEN":         "e25a4fafb61db897305b18fbeb2d4790",
		"TICKETD_GITHUB_MY_HOST_TOKEN": "047c61c1d83fdab9527d3a1d0d4f69b2",
	}))
	if problems.Fatal() || c.GitHub["my-host"].Token.IsZero() || len(c.Server.Tokens) != 1 {
		t.Error(problems)
	}
}

func TestAProblemOfTheEnvironmentNamesTheVariable(t *testing.T) {
	data, err := os.ReadFile("testdata/good/jira.toml")
	if err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]string{
		"TICKETD_LOG_LEVEL=loud":            `is no log level (write "debug", "info", "warn" or "error")`,
		"TICKETD_SERVER_LISTEN=8080":        `is no address to listen on (write host:port, such as "127.0.0.1:8080")`,
		"TICKETD_SERVER_TOKEN=short":        "is shorter than 16 characters (openssl rand -hex 32 makes a good one)",
		"TICKETD_JIRA_SECURITY_TOKEN=short": "is shorter than 16 characters (put the whole token there as the tracker showed it)",
		"TICKETD_INSTANCE=a b":              `is no usable name (1 to 32 letters, digits, "-", "_" and ".")`,
	} {
		name, value, _ := strings.Cut(variable, "=")
		_, problems := Parse("jira.toml", data, environ(t, map[string]string{name: value}))
		if got, want := problems.String(), "environment: error: "+name+": "+want; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnEmptyVariableCountsAsNotSet(t *testing.T) {
	if c := good(t, "testdata/good/jira.toml", map[string]string{"TICKETD_LOG_LEVEL": "", "TICKETD_SERVER_TOKEN": ""}); len(c.Server.Tokens) != 1 {
		t.Errorf("tokens are %+v", c.Server.Tokens)
	}
}

func TestAVariableThatMeansNothingIsWarnedOf(t *testing.T) {
	c := good(t, "testdata/good/both.toml", nil)
	problems := c.UnknownVariables([]string{
		"PATH=/bin", "TICKETD_CONFIG=x", "TICKETD_LOG_LEVEL=info", "TICKETD_JIRA_CLOUD_TOKEN=x", "TICKETD_GITHUB_EUROPE_TOKEN=x",
		"TICKETD_LOGLEVEL=" + canary, "TICKETD_JIRA_NAME_TOKEN=" + canary, "TICKETD_JIRA_CLUOD_TOKEN=" + canary,
	})
	want := `environment: warning: TICKETD_LOGLEVEL: no such variable (did you mean "TICKETD_LOG_LEVEL"?)
environment: warning: TICKETD_JIRA_NAME_TOKEN: no such variable (did you mean "TICKETD_JIRA_DC_TOKEN"?)
environment: warning: TICKETD_JIRA_CLUOD_TOKEN: no such variable (did you mean "TICKETD_JIRA_CLOUD_TOKEN"?)`
	if problems.String() != want || problems.Fatal() || problems.Err() != nil {
		t.Errorf("got:\n%s", problems)
	}
}

func TestAVariableDoesNotHideAWrongTable(t *testing.T) {
	variables := map[string]string{"TICKETD_SERVER_TOKEN": "e25a4fafb61db897305b18fbeb2d4790", "TICKETD_LOG_LEVEL": "info"}
	_, problems := Parse("x.toml", []byte("server = 1\nlog = 2\n"), environ(t, variables))
	for _, want := range []string{"x.toml:1:1: error: server: is a whole number, must be a table", "x.toml:2:1: error: log: is a whole number, must be a table"} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("%q is not in:\n%s", want, problems)
		}
	}
}

func TestTextOfMoreThanAMebibyteIsRefused(t *testing.T) {
	if c, problems := Parse("x.toml", make([]byte, maxFile+1), environ(t, nil)); c != nil || problems.String() != "x.toml: error: is larger than 1 MiB" {
		t.Errorf("got %v", problems)
	}
}
