package daemon

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

func (d *Daemon) wakeDeliverers() {
	for _, s := range d.wakes {
		s.Set()
	}
}

func (d *Daemon) wakeAll() {
	d.wakeApply.Set()
	d.wakeDeliverers()
}

// pokePath is the socket beside the store by which the command line wakes the daemon. Nothing is
// said over it: to connect is the message.
func pokePath(storePath string) string { return storePath + ".sock" }

// Poke wakes the daemon that has the store open, after the command line changed something in it. No
// daemon, or one that cannot be reached, is no error: a daemon looks by itself within a minute.
func Poke(storePath string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", pokePath(storePath))
	if err != nil {
		return nil
	}
	return conn.Close()
}

// listenForPokes gives nil where the socket cannot be made (its path may be too long): pokes are a
// convenience. The store's lock is held, so a socket that is there was left by a dead process.
func (d *Daemon) listenForPokes() net.Listener {
	storePath, log := d.o.Config.Store.Path, d.o.Logger
	path := pokePath(storePath)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		log.Warn("removing an old socket", "error", err)
	}
	l, err := d.o.Listen("unix", path)
	if err != nil {
		log.Warn("the command line cannot wake this daemon; it looks every minute", "error", err)
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
		log.Warn("making the socket private", "error", err)
	}
	return l
}

func servePokes(l net.Listener, wake func()) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // closed
		}
		_ = conn.Close() // nothing is said
		wake()
	}
}
