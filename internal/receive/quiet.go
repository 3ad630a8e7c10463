package receive

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	quietFor = 10 * time.Second
	// toldApart is how many addresses have a line each in that time.
	toldApart = 8
)

// quiet logs refused requests, of each outcome and address at most one line in ten seconds, and of
// the first eight addresses alone: a stranger must not be able to fill the disk, nor to hide behind
// his own noise that somebody else is refused. Nobody is locked out: behind a proxy that is not trusted,
// all have the proxy's address.
type quiet struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	windows map[Outcome]*window
}

// window is ten seconds of one outcome.
type window struct {
	since time.Time
	told  map[string]bool // the addresses that had their line
	left  int             // refusals without one, since the last line
}

func newQuiet(log *slog.Logger, now func() time.Time) *quiet {
	return &quiet{log: log, now: now, windows: map[Outcome]*window{}}
}

func (q *quiet) refused(got receipt, from sender) {
	left, ok := q.turn(got.outcome, from.address)
	if !ok {
		return
	}
	attrs := []any{"outcome", got.outcome, "route", got.caller.route, "remote", from.address}
	if from.proxy != "" {
		attrs = append(attrs, "proxy", from.proxy)
	}
	if got.caller.source != "" {
		attrs = append(attrs, "source", got.caller.source)
	}
	if got.err != nil {
		attrs = append(attrs, "error", got.err)
	}
	if left > 0 {
		attrs = append(attrs, "more_like_it", left)
	}
	q.log.Warn("request refused", attrs...)
}

// failed logs a handshake that failed.
func (q *quiet) failed(remote, why string) {
	if left, ok := q.turn(handshake, remote); ok {
		q.log.Warn("TLS handshake failed", "outcome", handshake, "remote", remote, "error", why, "more_like_it", left)
	}
}

// turn tells whether a line may be written now, and how many were left out before it.
func (q *quiet) turn(o Outcome, remote string) (int, bool) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.windows[o]
	if w == nil {
		w = &window{}
		q.windows[o] = w
	}
	if now := q.now(); w.told == nil || now.Sub(w.since) >= quietFor {
		w.since, w.told = now, map[string]bool{}
	}
	if w.told[host] || len(w.told) == toldApart {
		w.left++
		return 0, false
	}
	left := w.left
	w.told[host], w.left = true, 0
	return left, true
}
