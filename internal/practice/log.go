package practice

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Effect is one thing that a call really did.
type Effect struct {
	At     time.Time
	Op     string // in the tracker's words: "create", "close", "transition", "comment"
	Key    string // of the issue
	Detail string
}

// Log remembers what was called and what had an effect, and holds the faults that are to come. The
// zero value is ready, and safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	effects []Effect
	calls   map[string]int
	faults  []*Fault
}

// Fail adds a fault; faults are used up in the order they were added.
func (l *Log) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, &f)
}

// Heal takes all faults away.
func (l *Log) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

// Effects gives what happened so far, in order.
func (l *Log) Effects() []Effect {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.effects)
}

// Calls gives how often each operation was called, refused and failed calls included.
func (l *Log) Calls() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.calls)
}

// Called counts a call and uses up the fault that it meets; nil where it meets none.
func (l *Log) Called(op, method string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		l.calls = map[string]int{}
	}
	l.calls[op]++
	n := slices.IndexFunc(l.faults, func(f *Fault) bool { return f.hits(op, method) })
	if n < 0 {
		return nil
	}
	f := l.faults[n]
	if f.Times > 0 {
		f.Times--
	}
	taken := *f
	return &taken
}

// Happened notes an effect; the detail is formatted as fmt.Sprintf does.
func (l *Log) Happened(at time.Time, op, key, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.effects = append(l.effects, Effect{At: at, Op: op, Key: key, Detail: fmt.Sprintf(format, args...)})
}
