package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(t *testing.T, o Options, method, path string) (int, readiness) {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	New(o).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	var got readiness
	if w.Code == http.StatusOK || w.Code == http.StatusServiceUnavailable {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s is not JSON: %v", path, err)
		}
	}
	return w.Code, got
}

func healthy(context.Context) error { return nil }

func TestADaemonThatIsNotReadyIsStillAlive(t *testing.T) {
	o := Options{Ready: func(context.Context) error { return errors.New("the store is read-only") }}
	if status, _ := get(t, o, "GET", "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	status, got := get(t, o, "GET", "/readyz")
	if status != http.StatusServiceUnavailable || got.Ready || got.Reason != "the store is read-only" {
		t.Errorf("/readyz: %d %+v", status, got)
	}
}

func TestATrackerInTroubleIsShownAndDoesNotMakeTheDaemonUnready(t *testing.T) {
	o := Options{Version: "1.2.3", Ready: healthy, Checks: func(context.Context) map[string]string {
		return map[string]string{"jira": "paused: the credential is refused"}
	}}
	status, got := get(t, o, "GET", "/readyz")
	if status != http.StatusOK || !got.Ready || got.Version != "1.2.3" || got.Checks["jira"] != "paused: the credential is refused" {
		t.Errorf("/readyz: %d %+v", status, got)
	}
}

func TestTheChecksGetADeadline(t *testing.T) {
	var bounded bool
	o := Options{Ready: func(ctx context.Context) error {
		_, bounded = ctx.Deadline()
		return nil
	}}
	if get(t, o, "GET", "/readyz"); !bounded {
		t.Error("a check that hangs would hang the probe")
	}
}

func TestOnlyTheListedRoutesAndMethodsAnswer(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"HEAD", "/healthz", http.StatusOK},
		{"POST", "/healthz", http.StatusMethodNotAllowed},
		{"DELETE", "/readyz", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusNotFound},
		{"GET", "/metrics", http.StatusNotFound},
	} {
		w := httptest.NewRecorder()
		New(Options{Ready: healthy, Logger: slog.New(slog.DiscardHandler)}).
			ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
		if w.Header().Get("Connection") != "close" {
			t.Errorf("%s %s: the connection is kept, and soon there is none for another probe", c.method, c.path)
		}
	}
}
