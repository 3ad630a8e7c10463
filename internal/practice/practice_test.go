package practice_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/practice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFaultsAreUsedUpInTheOrderTheyWereAdded(t *testing.T) {
	var l practice.Log
	l.Fail(practice.Fault{Op: "create", Kind: practice.Cut})
	l.Fail(practice.Fault{Method: http.MethodPost, Times: 2, Kind: practice.Late})
	l.Fail(practice.Fault{Times: -1, Kind: practice.Slow})
	for _, c := range []struct {
		op, method string
		want       practice.Kind
	}{
		{"read", http.MethodGet, practice.Slow},
		{"create", http.MethodPost, practice.Cut},
		{"create", http.MethodPost, practice.Late},
		{"comment", http.MethodPost, practice.Late},
		{"create", http.MethodPost, practice.Slow},
		{"create", http.MethodPost, practice.Slow},
	} {
		if f := l.Called(c.op, c.method); f == nil || f.Kind != c.want {
			t.Errorf("%s %s: %+v, want %s", c.method, c.op, f, c.want)
		}
	}
	l.Heal()
	if f := l.Called("read", http.MethodGet); f != nil {
		t.Errorf("healed, and yet %+v", f)
	}
	if want := map[string]int{"create": 4, "read": 2, "comment": 1}; !maps.Equal(l.Calls(), want) {
		t.Errorf("calls %v, want %v", l.Calls(), want)
	}
}

func TestEffectsAreKeptInOrderAndGivenAsACopy(t *testing.T) {
	var l practice.Log
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	l.Happened(at, "create", "SEC-1", "%d words", 3)
	l.Happened(at, "close", "SEC-1", "done")
	l.Effects()[0].Key = "another"
	want := []practice.Effect{{At: at, Op: "create", Key: "SEC-1", Detail: "3 words"}, {At: at, Op: "close", Key: "SEC-1", Detail: "done"}}
	if got := l.Effects(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("effects %v, want %v", got, want)
	}
}

func request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://tracker.example/a?b=c", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func get(r *http.Request, h http.HandlerFunc) (string, error) {
	resp, err := practice.RoundTrip(h, r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestARequestArrivesAsAtAServer(t *testing.T) {
	body, err := get(request(t), func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" "+r.RequestURI)
		if r.TLS == nil || r.Body == nil || r.RemoteAddr == "" {
			t.Errorf("arrived as %+v", r)
		}
	})
	if err != nil || body != "tracker.example /a?b=c" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestAnAnswerShorterThanAnnouncedBreaksOff(t *testing.T) {
	body, err := get(request(t), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
	})
	if body != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", body, err)
	}
}

func TestHangingUpIsAnErrorAndNoAnswer(t *testing.T) {
	if body, err := get(request(t), func(w http.ResponseWriter, _ *http.Request) { practice.HangUp(w) }); err == nil {
		t.Errorf("answer %q", body)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { practice.HangUp(w) }))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("answer %d over a socket", resp.StatusCode)
	}
}

func TestARequestThatWasGivenUpIsNotServedAndGetsNoAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	served := 0
	handle := func(http.ResponseWriter, *http.Request) { served++; cancel() }
	for range 2 {
		if body, err := get(request(t).WithContext(ctx), handle); !errors.Is(err, context.Canceled) {
			t.Errorf("%q, %v", body, err)
		}
	}
	if served != 1 {
		t.Errorf("served %d times", served)
	}
}

func TestWaitingEndsWithTheClientsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		if !practice.Wait(r, time.Second) {
			t.Error("the client was given up after a second")
		}
		if practice.Wait(r, time.Hour) {
			t.Error("the client waited an hour")
		}
	})
}

func TestAPageHoldsTheTrackersPartAndNoMarkupOfOthers(t *testing.T) {
	w := httptest.NewRecorder()
	practice.Show(w, `{{define "style"}}b { color: red }{{end}}{{define "main"}}<p>{{.Text}}</p>{{end}}`, nil,
		map[string]any{"Title": "A < B", "Text": "<script>"})
	for _, want := range []string{"<title>A &lt; B</title>", "b { color: red }", "<p>&lt;script&gt;</p>"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	broken := httptest.NewRecorder()
	if practice.Show(broken, "{{", nil, nil); broken.Code != http.StatusInternalServerError {
		t.Errorf("a page that is broken answers %d", broken.Code)
	}
}
