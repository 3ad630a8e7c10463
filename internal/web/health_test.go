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

// request has the handler answer.
func request(t *testing.T, o Options, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	New(o).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func get(t *testing.T, o Options, path string) (int, readiness) {
	t.Helper()
	w := request(t, o, http.MethodGet, path)
	var got readiness
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s is not JSON: %v", path, err)
	}
	return w.Code, got
}

// check is one that gives an error.
func check(name string, err error) Check {
	return Check{Name: name, Pass: func(context.Context) error { return err }}
}

func TestADaemonThatIsNotReadyIsStillAliveAndSaysWhatIsNot(t *testing.T) {
	o := Options{Checks: []Check{check("webhook", nil), check("store", errors.New("the store is read-only")), check("apply", nil)}}
	if status, _ := get(t, o, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	status, got := get(t, o, "/readyz")
	if status != http.StatusServiceUnavailable || got.Ready || len(got.Checks) != 3 ||
		got.Checks["store"] != "the store is read-only" || got.Checks["webhook"] != "ok" || got.Checks["apply"] != "ok" {
		t.Errorf("/readyz: %d %+v", status, got)
	}
}

func TestATrackerInTroubleIsShownAndDoesNotMakeTheDaemonUnready(t *testing.T) {
	o := Options{Version: "1.2.3", Checks: []Check{check("store", nil)}, Trackers: func(context.Context) map[string]string {
		return map[string]string{"jira": "paused: the credential is refused"}
	}}
	status, got := get(t, o, "/readyz")
	if status != http.StatusOK || !got.Ready || got.Version != "1.2.3" || got.Trackers["jira"] != "paused: the credential is refused" {
		t.Errorf("/readyz: %d %+v", status, got)
	}
}

func TestTheChecksGetADeadline(t *testing.T) {
	var bounded bool
	o := Options{Checks: []Check{{Name: "store", Pass: func(ctx context.Context) error {
		_, bounded = ctx.Deadline()
		return nil
	}}}}
	if get(t, o, "/readyz"); !bounded {
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
		w := request(t, Options{}, c.method, c.path)
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
		if w.Header().Get("Connection") != "close" {
			t.Errorf("%s %s: the connection is kept, and soon there is none for another probe", c.method, c.path)
		}
	}
}

func TestProfilesAreServedOnlyWhereTheyWereAskedFor(t *testing.T) {
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine?debug=1", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		if w := request(t, Options{}, http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d, and nobody asked for profiles", path, w.Code)
		}
		if w := request(t, Options{Pprof: true}, http.MethodGet, path); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s answers %d, and profiles were asked for", path, w.Code)
		}
	}
}
