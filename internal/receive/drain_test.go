package receive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// drained serves a handler on a listener and gives what stops it, which must go well.
func drained(t *testing.T, h http.Handler, l net.Listener) (d *Drain, stop func()) {
	t.Helper()
	d = NewDrain(Server(h, slog.New(slog.DiscardHandler)))
	served := make(chan error, 1)
	go func() { served <- d.Serve(l) }()
	return d, sync.OnceFunc(func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
}

// awaitStates waits until so many connections are in a state.
func awaitStates(t *testing.T, d *Drain, state http.ConnState, n int) {
	t.Helper()
	for tries := 0; d.count([]http.ConnState{state}) != n; tries++ {
		if tries == 10_000 {
			t.Fatalf("%d connections are %s, want %d", d.count([]http.ConnState{state}), state, n)
		}
		pause()
	}
}

// pause gives others a millisecond.
func pause() { <-time.After(time.Millisecond) }

// answer reads an answer and tells whether it is the last of its connection.
func answer(t *testing.T, conn net.Conn) (status int, last bool) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	if _, err := io.Copy(io.Discard, got.Body); err != nil {
		t.Error(err)
	}
	return got.StatusCode, got.Close
}

func TestAStopAnswersAConnectionThatWasAcceptedAndHasSentNothingYet(t *testing.T) {
	l := listen(t)
	d, stop := drained(t, http.NotFoundHandler(), Limit(l, 10, slog.New(slog.DiscardHandler)))
	conn := connect(t, l.Addr().String())
	awaitStates(t, d, http.StateNew, 1)
	var stopped sync.WaitGroup
	stopped.Go(stop)
	<-d.served // nothing more is accepted
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if status, last := answer(t, conn); status != http.StatusNotFound || !last {
		t.Errorf("the answer is %d, and it is the last: %v", status, last)
	}
	stopped.Wait()
}

func TestAStopAnswersTheNextRequestOfASenderThatStaysAndSaysThatItIsTheLast(t *testing.T) {
	l := listen(t)
	d, stop := drained(t, http.NotFoundHandler(), l)
	conn := connect(t, l.Addr().String())
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if status, last := answer(t, conn); status != http.StatusNotFound || last {
		t.Fatalf("the first answer is %d, and it is the last: %v", status, last)
	}
	awaitStates(t, d, http.StateIdle, 1)
	var stopped sync.WaitGroup
	stopped.Go(stop)
	<-d.stopping
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if status, last := answer(t, conn); status != http.StatusNotFound || !last {
		t.Errorf("the second answer is %d, and it is the last: %v", status, last)
	}
	stopped.Wait()
}

func TestAStopCutsOffWhatIsNotAnsweredWhenItsTimeIsOver(t *testing.T) {
	l := listen(t)
	begun, release := make(chan struct{}), make(chan struct{})
	d := NewDrain(Server(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-release
	}), slog.New(slog.DiscardHandler)))
	served := make(chan error, 1)
	go func() { served <- d.Serve(l) }()
	conn := connect(t, l.Addr().String())
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Stop(over); !errors.Is(err, context.Canceled) {
		t.Errorf("the stop ended with %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	close(release)
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestAStopBeforeTheServerServesIsAStop(t *testing.T) {
	l := listen(t)
	d := NewDrain(Server(http.NotFoundHandler(), slog.New(slog.DiscardHandler)))
	var stopped sync.WaitGroup
	stopped.Go(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	<-d.stopping
	if err := d.Serve(l); err != nil {
		t.Error(err)
	}
	stopped.Wait()
}

// inherited gives a copy of a socket, as a process has it of which systemd keeps the other.
func inherited(t *testing.T, l net.Listener) net.Listener {
	t.Helper()
	socket, ok := l.(*net.TCPListener)
	if !ok {
		t.Fatalf("a listener of type %T", l)
	}
	file, err := socket.File()
	if err != nil {
		t.Fatal(err)
	}
	duplicate, err := net.FileListener(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return duplicate
}

// postOnce posts a body over a connection of its own and gives the status of the answer, 0 for none.
func postOnce(t *testing.T, address, body string) int {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = conn.Close() }() // it has said all
	request := head + fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Error(err)
	}
	return status(conn)
}

func TestARestartThroughAnInheritedSocketLosesNoConnection(t *testing.T) {
	const senders, each, restarts = 60, 20, 5
	d := open(t, nil)
	socket := listen(t)
	defer func() { _ = socket.Close() }() // nothing is left to lose
	address := socket.Addr().String()
	var (
		sending  sync.WaitGroup
		answered atomic.Int64
	)
	for s := range senders {
		sending.Go(func() {
			for n := range each {
				if got := postOnce(t, address, fmt.Sprintf(`{"n":"%d of %d"}`, n, s)); got != http.StatusOK {
					t.Errorf("request %d of sender %d was answered %d", n, s, got)
				}
				answered.Add(1)
			}
		})
	}
	for n := range int64(restarts) {
		_, stop := drained(t, d, Limit(inherited(t, socket), 10, d.o.Logger))
		for answered.Load() < (n+1)*senders*each/(restarts+1) && !t.Failed() {
			pause()
		}
		stop()
	}
	_, stop := drained(t, d, inherited(t, socket))
	sending.Wait()
	stop()
	if n := len(d.events()); n != senders*each {
		t.Errorf("%d events are kept of %d", n, senders*each)
	}
	if strings.Contains(d.logs.String(), "refused") {
		t.Error(d.logs.String())
	}
}
