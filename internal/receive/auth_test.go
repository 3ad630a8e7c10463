package receive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestATokenOpensTheDoorHoweverThePortalWroteIt(t *testing.T) {
	d := open(t, nil)
	for _, c := range []struct {
		values []string
		want   int
	}{
		{[]string{"Bearer " + token}, 200},
		{[]string{"bearer " + token}, 200},
		{[]string{"BEARER   " + token + " "}, 200},
		{[]string{token}, 200},
		{[]string{"Bearer Bearer " + token}, 200},
		{[]string{"Bearer an-older-token"}, 200},
		{nil, 401},
		{[]string{""}, 401},
		{[]string{"Bearer"}, 401},
		{[]string{"Bearer "}, 401},
		{[]string{"Bearer " + token + "x"}, 401},
		{[]string{"Bearer " + token[:len(token)-1]}, 401},
		{[]string{"Bearer " + strings.ToUpper(token)}, 401},
		{[]string{"Basic " + token}, 401},
		{[]string{"Bearer " + capability}, 401},
		{[]string{"Bearer " + token, "Bearer " + token}, 401},
		{[]string{"Bearer x", "Bearer " + token}, 401},
		{[]string{"Bearer " + token + ", Bearer " + token}, 401},
	} {
		w := d.post("{}", func(r *http.Request) { r.Header["Authorization"] = c.values })
		if w.Code != c.want {
			t.Errorf("Authorization %q: %d, want %d", c.values, w.Code, c.want)
		}
	}
}

func TestAConfiguredTokenMayItselfBeAWholeHeaderValue(t *testing.T) {
	d := open(t, func(o *Options) { o.Tokens = []Credential{credential("whole", "Bearer 123456abcde")} })
	if w := d.post("{}", func(r *http.Request) { r.Header.Set("Authorization", "Bearer 123456abcde") }); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
}

func TestAnExpiredTokenIsRefusedAndNamedInTheLog(t *testing.T) {
	end := time.Unix(1000, 0)
	for now, want := range map[int64]int{999: 200, 1000: 200, 1001: 401} {
		d := open(t, func(o *Options) { o.Tokens[1].NotAfter, o.Now = end, at(now) })
		if w := d.post("{}", nil); w.Code != want {
			t.Errorf("at %d: %d, want %d", now, w.Code, want)
		}
		if !strings.Contains(d.logs.String(), `"source":"portal"`) {
			t.Errorf("at %d the log does not name the token: %s", now, d.logs)
		}
	}
}

func TestTheSourceOfAnEventIsTheNameOfItsCredential(t *testing.T) {
	d := open(t, nil)
	d.post("1", nil)
	d.post("2", func(r *http.Request) { r.Header.Set("Authorization", "an-older-token") })
	d.post("3", func(r *http.Request) { r.URL.Path = "/hooks/" + capability; r.Header.Del("Authorization") })
	var sources []string
	for _, e := range d.events() {
		sources = append(sources, e.Source)
	}
	if got := strings.Join(sources, " "); got != "portal old hook" {
		t.Errorf("%q", got)
	}
}

