package door

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketd/internal/proof/program"
	"ticketd/store"
)

// patience bounds whatever a client waits for.
const patience = 60 * time.Second

// tally counts what became of posts, and remembers which of them were acknowledged. Many goroutines
// use it.
type tally struct {
	mu       sync.Mutex
	statuses map[int]int // 0: the connection was cut, without an answer
	promised map[string]bool
}

func newTally() *tally { return &tally{statuses: map[int]int{}, promised: map[string]bool{}} }

func (c *tally) add(status int, parts ...[]byte) {
	sum := sha256.New()
	for _, part := range parts {
		_, _ = sum.Write(part) // never fails
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[status]++
	if status == http.StatusOK {
		c.promised[hex.EncodeToString(sum.Sum(nil))] = true
	}
}

// others gives the statuses that nobody expects.
func (c *tally) others(expected ...int) map[int]int {
	rest := maps.Clone(c.statuses)
	for _, status := range expected {
		delete(rest, status)
	}
	return rest
}

func (c *tally) String() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(c.statuses)) {
		what := fmt.Sprint(status)
		if status == 0 {
			what = "cut off"
		}
		parts = append(parts, fmt.Sprintf("%d × %s", c.statuses[status], what))
	}
	return strings.Join(parts, ", ")
}

// dial connects to a service, by TLS where it speaks that. A full queue of the kernel is waited for.
func dial(ctx context.Context, s *program.Service) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", s.WebhookAddr())
	if err != nil {
		return nil, err
	}
	if trust := s.Trust(); trust != nil {
		trust.ServerName = "127.0.0.1"
		conn = tls.Client(conn, trust)
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// head is that of a post with a token, "" for none, up to the empty line.
func head(token string, length int) string {
	authorization := ""
	if token != "" {
		authorization = "Authorization: Bearer " + token + "\r\n"
	}
	return fmt.Sprintf("POST /webhook HTTP/1.1\r\nHost: ticketd\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n", authorization, length)
}

// post sends a body, in parts, on a connection of its own, and reads the answer while it still
// sends. It gives the status, 0 where there was no answer.
func post(ctx context.Context, s *program.Service, token string, body ...[]byte) int {
	conn, err := dial(ctx, s)
	if err != nil {
		return 0
	}
	return postOn(conn, token, body...)
}

// postOn is post on a connection, which it closes.
func postOn(conn net.Conn, token string, body ...[]byte) int {
	length := 0
	for _, part := range body {
		length += len(part)
	}
	_, _ = io.WriteString(conn, head(token, length)) // where it fails, there is no answer either
	var sent sync.WaitGroup
	sent.Go(func() {
		all := append(net.Buffers(nil), body...) // WriteTo takes from it what it has sent
		_, _ = all.WriteTo(conn)                 // refused half-way, as it may be
	})
	status := answer(conn)
	_ = conn.Close()
	sent.Wait()
	return status
}

// answer reads a status, 0 where there is none.
func answer(conn net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

// good is a sender of the usual small events, one after the other, while others are less good. On a
// machine that the flood keeps busy it may itself be too late with its header, and be cut off: then it
// sends again, as often as it takes until the context ends. It gives how long each event took.
func good(ctx context.Context, t *testing.T, s *program.Service, told *tally) []time.Duration {
	t.Helper()
	took := make([]time.Duration, 0, *goodPosts)
	for i := range *goodPosts {
		body := program.Opened(fmt.Sprintf("meanwhile-%d", i), int64(1_700_000_000+i))
		start := time.Now()
		for status := 0; status == 0 && ctx.Err() == nil; {
			status = post(ctx, s, program.Token, body)
			told.add(status, body)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took
}

// p99 of sorted times.
func p99(took []time.Duration) time.Duration {
	return took[(len(took)*99-1)/100].Round(time.Millisecond / 10)
}

// settle posts one more event and waits until it is applied, and with it, as the order is kept, all
// before it.
func settle(t *testing.T, s *program.Service, told *tally) {
	t.Helper()
	body := program.Opened("the-last-of-all", 1_800_000_000)
	told.add(post(t.Context(), s, program.Token, body), body)
	program.Eventually(t, "the last event is applied", func() bool { return bytes.Contains(s.Log(), []byte("target/the-last-of-all")) })
}

// wellServed tells whether all posts of a good sender were taken.
func wellServed(told *tally) bool {
	return len(told.others(http.StatusOK, 0)) == 0 && told.statuses[http.StatusOK] >= *goodPosts
}

// lost stops the service and gives how many of the acknowledged bodies are not in its store.
func lost(t *testing.T, s *program.Service, told ...*tally) int {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
	db, err := store.Open(t.Context(), store.Options{Path: s.Database()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	last, err := db.LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for seq := int64(1); seq <= last.Seq; seq++ { // one by one: all bodies at once are a lot of memory
		e, err := db.Event(t.Context(), seq)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		sum := sha256.Sum256(e.Body)
		kept[hex.EncodeToString(sum[:])] = true
	}
	missing := 0
	for _, c := range told {
		for digest := range c.promised {
			if !kept[digest] {
				missing++
			}
		}
	}
	return missing
}
