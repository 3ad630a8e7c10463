package daemon_test

import (
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
)

func TestAConfigurationWithoutItsSecretsCannotServe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ticketd.db")
	text := "[store]\npath = '" + file + "'\n[github.main]\n[[rule]]\ntracker = \"main\"\nrepository = \"acme/app\"\n"
	c, problems := config.ParseWithoutSecrets("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := daemon.New(t.Context(), daemon.Options{Config: c}); err == nil || !strings.Contains(err.Error(), "without its secrets") {
		t.Errorf("it was made: %v", err)
	}
	if found, _ := filepath.Glob(file + "*"); found != nil {
		t.Errorf("the store was opened: %q", found)
	}
}
