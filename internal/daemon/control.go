package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"ticketd/internal/receive"
)

// Errors of [Ask] that its caller tells apart.
var (
	ErrNotRunning  = errors.New("no ticketd runs with this database")
	ErrPathTooLong = errors.New("a ticketd with this database cannot be asked: the path is too long for a socket beside it")
)

// What the command line waits for the daemon.
const (
	wakeLimit  = time.Second
	askLimit   = readyTimeout + readTimeout + 2*time.Second
	mostAnswer = 4 << 20 // bytes
)

// mostCommands is how many of them are served at once.
const mostCommands = 16

// socketPath is the control socket beside the store, by which the command line talks with the daemon.
// Only the owner of the store reaches it, and root.
func socketPath(storePath string) string { return storePath + ".sock" }

// Poke wakes the daemon that has the store open, after the command line changed something in it. That
// none can be reached is no error: a daemon looks by itself within a minute.
func Poke(ctx context.Context, storePath string) {
	ctx, cancel := context.WithTimeout(ctx, wakeLimit)
	defer cancel()
	if answer, err := command(ctx, storePath, http.MethodPost, "/wake"); err == nil {
		_ = answer.Body.Close() // nothing is said
	}
}

// Ask asks the daemon that has the store open how it is. It gives [ErrNotRunning] where there is none, and
// [ErrPathTooLong] where a daemon could have no control socket.
func Ask(ctx context.Context, storePath string) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	s, err := ask(ctx, storePath)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return Status{}, ErrNotRunning
	case errors.Is(err, syscall.EINVAL):
		return Status{}, ErrPathTooLong
	case errors.Is(err, context.DeadlineExceeded):
		return Status{}, fmt.Errorf("ticketd does not answer on %s: it hangs, or has far too much to do", socketPath(storePath))
	case err != nil:
		return Status{}, fmt.Errorf("asking ticketd on %s: %w", socketPath(storePath), err)
	}
	return s, nil
}

func ask(ctx context.Context, storePath string) (s Status, err error) {
	answer, err := command(ctx, storePath, http.MethodGet, "/status")
	if err != nil {
		return Status{}, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode != http.StatusOK {
		return Status{}, fmt.Errorf("it answers %s; is it another version?", answer.Status)
	}
	return s, json.NewDecoder(io.LimitReader(answer.Body, mostAnswer)).Decode(&s)
}

// command says one thing to the daemon.
func command(ctx context.Context, storePath, method, path string) (*http.Response, error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socketPath(storePath))
		},
	}}
	request, err := http.NewRequestWithContext(ctx, method, "http://ticketd"+path, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(request)
}

// listenForCommands opens the control socket. Where that cannot be (the path may be too long for one),
// there is none: it is a convenience. The store's lock is held, so a socket that is there was left by a
// dead process.
func (d *Daemon) listenForCommands() listening {
	log, path := d.o.Logger, socketPath(d.o.Config.Store.Path)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("removing an old socket", "error", err)
	}
	l, err := d.o.Listen("unix", path)
	if err != nil {
		log.Warn("`ticketd status` cannot ask this daemon, nor other commands wake it; it looks every minute", "error", err)
		return listening{}
	}
	// To connect takes the right to write, which a usual umask gives to nobody else until here.
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("making the socket private", "error", err)
	}
	return listening{receive.Limit(l, mostCommands, log), receive.NewDrain(receive.Server(d.commands(), log))}
}

// commands is what the control socket understands.
func (d *Daemon) commands() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /wake", func(w http.ResponseWriter, _ *http.Request) {
		d.wakeAll()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(d.Status(r.Context())); err != nil {
			d.o.Logger.Debug("status not delivered", "error", err)
		}
	})
	return mux
}
