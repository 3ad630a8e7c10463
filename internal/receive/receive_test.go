package receive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/proof/report"
)

func readCloser(r io.Reader) io.ReadCloser { return io.NopCloser(r) }

// tick is a clock that goes on by a step whenever it is read.
func tick(step time.Duration) func() time.Time {
	var reads atomic.Int64
	return func() time.Time { return time.Unix(1000, 0).Add(time.Duration(reads.Add(1)) * step) }
}

// strangeBodies are the ones that a parser would stumble over, up to the size that is taken, and some of
// bytes that were drawn, of which one failed test shows the whole.
func strangeBodies() []string {
	all := []string{
		"", " ", "\n", "{", "}", "null", "true", "0", `""`, "[]", "{}", "{}{}", "\x00", "\xff\xfe\x00", "\xef\xbb\xbf{}", `"\ud800"`,
		`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":1e400}`, strings.Repeat("9", 5000), `{"a":"` + "\x00\x1b[2J\u202e" + `"}`,
		"POST /webhook HTTP/1.1\r\n\r\n", "' OR 1=1; DROP TABLE events; --", "<script>", "\x1f\x8b\x08\x00",
		strings.Repeat("[", 5000), strings.Repeat(`{"a":`, 200_000), strings.Repeat("\x00", 1<<16),
		strings.Repeat("x", DefaultMaxBody-1), strings.Repeat("x", DefaultMaxBody),
	}
	draw := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable
	for range 200 {
		body := make([]byte, 1+draw.IntN(4000))
		for i := range body {
			body[i] = byte(draw.Uint32())
		}
		all = append(all, string(body))
	}
	return all
}

func TestWhateverIsAuthenticatedIsKeptAsItCame(t *testing.T) {
	bodies := strangeBodies()
	for _, name := range samples.Names() {
		bodies = append(bodies, string(samples.Body(name)))
	}
	d := open(t, func(o *Options) { o.Now = at(1700000000) })
	for _, body := range bodies {
		if w := d.post(body, nil); w.Code != 200 || w.Body.String() != `{"status":"accepted"}`+"\n" {
			t.Errorf("%.20q: %d %s", body, w.Code, w.Body)
		}
	}
	events := d.events()
	if len(events) != len(bodies) {
		t.Fatalf("%d events for %d bodies", len(events), len(bodies))
	}
	for i, e := range events {
		sum := sha256.Sum256([]byte(bodies[i]))
		if string(e.Body) != bodies[i] || e.Digest != hex.EncodeToString(sum[:]) || e.Received.Unix() != 1700000000 {
			t.Errorf("event %d is %.20q of %s", i, e.Body, e.Received)
		}
	}
	if w := d.post(strings.Repeat("x", DefaultMaxBody+1), nil); w.Code != 413 {
		t.Errorf("a byte over 1 MiB: %d", w.Code)
	}
	report.Tell(t, report.Row{
		Part: "Door", What: fmt.Sprintf("%d bodies of an authenticated sender, from empty to 1 MiB, JSON or not", len(bodies)),
		Outcome: fmt.Sprintf("%d × 200, each kept byte for byte; one byte more than 1 MiB: 413", len(events)),
	})
}

func TestARepeatedBodyIsCountedAndWakesNobody(t *testing.T) {
	woken := 0
	counts := map[Outcome]int{}
	d := open(t, func(o *Options) {
		o.Accepted = func() { woken++ }
		o.Answered = func(by Route, outcome Outcome, took time.Duration) {
			if by != RouteToken || took <= 0 {
				t.Errorf("came by %s and took %v", by, took)
			}
			counts[outcome]++
		}
	})
	for _, want := range []string{"accepted", "repeated", "repeated"} {
		if w := d.post("{}", nil); w.Code != 200 || w.Body.String() != `{"status":"`+want+`"}`+"\n" {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
	}
	if e := d.events(); len(e) != 1 || e[0].Seen != 3 || woken != 1 || counts[Accepted] != 1 || counts[Repeated] != 2 {
		t.Errorf("%d events, woken %d times, counted %v", len(e), woken, counts)
	}
}

func TestTwentyPostsOfOneBodyAtOnceAreOneEvent(t *testing.T) {
	var woken atomic.Int32
	d := open(t, func(o *Options) { o.Accepted = func() { woken.Add(1) } })
	address := d.serve()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			r, err := http.NewRequest("POST", "http://"+address+DefaultPath, strings.NewReader("{}"))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Close = true
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Errorf("%d", resp.StatusCode)
			}
		})
	}
	all.Wait()
	if e := d.events(); len(e) != 1 || e[0].Seen != 20 || woken.Load() != 1 {
		t.Errorf("%d events, woken %d times: %+v", len(e), woken.Load(), e)
	}
}

