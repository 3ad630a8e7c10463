package outbound_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/proof/report"
	"ticketd/internal/ticket"
)

const flood = 200 << 20

// bomb is a page of so many spaces, packed.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range flood / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What an answer costs is bounded by the cap, whatever it sends, packed or not, told or not.
func TestAnAnswerOf200MiBCostsLittleMemory(t *testing.T) {
	long(t)
	packed := bomb(t)
	most := uint64(0)
	for _, packing := range []string{"", "gzip"} {
		for _, status := range []int{200, 302, 401, 404, 429, 500} {
			for _, method := range []string{"GET", "POST"} {
				c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", "7") // else a read is repeated
					if packing != "" {
						w.Header().Set("Content-Encoding", packing)
						w.WriteHeader(status)
						_, _ = w.Write(packed)
						return
					}
					w.Header().Set("Content-Length", fmt.Sprint(flood))
					w.WriteHeader(status)
					chunk := bytes.Repeat([]byte("x"), 1<<16)
					for n, err := 0, error(nil); n < flood && err == nil; n += len(chunk) {
						_, err = w.Write(chunk)
					}
				}, func(o *outbound.Options) { o.Retries = 0 })
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				x, err := call(t, c, method, base)
				runtime.ReadMemStats(&after)
				cost := after.TotalAlloc - before.TotalAlloc
				most = max(most, cost)
				if limit := uint64(8 * outbound.DefaultMaxBody); cost > limit {
					t.Errorf("%s %d %s: %d MiB allocated", method, status, packing, cost>>20)
				}
				if x.Status != status || (status/100 == 2) != errors.Is(err, outbound.ErrTooLarge) {
					t.Errorf("%s %d %s: status %d, %v", method, status, packing, x.Status, err)
				}
			}
		}
	}
	report.Tell(t, report.Row{Part: "Outbound", What: "answers of 200 MiB to reads and writes, 6 statuses, plain and packed to 200 kB",
		Outcome: fmt.Sprintf("at most %d MiB allocated in all for one, server and client together; a refusal still told by its status", most>>20)})
}

// byHand is a server that answers every connection with bytes of its own.
func byHand(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Read(make([]byte, 1<<16)) // a request of ours comes in one piece
			answer(conn)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// over makes a client of such a server.
func over(t *testing.T, address string, change func(*outbound.Options)) (c *http.Client, base string) {
	t.Helper()
	c, _ = serve(t, nil, func(o *outbound.Options) {
		o.Base.Host, o.Retries = address, 0
		if change != nil {
			change(o)
		}
	})
	return c, "http://" + address
}

func TestAConnectionThatIsCutAtAnyByteIsDoubtForAWriteAndRetryForARead(t *testing.T) {
	for _, whole := range []string{
		"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{\"id\":\"10001\",\"key\":\"SEC-1\"}",
		"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n{\"id\":\"10001\",\"key\":\"SEC-1\"}\r\n0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\n\r\n",
	} {
		for at := range len(whole) {
			for method, want := range map[string]ticket.Decision{"POST": ticket.Doubt, "DELETE": ticket.Doubt, "GET": ticket.Retry} {
				c, base := over(t, byHand(t, func(conn net.Conn) { _, _ = io.WriteString(conn, whole[:at]) }), nil)
				x, err := call(t, c, method, base)
				if err == nil {
					t.Errorf("%s, cut at byte %d of %q: status %d, body %q", method, at, whole, x.Status, x.Body)
				} else if got := x.Failure("create", err).Decision; got != want || !x.Wrote() {
					t.Errorf("%s, cut at byte %d of %q: %v, want %v", method, at, whole, got, want)
				}
			}
		}
	}
}

func TestAnAnswerThatTakesTooLongIsGivenUpAndTellsNoCredential(t *testing.T) {
	const token = "canary-token-of-some-length"
	for name, answer := range map[string]string{
		"nothing": "", "a status": "HTTP/1.1 200 OK\r\n", "a header": "HTTP/1.1 200 OK\r\nX: " + token, "half a body": "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + token,
	} {
		still := make(chan struct{})
		c, base := over(t, byHand(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
			<-still
		}), func(o *outbound.Options) {
			o.Timeout = 100 * time.Millisecond
			o.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil }
		})
		x, err := call(t, c, http.MethodPost, base)
		close(still)
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		if e := x.Failure("create", err); e.Decision != ticket.Doubt || strings.Contains(e.Error()+string(x.Body)+fmt.Sprint(x.Header), token) {
			t.Errorf("%s: %v", name, e)
		}
	}
}
