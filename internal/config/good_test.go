package config

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"ticketd/mapping"
)

// good parses a file that must have no problem at all.
func good(t *testing.T, file string, variables map[string]string) *Config {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Parse(file, data, environ(t, variables))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

func TestTwentyLinesAreEnoughForJira(t *testing.T) {
	j := good(t, "testdata/good/jira.toml", nil).Jira["security"]
	if j.Site.String() != "https://example.atlassian.net" || j.API.String() != j.Site.String() {
		t.Errorf("addresses are %v and %v", j.Site, j.API)
	}
	if got, want := j.Token.Reveal(), "b92e1d7cf3ea58649032d5e8c7fa146b-"+canary; got != want {
		t.Errorf("the token is %q, want %q without the line break", got, want)
	}
	if j.Pacing != (Pacing{}) {
		t.Errorf("pacing is %+v, want it left to the tracker", j.Pacing)
	}
}

func TestTwentyLinesAreEnoughForGitHub(t *testing.T) {
	c := good(t, "testdata/good/github.toml", nil)
	g := c.GitHub["main"]
	if g.Site.String() != "https://github.com" || g.API.String() != "https://api.github.com" {
		t.Errorf("addresses are %v and %v", g.Site, g.API)
	}
	if c.Mapping == nil || c.Table == nil {
		t.Error("rules or event types were not compiled")
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	c := good(t, "testdata/good/github.toml", nil)
	want := defaults()
	if c.Store != want.Store || c.Log != want.Log || c.Deliver != want.Deliver || !reflect.DeepEqual(c.Portal, want.Portal) {
		t.Errorf("got %+v %+v %+v %+v", c.Store, c.Log, c.Deliver, c.Portal)
	}
	if s := c.Server; s.Listen != "127.0.0.1:8080" || s.Path != "/webhook" || s.Admin != "127.0.0.1:8081" || s.InsecureNoAuth {
		t.Errorf("got %+v", s)
	}
	if c.Deliver.QuietPeriod != 10*time.Minute {
		t.Errorf("the quiet period is %v", c.Deliver.QuietPeriod)
	}
}

func TestEveryFormOfEveryKeyIsUnderstood(t *testing.T) {
	c := good(t, "testdata/good/both.toml", nil)
	s := c.Server
	if s.Tokens[0].Digest != sha256.Sum256([]byte("0d93b1a6e2c84f57a1b8c6d2e4f09375")) {
		t.Error("the word Bearer was taken for a part of the token")
	}
	if s.Tokens[1].Digest[0] != 0x9f || s.Tokens[1].Digest[31] != 0x08 {
		t.Errorf("the given hash became %x", s.Tokens[1].Digest)
	}
	if got, want := s.Tokens[0].NotAfter, time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC); !got.Equal(want) {
		t.Errorf("a date ends at %v, want %v", got, want)
	}
	if got, want := s.Capabilities[0].NotAfter, time.Date(2027, 6, 30, 10, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("a time with a zone became %v, want %v", got, want)
	}
	for tracker, want := range map[string]string{
		c.Jira["dc"].API.String():           "http://127.0.0.1:2990/jira",
		c.Jira["cloud"].API.String():        "https://api.atlassian.com/ex/jira/0f1e2d3c-0000-4000-8000-000000000000",
		c.Jira["cloud"].Site.String():       "https://example.atlassian.net",
		c.GitHub["enterprise"].API.String(): "https://github.example.com/api/v3",
		c.GitHub["europe"].API.String():     "https://api.example.ghe.com",
	} {
		if tracker != want {
			t.Errorf("address is %s, want %s", tracker, want)
		}
	}
	if got := c.Jira["dc"].MinInterval; got != time.Second {
		t.Errorf("the interval is %v", got)
	}
	if got, want := c.GitHub["europe"].Pacing, (Pacing{PerHour: 100}); got != want {
		t.Errorf("pacing is %+v, want %+v", got, want)
	}
	if e := c.GitHub["enterprise"]; e.App.ID != "Iv23abcdefgh" || e.App.Installation != 4711 || e.App.PrivateKey.IsZero() {
		t.Errorf("the enterprise server is %+v", e)
	}
}

func TestRulesKeepTheirPatternsAndFields(t *testing.T) {
	spec := good(t, "testdata/good/both.toml", nil).Spec()
	mobile := spec.Rules[0]
	if !reflect.DeepEqual(mobile.Match.Product, mapping.Patterns{"mobile_*"}) {
		t.Errorf("a single pattern became %q", mobile.Match.Product)
	}
	want := map[string]any{
		"customfield_1": map[string]any{"value": "High"},
		"customfield_2": "2027-01-31", "points": int64(1000), "ratio": 0.5, "flags": []any{true},
	}
	if !reflect.DeepEqual(mobile.Fields, want) {
		t.Errorf("fields are %#v, want %#v", mobile.Fields, want)
	}
	trackers := map[string]mapping.Service{"dc": mapping.Jira, "cloud": mapping.Jira, "enterprise": mapping.GitHub, "europe": mapping.GitHub}
	if !reflect.DeepEqual(spec.Trackers, trackers) || spec.Instance != "prod" {
		t.Errorf("the mapping knows %v of %q", spec.Trackers, spec.Instance)
	}
}

func TestARotatedTokenIsUsedWithoutARestart(t *testing.T) {
	env := environ(t, nil)
	data, err := os.ReadFile("testdata/good/jira.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Parse("jira.toml", data, env)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	folder, _ := env(credentialsVariable)
	file, token := filepath.Join(folder, "jira-token"), c.Jira["security"].Token
	before := token.Reveal()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := token.Reveal(); got != before {
		t.Errorf("while the file is away the token is %q, want the last one", got)
	}
	write(t, file, "rotated-0d93b1a6e2c84f57\n", 0o400)
	if got := token.Reveal(); got != "rotated-0d93b1a6e2c84f57" {
		t.Errorf("after rotation the token is %q", got)
	}
}

func TestAFileOutsideSystemdsFolderMustBePrivateToTheOwner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	text := "[server]\ntoken = [{ name = \"x\", value_file = '" + file + "' }]\n[github.main]\ntoken = \"0d93b1a6e2c84f57a1b8\"\n"
	for mode, fatal := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true} {
		write(t, file, "0d93b1a6e2c84f57a1b8c6d2e4f09375", 0o600)
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, problems := Parse("x.toml", []byte(text), environ(t, nil)); problems.Fatal() != fatal {
			t.Errorf("mode %o: %v", mode, problems)
		}
	}
}

func TestAGatewayNeedsNoEmail(t *testing.T) {
	if j := good(t, "testdata/good/both.toml", nil).Jira["cloud"]; j.Email != "" {
		t.Errorf("the e-mail address is %q", j.Email)
	}
}

func TestAKeyInEitherFormIsTaken(t *testing.T) {
	block, _ := pem.Decode([]byte(appKey()))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, private := range map[bool]any{true: key, false: other} {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		if got := rsaKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); got != want {
			t.Errorf("a %T is taken: %v", private, got)
		}
	}
}
