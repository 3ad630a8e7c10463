package door

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

// configured is a configuration but for what says who may post.
const configured = `
[server]
listen = %q
admin = ""
%s
[store]
path = %q
[jira.jira]
url = "https://example.atlassian.net"
email = "bot@example.com"
token = "jira-secret-token"
[[rule]]
name = "all"
tracker = "jira"
project = "SEC"
`

// door is a service with a configuration of its own. server is what it says beyond where it listens.
func door(t *testing.T, listen, server string) *program.Service {
	t.Helper()
	dir := t.TempDir()
	return program.New(t, program.Options{Dir: dir, Config: fmt.Sprintf(configured, listen, server, filepath.Join(dir, "ticketd.db"))})
}

func TestADoorThatAnybodyCouldPassIsNotOpened(t *testing.T) {
	const loopback = "127.0.0.1:0"
	token := func(value string) string { return "[[server.token]]\nname = \"portal\"\n" + value + "\n" }
	for name, c := range map[string]struct{ listen, server, says string }{
		"nothing says who":      {loopback, "", "nothing says who may post"},
		"an empty token":        {loopback, token(`value = ""`), "is empty"},
		"the digest of nothing": {loopback, token(`sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`), "SHA-256 of nothing"},
		"a token of spaces":     {loopback, token(`value = "                                "`), "server.token"},
		"a placeholder":         {loopback, token(`value = "changeme-changeme-changeme"`), "placeholder"},
		"open, to everybody":    {"0.0.0.0:0", "plain_http = true\ninsecure_no_auth = true\n", "anybody could post findings"},
		"open, behind a proxy":  {loopback, "behind_proxy = true\ninsecure_no_auth = true\n", "anybody could post findings"},
		"open, by another name": {"localhost.example.com:0", "plain_http = true\ninsecure_no_auth = true\n", "anybody could post findings"},
		"open, with a token":    {loopback, "insecure_no_auth = true\n" + token(`value = "a-token-of-thirty-two-characters"`), "contradicts"},
	} {
		t.Run(name, func(t *testing.T) {
			s := door(t, c.listen, c.server)
			s.Launch()
			err := s.Wait()
			if ended, is := errors.AsType[*exec.ExitError](err); !is || ended.ExitCode() != 78 {
				t.Errorf("it ended with %v, want 78", err)
			}
			if log := string(s.Log()); !strings.Contains(log, c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, log)
			}
		})
	}
}

func TestADoorWithoutALockIsOpenedOnLoopbackAlone(t *testing.T) {
	s := door(t, "127.0.0.1:0", "insecure_no_auth = true\n")
	s.Start()
	if got := post(t.Context(), s, "", []byte("{}")); got != 200 {
		t.Errorf("%d", got)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}
