package receive

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
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

func TestRawRequestsAreAnsweredAsTheyDeserve(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	smuggled := "POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\nContent-Length: 8\r\n\r\nsmuggled"
	for _, c := range []struct {
		name, raw string
		want      string
		events    int // stored by it
	}{
		{"plain", head + "Content-Length: 2\r\n\r\n01", "[200]", 1},
		{"two on one connection", head + "Content-Length: 2\r\n\r\n02" + head + "Content-Length: 2\r\n\r\n03", "[200 200]", 2},
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n2\r\n04\r\n0\r\n\r\n", "[200]", 1},
		{"behind a chunked one", head + "Transfer-Encoding: chunked\r\n\r\n2\r\n05\r\n0\r\n\r\n" + smuggled, "[200]", 1},
		{"length and chunked", head + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n06\r\n0\r\n\r\n" + smuggled, "[200]", 1},
		{"behind a refused one", "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{}{}" + smuggled, "[401]", 0},
		{"two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n07", "[400]", 0},
		{"unknown transfer encoding", head + "Transfer-Encoding: xchunked\r\n\r\n2\r\n08\r\n0\r\n\r\n", "[501]", 0},
		{"two tokens", head + "Authorization: Bearer x\r\nContent-Length: 2\r\n\r\n09", "[401]", 0},
		{"header of 40 kB", head + "X: " + strings.Repeat("x", 40<<10) + "\r\nContent-Length: 2\r\n\r\n10", "[431]", 0},
		{"too long", head + "Content-Length: 99999999\r\n\r\n11", "[413]", 0},
		{"chunk that is cut", head + "Transfer-Encoding: chunked\r\n\r\n9\r\n12", "[400]", 0},
		{"chunk of a wrong length", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n13\r\n0\r\n\r\n", "[400]", 0},
		{"all options", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "[404]", 0},
		{"no host", "POST /webhook HTTP/1.1\r\n\r\n", "[400]", 0},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "[404]", 0},
		{"not HTTP", "hello\r\n\r\n", "[400]", 0},
	} {
		before := len(d.events())
		got := fmt.Sprint(say(t, address, c.raw))
		if stored := len(d.events()) - before; got != c.want || stored != c.events {
			t.Errorf("%s: %s and %d events, want %s and %d", c.name, got, stored, c.want, c.events)
		}
	}
}

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
		want      string
		after     time.Duration
	}{
		{"nothing at all", "", "[]", 5 * time.Second},
		{"half a header", "POST /webhook HTTP/1.1\r\nHost:", "[]", 5 * time.Second},
		{"half a body", head + "Content-Length: 10\r\n\r\n{", "[408]", 15 * time.Second},
		{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n9\r\n{", "[408]", 15 * time.Second},
		{"no next request", head + "Content-Type: text/plain\r\n\r\n", "[415]", 60 * time.Second},
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
				go func() { _, _ = io.WriteString(here, c.raw) }()
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
			})
			if n := len(d.events()); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}
