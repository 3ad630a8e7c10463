package github

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs1(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// practiceApp makes a practice GitHub on which a tracker acts as a GitHub App.
func practiceApp(t *testing.T, o githubtest.Options, edits ...func(*App)) (*githubtest.Server, *Tracker) {
	t.Helper()
	o.App = &githubtest.App{ID: "Iv23abc", Number: 77, Slug: "finding-bot", Installation: 5, Key: &appKey().PublicKey}
	a := &App{ID: "Iv23abc", PrivateKey: func() ([]byte, error) { return pkcs1(appKey()), nil }}
	for _, edit := range edits {
		edit(a)
	}
	return practice(t, o, func(o *Options) { o.App = a })
}

func TestAnAppActsAsItsInstallation(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*App)
		asks int
	}{
		{"found by repository", func(*App) {}, 1},
		{"installation configured, PKCS #8", func(a *App) {
			a.Installation = 5
			a.PrivateKey = func() ([]byte, error) { return pkcs8(t, appKey()), nil }
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, tr := practiceApp(t, githubtest.Options{}, c.edit)
			a, err := tr.Identity(t.Context())
			must(t, err)
			if a != (ticket.Account{ID: "app/77", Name: "finding-bot[bot]"}) {
				t.Errorf("account %+v", a)
			}
			i := create(t, tr)
			_, err = tr.SetState(t.Context(), i.Ref, ticket.Change{})
			must(t, err)
			found, err := tr.Find(t.Context(), ticket.Query{Project: repo})
			must(t, err)
			if len(found) != 1 || s.Issues()[0].Author != "finding-bot[bot]" {
				t.Errorf("found %v", found)
			}
			if calls := s.Calls(); calls["token"] != 1 || calls["installation"] != c.asks {
				t.Errorf("calls %v", calls)
			}
		})
	}
}

func TestAnAppsTokenIsGoodForOneRepositoryAndIssuesOnly(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{repo, "acme/other"},
		App: &githubtest.App{ID: "1", Number: 1, Slug: "b", Installation: 5, Key: &appKey().PublicKey}})
	var bodies []string
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/access_tokens") {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			bodies = append(bodies, string(raw))
			r.Body = io.NopCloser(bytes.NewReader(raw))
		}
		return s.RoundTrip(r)
	}), func(o *Options) {
		o.App = &App{ID: "1", Installation: 5, PrivateKey: func() ([]byte, error) { return pkcs1(appKey()), nil }}
	})
	for range 2 {
		create(t, tr)
		create(t, tr, func(d *ticket.Draft) { d.Destination.Project = "acme/other" })
	}
	if s.Calls()["token"] != 2 {
		t.Errorf("calls %v", s.Calls())
	}
	for n, name := range []string{"app", "other"} {
		if want := `{"repositories":["` + name + `"],"permissions":{"issues":"write","metadata":"read"}}` + "\n"; bodies[n] != want {
			t.Errorf("asked for %s", bodies[n])
		}
	}
}

func TestAnAppsTokenIsRefreshedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr := practiceApp(t, githubtest.Options{})
		for range 5 {
			create(t, tr)
			time.Sleep(13 * time.Minute) // at 0, 13, 26, 39 and 52 minutes; the last within the hour
		}
		if n := s.Calls()["token"]; n != 1 {
			t.Errorf("%d tokens within 55 minutes", n)
		}
		create(t, tr) // at 65
		if n := s.Calls()["token"]; n != 2 {
			t.Errorf("%d tokens", n)
		}
		time.Sleep(56 * time.Minute) // not run out yet
		create(t, tr)
		if n := s.Calls()["token"]; n != 3 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestManyCallersAskForOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr := practiceApp(t, githubtest.Options{})
		s.Fail(githubtest.Fault{Op: "token", Kind: githubtest.Slow, Delay: 3 * time.Second})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := tr.Create(t.Context(), draft()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if calls := s.Calls(); calls["token"] != 1 || calls["create"] != 20 {
			t.Errorf("calls %v", calls)
		}
	})
}

func TestARevokedTokenIsReplacedOnce(t *testing.T) {
	s, tr := practiceApp(t, githubtest.Options{})
	create(t, tr)
	s.RevokeTokens()
	create(t, tr)
	if calls := s.Calls(); calls["token"] != 2 || calls["create"] != 3 || len(s.Issues()) != 2 {
		t.Errorf("calls %v, %d issues", calls, len(s.Issues()))
	}
	s.Fail(githubtest.Fault{Op: "create", Times: -1, Kind: githubtest.Status, Code: 401, Message: "Bad credentials"})
	_, err := tr.Create(t.Context(), draft())
	decided(t, err, ticket.HoldTracker)
	if n := s.Calls()["create"]; n != 5 {
		t.Errorf("%d creates", n)
	}
}

