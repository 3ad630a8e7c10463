package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wrapped hides a Secret where fmt calls no method of it.
type wrapped struct {
	s Secret
	p *Secret
	m map[string]Secret
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	secret := NewSecret(canary)
	c := good(t, "testdata/good/both.toml", nil)
	values := map[string]any{
		"secret": secret, "pointer": &secret, "credential": Credential{Value: secret}, "list": []Secret{secret},
		"unexported": wrapped{secret, &secret, map[string]Secret{"x": secret}}, "jira": *c.Jira["cloud"], "whole": c,
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3v"} {
			unseen(t, name+" "+verb, fmt.Sprintf(verb, value))
		}
		unseen(t, name+" through slog", logged(value))
		if text, err := json.Marshal(value); err == nil {
			unseen(t, name+" as JSON", string(text))
		}
	}
	if text, err := xml.Marshal(secret); err != nil || !strings.Contains(string(text), hidden) {
		t.Errorf("as XML: %s, %v", text, err)
	}
}

func logged(value any) string {
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("x", "value", value)
	}
	return out.String()
}

// unseen looks for the canary as it is and in hexadecimal.
func unseen(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows it: %s", where, text)
		}
	}
}

func TestASecretPrintsAsHidden(t *testing.T) {
	secret := NewSecret(canary)
	text, err := json.Marshal(secret)
	if err != nil || string(text) != `"[hidden]"` {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	for _, got := range []string{secret.String(), secret.GoString(), fmt.Sprintf("%v%v", secret, &secret)[len(hidden):], secret.LogValue().String()} {
		if got != hidden {
			t.Errorf("prints as %q", got)
		}
	}
	if secret.Reveal() != canary || secret.IsZero() || !(Secret{}).IsZero() || (Secret{}).Reveal() != "" {
		t.Error("Reveal or IsZero is wrong")
	}
}

func TestNoProblemShowsASecret(t *testing.T) {
	env := environ(t, map[string]string{
		"TICKETD_SERVER_TOKEN":        canary,
		"TICKETD_GITHUB_MAIN_TOKEN":   canary + " x",
		"TICKETD_JIRA_SECURITY_TOKEN": "<" + canary + ">",
	})
	for _, line := range []string{
		`token = "` + canary, `token = '''` + canary, `token = ` + canary, `token = "` + canary + `" ` + canary, `token = "\x` + canary + `"`,
		`token = ["` + canary + `"]`, `token = { x = "` + canary + `" }`, `url = "https://` + canary + `:` + canary + `@example.com"`,
		`url = "https://example.com/?key=` + canary + `"`, `url = "%` + canary + `"`, `url = "` + canary + `"`, `url = "ht tp://` + canary + `"`,
		`token = "` + canary + "\"\n" + `token = "` + canary + `"`, `token_file = "/nowhere"`,
		`deployment = "` + canary + `"`, `email = "` + canary + `"`, `api_url = "ftp://` + canary + `"`, `min_interval = "` + canary + `"`,
		`burst = "` + canary + `"`, `token = 0x` + canary, `token = 2027-99-99` + canary,
	} {
		for _, section := range []string{"[jira.security]\n", "[github.main]\n", "[jira.other]\n", "[[server.token]]\nname = \"x\"\n"} {
			_, problems := Parse("x.toml", []byte(section+line+"\n"), env)
			if !problems.Fatal() {
				t.Errorf("%s%s has no problem", section, line)
			}
			unseen(t, section+line, problems.String())
			unseen(t, section+line, fmt.Sprintf("%#v", problems))
		}
	}
}

func TestAFileThatHoldsASecretAndIsReadableByOthersIsWarnedOf(t *testing.T) {
	data, err := os.ReadFile("testdata/good/both.toml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ticketd.toml")
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o644: 1} {
		write(t, file, string(data), 0o600)
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		c, problems := Load(file, environ(t, nil))
		if c == nil || problems.Fatal() || len(problems) != want {
			t.Errorf("mode %o: %v", mode, problems)
		}
	}
}

func TestAFileWithoutASecretMayBeReadByAll(t *testing.T) {
	if c, problems := Load("testdata/good/jira.toml", environ(t, nil)); c == nil || len(problems) > 0 {
		t.Error(problems)
	}
}

func TestAFileThatCannotBeReadIsAProblem(t *testing.T) {
	c, problems := Load("testdata/nowhere.toml", environ(t, nil))
	want := "testdata/nowhere.toml: error: cannot be read: no such file or directory (check the path and who may read it)"
	if c != nil || problems.Err() == nil || problems.Error() != want {
		t.Errorf("got %v", problems)
	}
	if _, problems = Load(t.TempDir(), environ(t, nil)); !problems.Fatal() {
		t.Error("a folder was read as a file")
	}
	large := filepath.Join(t.TempDir(), "large.toml")
	write(t, large, strings.Repeat("#", maxFile+1), 0o600)
	if _, problems = Load(large, environ(t, nil)); !problems.Fatal() {
		t.Error("a file of more than 1 MiB was read")
	}
}
