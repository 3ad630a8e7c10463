package daemon_test

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// site is a tracker as a configuration describes it, with what must be on the wire.
type site struct {
	name    string
	jira    jiratest.Options
	github  githubtest.Options
	tracker string            // of the configuration
	base    string            // every request begins with it
	auth    map[string]string // by the first part of the path after base: how the credential begins; "" for the rest
	page    string            // where people read the issue
}

func sites(t *testing.T) []site {
	t.Helper()
	key, file := privateKey(t)
	app := githubtest.Options{App: &githubtest.App{ID: "Iv23abcdefgh", Number: 77, Slug: "finding-bot", Installation: 4711, Key: key}}
	asApp := fmt.Sprintf("app = { id = \"Iv23abcdefgh\", installation = 4711, private_key_file = %q }\n", file)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("bot@example.com:jira-secret-token"))
	cloud := jiratest.Options{Email: "bot@example.com", Token: "jira-secret-token"}
	const gateway = "https://api.atlassian.com/ex/jira/0f1e2d3c-0000-4000-8000-000000000000"
	return []site{
		{name: "cloud", jira: cloud, base: "https://jira.example.com/rest/api/", page: "https://jira.example.com/browse/SEC-1",
			tracker: "url = \"https://jira.example.com\"\nemail = \"bot@example.com\"\ntoken = \"jira-secret-token\"\n",
			auth:    map[string]string{"": basic}},
		{name: "scoped token", jira: cloud, base: gateway + "/rest/api/", page: "https://jira.example.com/browse/SEC-1",
			tracker: "url = \"https://jira.example.com\"\napi_url = \"" + gateway + "\"\nemail = \"bot@example.com\"\ntoken = \"jira-secret-token\"\n",
			auth:    map[string]string{"": basic}},
		{name: "service account", jira: jiratest.Options{Token: "jira-secret-token"}, base: gateway + "/rest/api/", page: "https://jira.example.com/browse/SEC-1",
			tracker: "url = \"https://jira.example.com\"\napi_url = \"" + gateway + "\"\ntoken = \"jira-secret-token\"\n",
			auth:    map[string]string{"": "Bearer jira-secret-token"}},
		{name: "data center", jira: jiratest.Options{DataCenter: true, Token: "jira-secret-token"}, base: "https://jira.example.com/rest/api/2/",
			tracker: "url = \"https://jira.example.com\"\ntoken = \"jira-secret-token\"\n", page: "https://jira.example.com/browse/SEC-1",
			auth: map[string]string{"": "Bearer jira-secret-token"}},
		{name: "data center below a path", jira: jiratest.Options{DataCenter: true, Token: "jira-secret-token"}, base: "https://jira.example.com/jira/rest/api/2/",
			tracker: "url = \"https://jira.example.com/jira/\"\ntoken = \"jira-secret-token\"\n", page: "https://jira.example.com/jira/browse/SEC-1",
			auth: map[string]string{"": "Bearer jira-secret-token"}},
		{name: "enterprise server", base: "https://ghe.example.com/api/v3/", page: "https://ghe.example.com/acme/app/issues/1",
			tracker: "url = \"https://ghe.example.com\"\ntoken = \"github-secret-token\"\n",
			auth:    map[string]string{"": "Bearer github-secret-token"}},
		{name: "app", github: app, base: "https://api.github.com/", page: "https://github.com/acme/app/issues/1", tracker: asApp,
			auth: map[string]string{"app": "Bearer ey", "": "Bearer ghs_"}},
		{name: "app on enterprise server", github: app, base: "https://ghe.example.com/api/v3/", page: "https://ghe.example.com/acme/app/issues/1",
			tracker: "url = \"https://ghe.example.com\"\n" + asApp, auth: map[string]string{"app": "Bearer ey", "": "Bearer ghs_"}},
	}
}

// privateKey makes the key of an App, and the file that a configuration names.
func privateKey(t *testing.T) (public *rsa.PublicKey, file string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "app.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey, file
}

func TestEveryWayToReachATrackerIsOnTheWireAsItIsConfigured(t *testing.T) {
	for _, c := range sites(t) {
		t.Run(c.name, func(t *testing.T) {
			kind, rules := "jira", crowds()[0].rules
			if strings.Contains(c.base, "git") || strings.Contains(c.base, "ghe") {
				kind, rules = "github", everythingToGitHub
			}
			var wrong []string
			requests := 0
			watch := func(r *http.Request) {
				requests++
				rest, ok := strings.CutPrefix(r.URL.String(), c.base)
				first, _, _ := strings.Cut(rest, "/")
				if want := cmp.Or(c.auth[first], c.auth[""]); !ok || !strings.HasPrefix(r.Header.Get("Authorization"), want) {
					wrong = append(wrong, r.Method+" "+r.URL.String())
				}
			}
			s := settings{jira: c.jira, github: c.github, rules: rules, watch: watch, trackers: "[" + kind + "." + kind + "]\n" + c.tracker}
			inWorld(t, s, func(w *world) {
				w.open("v-1")
				w.post(violation("RESOLVED", "v-1", 1611059000))
				w.settle()
				w.one().expect(w, false, 1)
				if got := w.oneTicket().Ref.URL; got != c.page {
					t.Errorf("people are sent to %s, want %s", got, c.page)
				}
				if c.github.App != nil && w.oneGitHub().Author != "finding-bot[bot]" {
					t.Errorf("the issue is by %s", w.oneGitHub().Author)
				}
				w.stop()
				if requests == 0 || len(wrong) > 0 {
					t.Errorf("%d requests; not as configured: %q", requests, slices.Compact(wrong))
				}
			})
		})
	}
}
