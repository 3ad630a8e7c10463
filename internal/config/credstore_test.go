package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fromStore loads a configuration as outside of a unit, with a folder in place of /etc/credstore.
func fromStore(t *testing.T, folder, text string) (*Config, Problems) {
	t.Helper()
	return loading{env: nowhere, credstore: folder}.text("x.toml", []byte(text))
}

const ofTheService = `
[[server.token]]
name = "data-theorem"
value_file = "$CREDENTIALS_DIRECTORY/ticketd.webhook-token"
[github.main]
token_file = "${CREDENTIALS_DIRECTORY}/ticketd.github-token"
[[rule]]
tracker = "main"
repository = "example/findings"
`

func TestOutsideOfAUnitTheFolderThatSystemdReadsStandsIn(t *testing.T) {
	needsRoot(t)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "ticketd.webhook-token"), "0d93b1a6e2c84f57a1b8c6d2e4f09375\n", 0o600)
	write(t, filepath.Join(folder, "ticketd.github-token"), "b92e1d7cf3ea58649032d5e8c7fa146b\n", 0o600)
	c, problems := fromStore(t, folder, ofTheService)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := c.GitHub["main"].Token.Reveal(); got != "b92e1d7cf3ea58649032d5e8c7fa146b" {
		t.Errorf("the token is %q", got)
	}
}

func TestAMissingCredentialIsToldWithTheCommandThatMakesIt(t *testing.T) {
	folder := t.TempDir()
	_, problems := fromStore(t, folder, ofTheService)
	for _, want := range []string{
		"server.token[0].value_file: the file cannot be used: no such file or directory (make it: sudo sh -c 'umask 077; openssl rand -hex 32 > " + folder + "/ticketd.webhook-token')",
		"github.main.token_file: the file cannot be used: no such file or directory (make it: sudo sh -c 'umask 077; cat > " + folder + "/ticketd.github-token')",
	} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("%s\nis not in\n%s", want, problems)
		}
	}
	_, problems = Parse("x.toml", []byte(ofTheService), environ(t, nil))
	want := "(make it: sudo sh -c 'umask 077; cat > /etc/credstore/ticketd.github-token'; the unit needs LoadCredential=ticketd.github-token, and a restart)"
	if !strings.Contains(problems.String(), want) {
		t.Errorf("in a unit: %s\nis not in\n%s", want, problems)
	}
}

func TestAStoredCredentialThatIsNotRootsAloneIsRefused(t *testing.T) {
	needsRoot(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "ticketd.github-token")
	write(t, filepath.Join(folder, "ticketd.webhook-token"), "0d93b1a6e2c84f57a1b8c6d2e4f09375\n", 0o600)
	write(t, file, "b92e1d7cf3ea58649032d5e8c7fa146b\n", 0o600)
	for name, c := range map[string]struct {
		mode  os.FileMode
		owner int
		want  string
	}{
		"readable by a group": {0o640, 0, "the file can be read by others (chmod 600 " + file + ")"},
		"of somebody else":    {0o600, 1, "the file cannot be used: it does not belong to root (chown root:root " + file + ")"},
	} {
		if err := os.Chown(file, c.owner, 0); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, c.mode); err != nil {
			t.Fatal(err)
		}
		_, problems := fromStore(t, folder, ofTheService)
		if len(problems) != 1 || !strings.HasSuffix(problems.String(), c.want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files that belong to root")
	}
}
