package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/outbound"
	"ticketd/internal/proof/report"
	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long marks a test that `go test -short` leaves out: under the race detector it would take minutes.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out by -short")
	}
}

// serve starts a server and a client pinned to it that carries a credential.
func serve(t *testing.T, h http.HandlerFunc, change func(*outbound.Options)) (*http.Client, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := outbound.Options{Base: base, UserAgent: "ticketd/test", Retries: 2, Authorize: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer canary")
		return nil
	}}
	if change != nil {
		change(&o)
	}
	c := outbound.New(o)
	t.Cleanup(c.CloseIdleConnections)
	return c, server.URL
}

// call sends one request and gives what was recorded of it.
func call(t *testing.T, c *http.Client, method, address string) (*outbound.Exchange, error) {
	t.Helper()
	ctx, x := outbound.Watch(t.Context())
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return x, err
}

func TestNoRedirectIsFollowedAndNoCredentialLeaves(t *testing.T) {
	var reached atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer foreign.Close()
	tried := 0
	for code := 300; code <= 308; code++ {
		for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"} {
			for _, to := range []string{foreign.URL + "/steal", strings.Replace(foreign.URL, "http", "https", 1), "//" + foreign.Listener.Addr().String() + "/", "", "/again", "again"} {
				var asked atomic.Int32
				c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", to)
					w.WriteHeader(code)
				}, nil)
				tried++
				x, err := call(t, c, method, base+"/rest")
				if err != nil || x.Status != code || asked.Load() != 1 {
					t.Errorf("%s %d to %q: status %d, error %v, asked %d times", method, code, to, x.Status, err, asked.Load())
				}
				if d := ticket.Decide(x.Status, method != "GET"); d != ticket.HoldDestination {
					t.Errorf("%s %d: %v", method, code, d)
				}
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the other host was reached %d times", n)
	}
	report.Tell(t, report.Row{Part: "Outbound", What: fmt.Sprintf("%d redirects: every code from 300 to 308 on every verb, to other hosts, schemes, ports and itself", tried),
		Outcome: fmt.Sprintf("none followed, %d requests to the other host", reached.Load())})
}

func TestAnotherHostIsRefusedBeforeAnythingIsSent(t *testing.T) {
	var reached atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer foreign.Close()
	c, _ := serve(t, func(http.ResponseWriter, *http.Request) {}, nil)
	for _, method := range []string{"GET", "POST"} {
		x, err := call(t, c, method, foreign.URL)
		if !errors.Is(err, outbound.ErrForeignHost) || x.Wrote() || reached.Load() != 0 {
			t.Errorf("%s: error %v, wrote %v, reached %d", method, err, x.Wrote(), reached.Load())
		}
		if d := x.Failure("create", err).Decision; d != ticket.Retry {
			t.Errorf("%s: %v, want retry: nothing was sent", method, d)
		}
	}
}

func TestWritesGoOutOnceAndReadsAreRepeated(t *testing.T) {
	for method, want := range map[string]int32{"POST": 1, "PATCH": 1, "PUT": 1, "DELETE": 1, "GET": 2} {
		var n atomic.Int32
		c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			n.Add(1)
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		}, func(o *outbound.Options) { o.Retries = 1 })
		x, err := call(t, c, method, base)
		if err != nil || n.Load() != want || x.Status != 502 || string(x.Body) != "<html>" {
			t.Errorf("%s: sent %d times, want %d; status %d, body %q, error %v", method, n.Load(), want, x.Status, x.Body, err)
		}
	}
}

func TestAThrottledReadIsLeftToThePause(t *testing.T) {
	var n atomic.Int32
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}, nil)
	if _, err := call(t, c, "GET", base); err != nil || n.Load() != 1 {
		t.Errorf("sent %d times, error %v", n.Load(), err)
	}
}

func TestABrokenConnectionIsDoubtForAWriteOnly(t *testing.T) {
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}, func(o *outbound.Options) { o.Retries = 0 })
	for method, want := range map[string]ticket.Decision{"POST": ticket.Doubt, "GET": ticket.Retry} {
		x, err := call(t, c, method, base)
		if err == nil || !x.Wrote() {
			t.Fatalf("%s: error %v, wrote %v", method, err, x.Wrote())
		}
		if d := x.Failure("create", err).Decision; d != want {
			t.Errorf("%s: %v, want %v", method, d, want)
		}
	}
}

func TestARefusedConnectionHasCertainlyNoEffect(t *testing.T) {
	down := httptest.NewServer(nil)
	address, err := url.Parse(down.URL)
	if err != nil {
		t.Fatal(err)
	}
	down.Close()
	c := outbound.New(outbound.Options{Base: address})
	x, err := call(t, c, "POST", address.String())
	if err == nil || x.Wrote() || x.Failure("create", err).Decision != ticket.Retry {
		t.Errorf("error %v, wrote %v", err, x.Wrote())
	}
}

func TestAnAnswerIsCapped(t *testing.T) {
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := strings.Repeat("x", 1<<16)
		for range 64 {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}, func(o *outbound.Options) { o.MaxBody = 1 << 10; o.Retries = 0 })
	x, err := call(t, c, "POST", base)
	if !errors.Is(err, outbound.ErrTooLarge) || len(x.Body) != 1<<10 {
		t.Errorf("error %v, kept %d bytes", err, len(x.Body))
	}
	if d := x.Failure("create", err).Decision; d != ticket.Doubt {
		t.Errorf("%v, want doubt", d)
	}
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	var n atomic.Int32
	c, base := serve(t, func(http.ResponseWriter, *http.Request) { n.Add(1) }, nil)
	ctx, x := outbound.Watch(t.Context())
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", base, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := c.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Error("no error")
	}
	if n.Load() != 0 || x.Wrote() {
		t.Error("something was sent")
	}
}

func TestPrintableIsOneHarmlessLine(t *testing.T) {
	got := outbound.Printable("a\r\nb\x1b[31m\u202ec \xff", 100)
	if got != "a b [31m c \uFFFD" {
		t.Errorf("got %q", got)
	}
	if got := outbound.Printable(strings.Repeat("é", 50), 10); got != strings.Repeat("é", 10)+"…" {
		t.Errorf("got %q", got)
	}
}

func TestTheTrackersClockIsFollowed(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := new(outbound.Clock)
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Add(-time.Hour).Format(http.TimeFormat))
	}, func(o *outbound.Options) { o.Clock, o.Now = clock, func() time.Time { return now } })
	if _, err := call(t, c, "GET", base); err != nil {
		t.Fatal(err)
	}
	if got := clock.Skew(); got != -time.Hour {
		t.Errorf("skew %v", got)
	}
}
