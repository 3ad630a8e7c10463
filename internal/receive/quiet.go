package receive

import (
	"log/slog"
	"sync"
	"time"
)

const quietFor = 10 * time.Second

// quiet logs refused requests, of each outcome at most one line in ten seconds: a stranger must not
// be able to fill the disk.
type quiet struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	since map[Outcome]time.Time // of the last line
	left  map[Outcome]int       // not logged since
}

func newQuiet(log *slog.Logger, now func() time.Time) *quiet {
	return &quiet{log: log, now: now, since: map[Outcome]time.Time{}, left: map[Outcome]int{}}
}

func (q *quiet) refused(got receipt, remote string) {
	left, ok := q.turn(got.outcome)
	if !ok {
		return
	}
	attrs := []any{"outcome", got.outcome, "route", got.caller.route, "remote", remote}
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

// turn tells whether a line may be written now, and how many were left out before it.
func (q *quiet) turn(o Outcome) (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if last, ok := q.since[o]; ok && now.Sub(last) < quietFor {
		q.left[o]++
		return 0, false
	}
	left := q.left[o]
	q.since[o], q.left[o] = now, 0
	return left, true
}
