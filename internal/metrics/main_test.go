package metrics_test

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/metrics"
	"ticketd/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time of every test until it is moved.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is what is counted over a real store.
type bench struct {
	*metrics.Metrics

	t     *testing.T
	store *store.Store
	now   time.Time
	broke time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: noon}
	clock := func() time.Time { return b.now }
	b.Metrics = metrics.New(metrics.Options{
		Version: "v1.2.3", ConfigHash: "0123456789abcdef", Trackers: []string{"cloud", "hub"},
		Requests: map[string][]string{"token": {"accepted", "repeated", "unauthorized"}, "unknown": {"not_found"}},
		Events:   map[string][]string{"violation": {"applied", "unrouted"}, "note": {"applied"}},
		Audits:   []string{"clean", "found", "failed"}, Pauses: []string{"throttled", "credential"},
		Logger: slog.New(slog.DiscardHandler), Now: clock,
	})
	var err error
	b.store, err = store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "ticketd.db"), Now: clock, Committed: b.Committed,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() }) // a test may have closed it
	b.Watch(metrics.Sources{
		Store: b.store, InFlight: func() (int, time.Time) { return 0, time.Time{} }, Broke: func() time.Time { return b.broke },
	})
	return b
}

// scrape gives what a scrape says, a value by series.
func (b *bench) scrape() map[string]string {
	b.t.Helper()
	return parse(b.page())
}

func (b *bench) page() string {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		b.t.Fatalf("a scrape is answered %d, %v:\n%s", w.Code, err, body)
	}
	return string(body)
}

// parse reads the text form of metrics, without its comments.
func parse(page string) map[string]string {
	all := make(map[string]string)
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if at := strings.LastIndex(line, " "); at > 0 && line[0] != '#' {
			all[line[:at]] = line[at+1:]
		}
	}
	return all
}

// expect compares some series of a scrape.
func (b *bench) expect(want map[string]string) {
	b.t.Helper()
	got := b.scrape()
	for series, value := range want {
		if got[series] != value {
			b.t.Errorf("%s is %q, want %q", series, got[series], value)
		}
	}
}

// absent makes sure that a metric has no series.
func (b *bench) absent(names ...string) {
	b.t.Helper()
	for series := range b.scrape() {
		name, _, _ := strings.Cut(series, "{")
		if slices.Contains(names, name) {
			b.t.Errorf("%s is there", series)
		}
	}
}
