package receive

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/datatheorem/samples"
)

// say sends raw bytes over a new connection, closes the sending half, and gives every status that
// comes back until the other side closes.
func say(t *testing.T, address, raw string) []int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	return statuses(conn)
}

func statuses(conn net.Conn) []int {
	var all []int
	for in := bufio.NewReader(conn); ; {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return all
		}
		all = append(all, resp.StatusCode)
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return all
		}
	}
}

const head = "POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n"

func TestABodyCutAnywhereLeavesNoEvent(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	body := string(samples.Body("API_SECURE__POLICY_VIOLATION_RESOLVED"))
	announced := head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	for cut := range len(body) {
		if got := say(t, address, announced+body[:cut]); fmt.Sprint(got) != "[400]" {
			t.Fatalf("cut at %d: %v", cut, got)
		}
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
	if got := say(t, address, announced+body); fmt.Sprint(got) != "[200]" {
		t.Errorf("whole: %v", got)
	}
}

func TestABodyWithoutEndIsCutOff(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	const most = 64 << 20 // what the kernel holds in between is a few megabytes
	for headers, want := range map[string]int{bearer: 413, "X: a stranger": 401} {
		conn := connect(t, address)
		var sent atomic.Int64
		var sending sync.WaitGroup
		sending.Go(func() {
			_, err := io.WriteString(conn, lines(post, headers, chunked))
			chunk := "10000\r\n" + strings.Repeat("x", 1<<16) + "\r\n"
			for err == nil && sent.Load() < most {
				_, err = io.WriteString(conn, chunk)
				sent.Add(int64(len(chunk)))
			}
		})
		if got := status(conn); got != want {
			t.Errorf("%s: %d, want %d", headers, got, want)
		}
		sending.Wait()
		if sent.Load() >= most {
			t.Errorf("%s: %d bytes were taken", headers, sent.Load())
		}
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestARequestCutInItsHeaderLeavesNoEvent(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	whole := head + "Content-Length: 2\r\n\r\n"
	for cut := range len(whole) {
		for _, status := range say(t, address, whole[:cut]) {
			if status < 400 {
				t.Fatalf("cut at %d: %d", cut, status)
			}
		}
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
}

// piped is a listener whose connections are pipes, so that time can be virtual.
type piped struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error   { close(p.done); return nil }
func (p *piped) Addr() net.Addr { return &net.TCPAddr{} }

func TestASlowSenderIsCutOff(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		drip      string // is sent each second, then
		want      string
		after     time.Duration
	}{
		{"nothing at all", "", "", "[]", 5 * time.Second},
		{"half a header", "POST /webhook HTTP/1.1\r\nHost:", "", "[]", 5 * time.Second},
		{"a header without end", "POST /webhook HTTP/1.1\r\nHost: x\r\n", "X: y\r\n", "[]", 5 * time.Second},
		{"half a body", head + "Content-Length: 10\r\n\r\n{", "", "[408]", 15 * time.Second},
		{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n9\r\n{", "", "[408]", 15 * time.Second},
		{"a byte a second", head + "Content-Length: 100\r\n\r\n{", "x", "[408]", 15 * time.Second},
		{"a chunk a second", head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "[408]", 15 * time.Second},
		{"a stranger's byte a second", "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "x", "[401]", 2 * time.Second},
		{"no next request", head + "Content-Type: text/plain\r\n\r\n", "", "[415]", 60 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, nil)
			synctest.Test(t, func(t *testing.T) {
				listener := &piped{conns: make(chan net.Conn), done: make(chan struct{})}
				server := Server(d, d.o.Logger)
				ended := make(chan error)
				go func() { ended <- server.Serve(listener) }()
				here, there := net.Pipe()
				listener.conns <- there
				start := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					for _, err := io.WriteString(here, c.raw); err == nil && c.drip != ""; _, err = io.WriteString(here, c.drip) {
						time.Sleep(time.Second)
					}
				})
				if got := fmt.Sprint(statuses(here)); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
				// net/http waits half a second for its last words to arrive.
				if took := time.Since(start); took < c.after || took > c.after+time.Second {
					t.Errorf("cut off after %s, want %s", took, c.after)
				}
				if err := server.Close(); err != nil {
					t.Error(err)
				}
				<-ended
				_ = here.Close()
				sending.Wait()
			})
			if n := len(d.events()); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}
