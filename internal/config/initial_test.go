package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packaged is the configuration that the packages install.
const packaged = "../../packaging/ticketd.toml"

func TestThePackagedConfigurationIsThatOfAServiceWithoutATracker(t *testing.T) {
	text, err := Initial{Folder: ServiceFolder, Service: true}.TOML()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, packaged, text)
}

func TestThePackagedConfigurationLacksATrackerAndNothingElse(t *testing.T) {
	data, err := os.ReadFile(packaged)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "ticketd.webhook-token"), "0d93b1a6e2c84f57a1b8c6d2e4f09375\n", 0o400)
	_, problems := Parse("ticketd.toml", data, inUnit(folder))
	want := "ticketd.toml: error: no tracker is configured (add [jira.NAME] or [github.NAME]; `ticketd init` writes a first configuration, `sudo ticketd init --service` that of the service)\n" +
		"ticketd.toml: warning: rule: there is no rule: no finding will get a ticket (add a [[rule]])"
	if problems.String() != want {
		t.Errorf("got\n%s\nwant\n%s", problems, want)
	}
}

func TestTheConfigurationOfAServiceLoadsAndNamesTheCredentialsOfItsUnit(t *testing.T) {
	for name, i := range map[string]Initial{
		"Jira":   {JiraURL: "https://example.atlassian.net", Email: "a@example.com", Project: "SEC"},
		"GitHub": {Repository: "example/findings"},
		"both":   {JiraURL: "https://jira.example.com", Project: "SEC", Repository: "example/findings"},
	} {
		t.Run(name, func(t *testing.T) {
			i.Folder, i.Service = ServiceFolder, true
			text, err := i.TOML()
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			for _, secret := range []string{"webhook-token", "webhook-token-next", "jira-token", "github-token"} {
				write(t, filepath.Join(folder, "ticketd."+secret), secret+"-0d93b1a6e2c84f57a1b8c6d2e4f09375\n", 0o400)
			}
			c, problems := Parse("ticketd.toml", []byte(text), inUnit(folder))
			if len(problems) > 0 {
				t.Fatalf("%v in\n%s", problems, text)
			}
			if c.Store.Path != "/var/lib/ticketd/ticketd.db" || len(c.Server.TrustedProxies) != 2 {
				t.Errorf("got %+v %+v", c.Store, c.Server)
			}
			// The second token is there to be uncommented.
			next := strings.ReplaceAll(text, "\n#[[server.token]]\n#name = \"data-theorem-next\"\n#value_file", "\n[[server.token]]\nname = \"data-theorem-next\"\nvalue_file")
			if c, problems := Parse("ticketd.toml", []byte(next), inUnit(folder)); len(problems) > 0 || len(c.Server.Tokens) != 2 {
				t.Errorf("with the next token: %v", problems)
			}
		})
	}
}

// inUnit is the environment of a unit whose credentials are in a folder.
func inUnit(folder string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == credentialsVariable {
			return folder, true
		}
		return "", false
	}
}

func TestTheUnitTakesTheCredentialsThatTheConfigurationNames(t *testing.T) {
	unit, err := os.ReadFile("../../packaging/systemd/ticketd.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"webhook-token", "webhook-token-next", "capability", "jira-token", "github-token", "github-app-key", "tls-cert", "tls-key"} {
		if !strings.Contains(string(unit), "\nLoadCredential="+ourCredentials+name+"\n") {
			t.Errorf("the unit takes no %s", name)
		}
	}
}