func TestWithoutATokenNothingWasSent(t *testing.T) {
	for _, c := range []struct {
		f    githubtest.Fault
		want ticket.Decision
	}{
		{githubtest.Fault{Op: "token", Kind: githubtest.Cut, Effect: true}, ticket.Retry},
		{githubtest.Fault{Op: "token", Kind: githubtest.HTML, Code: 502}, ticket.Retry},
		{githubtest.Fault{Op: "token", Kind: githubtest.Empty}, ticket.Retry},
		{githubtest.Fault{Op: "token", Kind: githubtest.Status, Code: 401, Message: "A JSON web token could not be decoded"}, ticket.HoldTracker},
		{githubtest.Fault{Op: "token", Kind: githubtest.Status, Code: 403, Message: "This installation has been suspended"}, ticket.HoldDestination},
		{githubtest.Fault{Op: "token", Kind: githubtest.Status, Code: 404, Message: "Not Found"}, ticket.HoldDestination},
		{githubtest.Fault{Op: "token", Kind: githubtest.Status, Code: 422, Message: "not accessible to the parent installation"}, ticket.HoldDestination},
		{githubtest.Fault{Op: "token", Kind: githubtest.Secondary}, ticket.Pause},
		{githubtest.Fault{Op: "installation", Kind: githubtest.Status, Code: 404, Message: "Not Found"}, ticket.HoldDestination},
		{githubtest.Fault{Op: "installation", Kind: githubtest.Status, Code: 200, Body: "{}"}, ticket.Retry},
	} {
		s, tr := practiceApp(t, githubtest.Options{})
		s.Fail(c.f)
		_, err := tr.Create(t.Context(), draft())
		e := decided(t, err, c.want)
		if s.Calls()["create"] != 0 {
			t.Errorf("%+v: %v was sent", c.f, s.Calls())
		}
		if c.want == ticket.HoldDestination {
			has(t, e.Hint, "install the GitHub App on acme/app")
		}
		create(t, tr) // it is not remembered
	}
}

func TestABadKeyIsExplainedWithoutShowingIt(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	unread := errors.New("no such file")
	for _, c := range []struct {
		raw  []byte
		err  error
		want string
	}{
		{nil, unread, "no such file"},
		{[]byte("SECRET"), nil, "not in PEM"},
		{pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("SECRET")}), nil, "neither PKCS"},
		{pkcs8(t, curve), nil, "no RSA key"},
	} {
		s, tr := practiceApp(t, githubtest.Options{}, func(a *App) {
			a.PrivateKey = func() ([]byte, error) { return c.raw, c.err }
		})
		_, err := tr.Create(t.Context(), draft())
		e := decided(t, err, ticket.HoldTracker)
		has(t, e.Error(), c.want)
		lacks(t, e.Error(), "SECRET", base64.StdEncoding.EncodeToString([]byte("SECRET")))
		if len(s.Calls()) != 0 {
			t.Errorf("calls %v", s.Calls())
		}
	}
}

func TestAWaitingCallerCanGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr := practiceApp(t, githubtest.Options{})
		s.Fail(githubtest.Fault{Op: "token", Kind: githubtest.Slow, Delay: 10 * time.Second})
		var first sync.WaitGroup
		first.Go(func() { create(t, tr) })
		synctest.Wait()
		ctx, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		_, err := tr.Create(ctx, draft())
		decided(t, err, ticket.Retry)
		first.Wait()
	})
}

func TestAnAppFollowsATransferAndARename(t *testing.T) {
	s, tr := practiceApp(t, githubtest.Options{Repositories: []string{"acme/other"}})
	old := create(t, tr).Ref
	_, err := s.Transfer(old.Key, "acme/other")
	must(t, err)
	i, err := tr.SetState(t.Context(), old, ticket.Change{})
	must(t, err)
	if i.Ref.Key != "acme/other#1" || i.Open {
		t.Errorf("closed %+v", i)
	}
	must(t, s.Rename("acme/other", "acme/third"))
	if i, err = tr.Read(t.Context(), i.Ref); err != nil || i.Ref.Key != "acme/third#1" {
		t.Errorf("%+v %v", i, err)
	}
}
