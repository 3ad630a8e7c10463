package receive

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"ticketd/internal/wake"
)

// linger is how long a stop leaves a connection open that waits for its next request: a sender who is
// just writing it gets its answer, and is told that it was the last.
const linger = time.Second

// Drain serves, and stops without losing a request of a connection that was accepted.
//
// [http.Server.Shutdown] alone would: it closes a connection without an answer where it had been accepted
// but its first request was read after the call (net/http, conn.serve), and one that waits for the next
// request while that is on its way.
type Drain struct {
	server   *http.Server
	stopping chan struct{} // closed when no connection is accepted any more
	served   chan struct{} // closed when Serve has returned
	changed  wake.Signal   // a connection is in another state

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]http.ConnState
}

// NewDrain takes over a server that nothing was served with.
func NewDrain(server *http.Server) *Drain {
	d := &Drain{
		server: server, stopping: make(chan struct{}), served: make(chan struct{}), changed: wake.New(),
		open: make(map[net.Conn]http.ConnState),
	}
	server.ConnState, server.Handler = d.note, d.last(server.Handler)
	return d
}

// last tells a sender that its connection ends, when it does.
func (d *Drain) last(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.isStopping() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

func (d *Drain) isStopping() bool {
	select {
	case <-d.stopping:
		return true
	default:
		return false
	}
}

// note follows the state of a connection.
func (d *Drain) note(conn net.Conn, state http.ConnState) {
	d.mu.Lock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(d.open, conn)
	} else {
		d.open[conn] = state
	}
	d.mu.Unlock()
	d.changed.Set()
}

// Serve serves the connections of a listener until [Drain.Stop], after which it gives nil. It may be called
// once.
func (d *Drain) Serve(l net.Listener) error {
	defer close(d.served)
	d.mu.Lock()
	d.listener = l
	d.mu.Unlock()
	if d.isStopping() {
		_ = l.Close() // Stop may have done it
		return nil
	}
	if err := Serve(d.server, l); !d.isStopping() || !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Stop accepts nothing more, answers what was accepted, and returns when every connection is closed. What
// nobody accepted waits in the socket for the next process, where there is one that has it too. When the
// context ends, what is left is cut off: the error says so. Serve must have been called, or be called
// soon. Stop may be called once.
func (d *Drain) Stop(ctx context.Context) error {
	close(d.stopping)
	d.mu.Lock()
	l := d.listener
	d.mu.Unlock()
	if l != nil {
		_ = l.Close() // the server closes it too
	}
	<-d.served // every connection that was accepted is known
	d.await(ctx, http.StateNew, http.StateActive)
	lingering, cancel := context.WithTimeout(ctx, linger)
	defer cancel()
	d.await(lingering, http.StateNew, http.StateActive, http.StateIdle)
	d.await(ctx, http.StateNew, http.StateActive)
	err := d.server.Shutdown(ctx)
	if err != nil {
		_ = d.server.Close() // the senders see a broken connection
	}
	return err
}

// await returns when no connection is in one of the states, or the context ends.
func (d *Drain) await(ctx context.Context, states ...http.ConnState) {
	for d.count(states) > 0 {
		select {
		case <-d.changed:
		case <-ctx.Done():
			return
		}
	}
}

// count gives how many connections are in one of the states.
func (d *Drain) count(states []http.ConnState) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, state := range d.open {
		for _, s := range states {
			if s == state {
				n++
			}
		}
	}
	return n
}
