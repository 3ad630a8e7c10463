package door

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// trickle connects and sends text at once, then a byte each half second, until it is cut off or the
// context ends. connected is called when the connection stands.
func trickle(ctx context.Context, s *program.Service, text string, connected func()) {
	conn, err := dial(ctx, s)
	connected()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // it is meant to break
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var sent sync.WaitGroup
	ended := make(chan struct{})
	sent.Go(func() { drip(conn, text, ended) })
	answer(conn)
	close(ended)
	sent.Wait()
}

// drip sends text, then a byte each half second.
func drip(conn net.Conn, text string, ended <-chan struct{}) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	next := []byte(text)
	for {
		if _, err := conn.Write(next); err != nil {
			return
		}
		next = []byte("x")
		select {
		case <-tick.C:
		case <-ended:
			return
		}
	}
}

// spare is how many files more than at its start a process may have open at rest: connections to the
// tracker, which are kept for a while.
const spare = 8

func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	s := program.New(t, program.Options{})
	s.Start()
	idle := files(t, s)
	small := newTally()
	ctx, enough := context.WithCancel(t.Context())
	var all, connected sync.WaitGroup
	for i := range *slowClients {
		connected.Add(1)
		text := "POST /webhook HTTP/1.1\r\nHost: ticketd\r\nX-Slow: "
		if i%2 == 1 { // a body, of one who may
			text = head(program.Token, 1000) + "{"
		}
		all.Go(func() { trickle(ctx, s, text, connected.Done) })
	}
	connected.Wait()
	took := good(t.Context(), t, s, small)
	open := files(t, s)
	enough()
	all.Wait()

	if !wellServed(small) {
		t.Errorf("the good sender: %s", small)
	}
	most := peak(t, s)
	if most > memoryBound {
		t.Errorf("%d MiB of memory", most>>20)
	}
	program.Eventually(t, "all connections are closed", func() bool { return files(t, s) < idle+spare })
	if missing := lost(t, s, small); missing > 0 {
		t.Errorf("%d acknowledged events are not in the store", missing)
	}
	report.Tell(t, report.Row{
		Part: "Door",
		What: fmt.Sprintf("%d clients that send a byte each half second, half of them a header, half a body with the token; a good sender meanwhile",
			*slowClients),
		Outcome: fmt.Sprintf("good sender: %s, p99 %s; memory %d MiB; %d files open, fewer than %d afterwards",
			small, p99(took), most>>20, open, idle+spare),
	})
}
