package receive

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestAConnectionTooManyWaitsAndIsServedWhenAnotherEnds(t *testing.T) {
	d := open(t, nil)
	listener := listen(t)
	address := serveOn(t, d, Limit(listener, 2, d.o.Logger))
	first, second := connect(t, address), connect(t, address)
	for _, conn := range []net.Conn{first, second} {
		if got := exchange(t, conn, head+"Content-Length: 2\r\n\r\n{}"); got != 200 {
			t.Fatalf("%d", got)
		}
	}
	third := connect(t, address) // by the kernel
	if _, err := io.WriteString(third, head+"Content-Length: 2\r\n\r\n{}"); err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		if got := status(third); got != 200 {
			t.Errorf("the third: %d", got)
		}
	})
	if got := exchange(t, second, head+"Content-Length: 2\r\n\r\n{}"); got != 200 {
		t.Errorf("the second, still: %d", got)
	}
	_ = first.Close()
	served.Wait()
	if n := strings.Count(d.logs.String(), "all connections are in use"); n != 1 {
		t.Errorf("the operator was told %d times: %s", n, d.logs)
	}
}

func TestStrangersWhoStayConnectedKeepNobodyOut(t *testing.T) {
	d := open(t, nil)
	address := serveOn(t, d, Limit(listen(t), 2, d.o.Logger))
	for request, want := range map[string]int{lines(post, empty): 401, lines("GET / HTTP/1.1"): 404} {
		if got := exchange(t, connect(t, address), request); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	}
	sender := connect(t, address)
	if err := sender.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil { // less than idle connections are kept
		t.Fatal(err)
	}
	if got := exchange(t, sender, head+"Content-Length: 2\r\n\r\n{}"); got != 200 {
		t.Errorf("the sender: %d", got)
	}
}

func TestAListenerThatIsFullCanBeClosed(t *testing.T) {
	l := Limit(listen(t), 1, slog.New(slog.DiscardHandler))
	held := connect(t, l.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ended := make(chan error)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	_ = held.Close()
}

// exhausted is a listener of a process that may open no more files, for a while.
type exhausted struct {
	net.Listener

	left int
}

func (e *exhausted) Accept() (net.Conn, error) {
	if e.left--; e.left >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return e.Listener.Accept()
}

func TestAnAcceptThatFailsTakesNoRoomAndIsTriedAgain(t *testing.T) {
	d := open(t, nil)
	address := serveOn(t, d, Limit(&exhausted{listen(t), 3}, 1, d.o.Logger))
	if got := exchange(t, connect(t, address), head+"Content-Length: 2\r\n\r\n{}"); got != 200 {
		t.Errorf("%d", got)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serveOn serves a door on a listener until the end of the test.
func serveOn(t *testing.T, d *door, l net.Listener) (address string) {
	t.Helper()
	server := Server(d, d.o.Logger)
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close() // connections are meant to break
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