func TestACapabilityOpensNothingOutsideItsFolder(t *testing.T) {
	d := open(t, func(o *Options) { o.Capabilities = []Credential{credential("odd", "/odd")} })
	for path, want := range map[string]int{"/odd": 404, "/hooks//odd": 200} {
		if w := d.post("{}", func(r *http.Request) { r.URL.Path = path }); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestWithoutTokensThereIsNoTokenRoute(t *testing.T) {
	d := open(t, func(o *Options) { o.Tokens = nil })
	if w := d.post("{}", nil); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

func TestAnOpenDoorAsksForNothingAndOpensNoOtherPath(t *testing.T) {
	d := open(t, func(o *Options) { o.Open, o.Tokens, o.Capabilities = true, nil, nil })
	if w := d.post("{}", func(r *http.Request) { r.Header.Del("Authorization") }); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := d.post("{}", func(r *http.Request) { r.URL.Path = "/hooks/" }); w.Code != 404 {
		t.Errorf("/hooks/: %d", w.Code)
	}
	if e := d.events(); len(e) != 1 || e[0].Source != "open" {
		t.Errorf("%+v", e)
	}
}

func TestNobodyIsLetInBeforeTheBodyIsRead(t *testing.T) {
	d := open(t, nil)
	for name, change := range map[string]func(*http.Request){
		"no token":     func(r *http.Request) { r.Header.Del("Authorization") },
		"wrong token":  func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"wrong path":   func(r *http.Request) { r.URL.Path = "/x" },
		"wrong method": func(r *http.Request) { r.Method = "PUT" },
		"wrong type":   func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"compressed":   func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		"too large":    func(r *http.Request) { r.ContentLength = DefaultMaxBody + 1 },
	} {
		r := httptest.NewRequest("POST", DefaultPath, untouchable{t})
		r.Header.Set("Authorization", "Bearer "+token)
		change(r)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code < 400 || w.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d, connection %q", name, w.Code, w.Header().Get("Connection"))
		}
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestADoorThatAnybodyOrNobodyCouldPassIsRefused(t *testing.T) {
	good := credential("a", "b")
	for name, o := range map[string]Options{
		"nothing":          {},
		"open and token":   {Open: true, Tokens: []Credential{good}},
		"no digest":        {Tokens: []Credential{{Name: "a"}}},
		"empty secret":     {Tokens: []Credential{{Name: "a", SHA256: sha256.Sum256(nil)}}},
		"empty hook":       {Capabilities: []Credential{credential("a", "")}},
		"no name":          {Tokens: []Credential{credential("", "b")}},
		"no slash":         {Tokens: []Credential{good}, Path: "webhook"},
		"path among hooks": {Tokens: []Credential{good}, Path: "/hooks/x"},
	} {
		o.Logger = slog.New(slog.DiscardHandler)
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := New(Options{}); !errors.Is(err, ErrNoCredential) {
		t.Errorf("nothing: %v", err)
	}
}

func TestNothingSecretIsEverLogged(t *testing.T) {
	const canary = "canary-in-the-body"
	d := open(t, func(o *Options) { o.Now = tick(time.Minute) }) // every line is due
	everywhere := func(r *http.Request) {
		r.URL.RawQuery, r.RequestURI = "q="+canary, r.URL.Path+"?q="+canary
		r.Header.Set("Referer", "https://example.com/hooks/"+capability)
	}
	d.post(canary, everywhere)
	d.post(canary, everywhere)
	d.post(canary, func(r *http.Request) { everywhere(r); r.URL.Path = "/hooks/" + capability })
	d.post(canary, func(r *http.Request) { everywhere(r); r.URL.Path = "/hooks/" + capability + "x" })
	d.post(canary, func(r *http.Request) { everywhere(r); r.Header.Set("Authorization", "Bearer "+token+"x") })
	d.post(canary, func(r *http.Request) { everywhere(r); r.Body = readCloser(panicking{errors.New(canary)}) })
	d.post(canary, func(r *http.Request) { everywhere(r); r.Body = readCloser(broken{}) })
	d.post(canary, func(r *http.Request) { everywhere(r); r.Header.Set("Content-Type", canary) })
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.post(canary, everywhere)
	if lines := strings.Count(d.logs.String(), "\n"); lines != 9 {
		t.Errorf("%d lines, want one for each request:\n%s", lines, d.logs)
	}
	for _, secret := range []string{canary, token, capability} {
		if strings.Contains(d.logs.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, d.logs)
		}
	}
}

func TestAFloodOfRefusalsWritesOneLineInTenSeconds(t *testing.T) {
	now := time.Unix(1000, 0)
	d := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	for range 500 {
		d.post("{}", func(r *http.Request) { r.Header.Del("Authorization") })
	}
	if n := strings.Count(d.logs.String(), "\n"); n != 1 {
		t.Errorf("%d lines", n)
	}
	now = now.Add(quietFor)
	d.post("{}", func(r *http.Request) { r.Header.Del("Authorization") })
	if !strings.Contains(d.logs.String(), `"more_like_it":499`) {
		t.Errorf("the second line does not count the others: %s", d.logs)
	}
}

func TestARefusalIsToldOfEachAddressUntilThereAreTooMany(t *testing.T) {
	now := time.Unix(1000, 0)
	d := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	refuse := func(address string) {
		d.post("{}", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.RemoteAddr = address
		})
	}
	for i := range 1000 { // of a stranger, from port after port
		refuse(fmt.Sprintf("192.0.2.1:%d", 1024+i))
	}
	refuse("198.51.100.7:443")
	refuse("[2001:db8::1]:443")
	if n := strings.Count(d.logs.String(), "\n"); n != 3 || !strings.Contains(d.logs.String(), "198.51.100.7") || !strings.Contains(d.logs.String(), "2001:db8::1") {
		t.Errorf("%d lines: %s", n, d.logs)
	}
	for i := range 1000 { // of strangers from everywhere
		refuse(fmt.Sprintf("203.0.%d.%d:443", i/256, i%256))
	}
	if n := strings.Count(d.logs.String(), "\n"); n != toldApart {
		t.Errorf("%d lines", n)
	}
	now = now.Add(quietFor)
	refuse("198.51.100.7:443")
	if n := strings.Count(d.logs.String(), "\n"); n != toldApart+1 || !strings.Contains(d.logs.String(), `"more_like_it":995`) {
		t.Errorf("%d lines: %s", n, d.logs)
	}
}

func TestASenderWhoHangsUpAfterTheBodyHasNotSentInVain(t *testing.T) {
	d := open(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := d.post("{}", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if w.Code != 200 || len(d.events()) != 1 {
		t.Errorf("%d, %d events", w.Code, len(d.events()))
	}
}