func TestOverTheLimitOfBodiesASenderIsAskedToComeBack(t *testing.T) {
	d := open(t, func(o *Options) { o.Patience = time.Millisecond })
	reading, release := make(chan struct{}), make(chan struct{})
	large := func(r *http.Request, body io.Reader) { r.Body, r.ContentLength = readCloser(body), smallBody+1 }
	var all sync.WaitGroup
	for range DefaultMaxBodies {
		all.Go(func() {
			w := d.post("", func(r *http.Request) { large(r, &stalled{reading: reading, release: release}) })
			if w.Code != 200 {
				t.Errorf("one of the first: %d", w.Code)
			}
		})
		<-reading
	}
	rest := strings.NewReader(strings.Repeat("x", smallBody+1))
	w := d.post("", func(r *http.Request) { large(r, rest) })
	if rest.Len() > 0 {
		t.Errorf("%d bytes were not read: a sender who does not listen yet sees a broken connection", rest.Len())
	}
	if after, err := strconv.Atoi(w.Header().Get("Retry-After")); w.Code != 503 || err != nil || after < 5 || after > 30 {
		t.Errorf("one too many: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := d.post("", func(r *http.Request) { r.Header.Del("Authorization") }); w.Code != 401 {
		t.Errorf("a stranger learns that it is busy: %d", w.Code)
	}
	if w := d.post("{}", nil); w.Code != 200 {
		t.Errorf("a small one meanwhile: %d", w.Code)
	}
	close(release)
	all.Wait()
	if w := d.post(strings.Repeat("x", smallBody+1), nil); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestALargeBodyWaitsForItsTurn(t *testing.T) {
	d := open(t, func(o *Options) { o.MaxBodies, o.Patience = 1, time.Hour })
	reading, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			w := d.post("", func(r *http.Request) {
				r.Body, r.ContentLength = readCloser(&stalled{reading: reading, release: release}), -1
			})
			if w.Code != 200 {
				t.Errorf("%d", w.Code)
			}
		})
	}
	for range 3 {
		<-reading
		release <- struct{}{}
	}
	all.Wait()
}

func TestRetryAfterIsSpreadFromFiveToThirtySeconds(t *testing.T) {
	for draw, want := range map[int]string{0: "5", 25: "30"} {
		d := open(t, func(o *Options) {
			o.Rand = func(n int) int {
				if draw >= n {
					t.Errorf("%d of %d was never possible", draw, n)
				}
				return draw
			}
		})
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		if got := d.post("{}", nil).Header().Get("Retry-After"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAStoreInTroubleIsA503AndWakesNobody(t *testing.T) {
	d := open(t, func(o *Options) { o.Accepted = func() { t.Error("woken") } })
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	w := d.post("{}", nil)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "closed") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(d.logs.String(), `"level":"ERROR"`) {
		t.Errorf("the operator was not told: %s", d.logs)
	}
}

func TestAPanicCostsOneRequestAndNoSlot(t *testing.T) {
	d := open(t, func(o *Options) { o.MaxBodies = 1 })
	for range 3 {
		if w := d.post("", func(r *http.Request) { r.Body, r.ContentLength = readCloser(panicking{errors.New("x")}), -1 }); w.Code != 500 {
			t.Errorf("%d", w.Code)
		}
	}
	if w := d.post("{}", func(r *http.Request) { r.ContentLength = -1 }); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestOnlyPostsOfPlainJSONAreTaken(t *testing.T) {
	d := open(t, nil)
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	for i, c := range []struct {
		change func(*http.Request)
		want   int
	}{
		{header("Content-Type"), 200},
		{header("Content-Type", ""), 200},
		{header("Content-Type", "application/json"), 200},
		{header("Content-Type", "Application/JSON; charset=utf-8"), 200},
		{header("Content-Type", `application/json;charset="UTF-8"`), 200},
		{header("Content-Type", "application/json; charset=utf-8; profile=x"), 415},
		{header("Content-Type", "application/x-www-form-urlencoded"), 415},
		{header("Content-Type", "text/json"), 415},
		{header("Content-Type", "application/jsonx"), 415},
		{header("Content-Type", "application/json, text/plain"), 415},
		{header("Content-Type", "application/json", "application/json"), 415},
		{header("Content-Type", ";"), 415},
		{header("Content-Encoding", "identity"), 200},
		{header("Content-Encoding", "gzip"), 415},
		{header("Content-Encoding", "identity", "gzip"), 415},
		{header("Content-Encoding", "identity, gzip"), 415},
		{func(r *http.Request) { r.Method = "GET" }, 405},
		{func(r *http.Request) { r.Method = "PUT" }, 405},
		{func(r *http.Request) { r.Method = "post" }, 405},
		{func(r *http.Request) { r.URL.RawQuery = "x=y" }, 200},
	} {
		w := d.post(strconv.Itoa(i), c.change)
		if w.Code != c.want {
			t.Errorf("case %d: %d, want %d", i, w.Code, c.want)
		}
		if w.Code == 405 && w.Header().Get("Allow") != "POST" {
			t.Errorf("case %d does not say what is allowed", i)
		}
	}
}

func TestABodyOverTheCapIsRefusedAndTheCapItselfIsNot(t *testing.T) {
	d := open(t, func(o *Options) { o.MaxBody = 10 })
	for length, want := range map[int]int{0: 200, 9: 200, 10: 200, 11: 413, 1000: 413} {
		body := strings.Repeat("x", length)
		if w := d.post(body, nil); w.Code != want {
			t.Errorf("%d bytes: %d, want %d", length, w.Code, want)
		}
		// A chunked body does not say how long it is.
		w := d.post(body, func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} })
		if w.Code != want {
			t.Errorf("%d bytes, chunked: %d, want %d", length, w.Code, want)
		}
	}
}

func TestEveryOutcomeHasItsOwnConstantAnswer(t *testing.T) {
	for outcome, want := range map[Outcome]int{
		Accepted: 200, Repeated: 200, NotFound: 404, Unauthorized: 401, BadMethod: 405, BadMedia: 415, NoLength: 411, TooLarge: 413,
		Truncated: 400, TimedOut: 408, Busy: 503, StoreTrouble: 503, Panicked: 500,
	} {
		w := httptest.NewRecorder()
		outcome.write(w)
		if w.Code != want || w.Body.String() != `{"status":"`+string(outcome)+`"}`+"\n" {
			t.Errorf("%s: %d %s", outcome, w.Code, w.Body)
		}
	}
}
