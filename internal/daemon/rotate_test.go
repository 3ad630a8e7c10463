package daemon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// rotation is a tracker whose credential is in a file.
type rotation struct {
	trackers, rules string
	token           func(w *world, token string) // has the tracker accept another one
}

func rotations(file string) map[string]rotation {
	return map[string]rotation{
		"Jira": {
			"[jira.jira]\nurl = \"https://jira.example.com\"\nemail = \"bot@example.com\"\ntoken_file = '" + file + "'\n", everythingToJira,
			func(w *world, token string) { w.jira.SetToken(token) },
		},
		"GitHub": {
			"[github.github]\ntoken_file = '" + file + "'\n", everythingToGitHub,
			func(w *world, token string) { w.github.SetToken(token) },
		},
	}
}

func TestATokenThatIsReplacedBeforeTheOldOneEndsIsUsedWithoutAPause(t *testing.T) {
	for name := range rotations("") {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			r := rotations(file)[name]
			keep(t, file, "github-secret-token")
			inWorld(t, settings{trackers: r.trackers, rules: r.rules, jira: jiratest.Options{Email: "bot@example.com", Token: "github-secret-token"}}, func(w *world) {
				w.open("v-1")
				keep(t, file, "the-second-secret-token")
				r.token(w, "the-second-secret-token")
				w.post(violation("OPENED", "v-2", 1611058000))
				w.settle()
				if n := len(w.issues()); n != 2 || strings.Contains(w.logs.String(), "pausing") {
					t.Errorf("%d issues", n)
				}
			})
		})
	}
}

func TestATokenThatIsReplacedAfterItWasRefusedEndsThePauseAtOnce(t *testing.T) {
	for name := range rotations("") {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			r := rotations(file)[name]
			keep(t, file, "github-secret-token")
			inWorld(t, settings{trackers: r.trackers, rules: r.rules, jira: jiratest.Options{Email: "bot@example.com", Token: "github-secret-token"}}, func(w *world) {
				w.open("v-1")
				r.token(w, "the-second-secret-token")
				w.post(violation("OPENED", "v-2", 1611058000))
				w.pass(17 * time.Minute) // and several tries, each of which is refused
				if n := len(w.issues()); n != 1 || !strings.Contains(w.logs.String(), "kind=credential") {
					t.Fatalf("%d issues", n)
				}
				calls := w.trackerCalls()
				w.pass(4 * time.Minute)
				if more := w.trackerCalls() - calls; more > 3 {
					t.Errorf("%d calls in four minutes with a refused credential", more)
				}
				keep(t, file, "the-second-secret-token")
				w.pass(15 * time.Second)
				if n := len(w.issues()); n != 2 {
					t.Errorf("%d issues a quarter of a minute after the token was replaced", n)
				}
			})
		})
	}
}

func TestAnAppsKeyThatIsReplacedIsUsedWithoutARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.pem")
	first, second := newKey(t), newKey(t)
	keep(t, file, inPEM(first))
	accepted := first.PublicKey
	trackers := "[github.github]\napp = { id = \"Iv23abc\", installation = 7, private_key_file = '" + file + "' }\n"
	app := &githubtest.App{ID: "Iv23abc", Number: 9, Installation: 7, Slug: "ticketd", Key: &accepted}
	inWorld(t, settings{trackers: trackers, rules: everythingToGitHub, github: githubtest.Options{App: app}}, func(w *world) {
		w.open("v-1")
		accepted = second.PublicKey // the old key was deleted on the App's page, and its tokens with it
		w.github.RevokeTokens()
		w.post(violation("OPENED", "v-2", 1611058000))
		w.pass(7 * time.Minute)
		if n := len(w.issues()); n != 1 {
			t.Fatalf("%d issues with a key that is refused", n)
		}
		keep(t, file, inPEM(second))
		w.pass(15 * time.Second)
		if n := len(w.issues()); n != 2 {
			t.Errorf("%d issues a quarter of a minute after the key was replaced", n)
		}
	})
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func inPEM(key *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestATokenFileThatOthersCanReadIsToldOfAndTheLastTokenIsUsedOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	keep(t, file, "github-secret-token")
	r := rotations(file)["GitHub"]
	inWorld(t, settings{trackers: r.trackers, rules: r.rules}, func(w *world) {
		w.open("v-1")
		if err := os.WriteFile(file, []byte("a-token-that-all-have-seen"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		w.post(violation("OPENED", "v-2", 1611058000))
		w.settle()
		if n := len(w.issues()); n != 2 {
			t.Errorf("%d issues", n)
		}
		if n := strings.Count(w.logs.String(), "the file of a secret cannot be used any more"); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// keep writes a secret as a person replaces one.
func keep(t *testing.T, file, secret string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
