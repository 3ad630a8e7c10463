package receive

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

// MaxConnections is the most connections that one listener has open. Each costs up to some 40 kB
// until it has shown a token, so they stay below 160 MiB.
const MaxConnections = 4096

// Limit gives a listener that has at most n connections open. Others wait in the kernel's queue and
// are served later, where to be refused could be the loss of an event: the sender may never come
// again (facts/reliability.md 2.1). That they wait is logged, at most once a minute.
func Limit(l net.Listener, n int, log *slog.Logger) net.Listener {
	return &limited{Listener: l, log: log, open: make(chan struct{}, n), closed: make(chan struct{})}
}

type limited struct {
	net.Listener

	log    *slog.Logger
	told   time.Time     // that it is full; of the one goroutine that accepts
	open   chan struct{} // one for each open connection
	closed chan struct{}
	once   sync.Once
}

// Accept waits for room first, then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	if len(l.open) == cap(l.open) {
		l.tellFull()
	}
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-l.open })}, nil
}

func (l *limited) tellFull() {
	if now := time.Now(); now.Sub(l.told) >= time.Minute {
		l.told = now
		l.log.Warn("all connections are in use; further ones wait until one ends", "listener", l.Addr().String(), "connections", cap(l.open),
			"hint", "if somebody holds them open, limit the connections of each address in a proxy or firewall in front")
	}
}

// Close ends a wait for room as well.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// counted gives its room back when it is closed.
type counted struct {
	net.Conn

	leave func()
}

func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite lets net/http say its last words: without it, an answer to a sender who still sends
// would be lost in a reset.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
