// Package pulse tells whether the loops of a process make progress: each promises when it will be back,
// and one that is late hangs.
//
// A promise is kept by the monotonic clock: a clock that is set anew makes nobody late.
package pulse

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"ticketd/internal/proof"
)

// Grace is what every promise may be late: a machine that is busy, or a process that was stopped for a
// moment, is no hang.
const Grace = 30 * time.Second

// Monitor knows every promise of a process. Its methods may be called by any number of goroutines at once.
type Monitor struct {
	mu       sync.Mutex
	promises map[*Promise]struct{} // that have a time
}

// New makes a Monitor without promises.
func New() *Monitor { return &Monitor{promises: make(map[*Promise]struct{})} }

// Stage gives those who promise under a name. What it gives may be nil, which nobody watches.
func (m *Monitor) Stage(name string) *Stage { return &Stage{monitor: m, name: name} }

// Stage is a part of the process that does one sort of work: one loop, or many requests at once.
type Stage struct {
	monitor *Monitor
	name    string
}

// Begin gives a promise that says nothing yet. Its owner must end it.
func (s *Stage) Begin() *Promise {
	if s == nil {
		return nil
	}
	return &Promise{stage: s}
}

// Promise is when one goroutine will be back. It may be nil, which nobody watches.
type Promise struct {
	stage *Stage
	until time.Time // guarded by the monitor
}

// Within promises to be back, which is to say so again or to end, within d from now.
func (p *Promise) Within(d time.Duration) {
	if p == nil {
		return
	}
	m, until := p.stage.monitor, time.Now().Add(d)
	m.mu.Lock()
	defer m.mu.Unlock()
	p.until = until
	m.promises[p] = struct{}{}
}

// End takes the promise back.
func (p *Promise) End() {
	if p == nil {
		return
	}
	m := p.stage.monitor
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.promises, p)
}

// Late is a stage that makes no progress.
type Late struct {
	Stage string
	Since time.Time // when the first of it should have been back
	Count int       // of its promises that are late
}

// Late gives the stages of which a promise is late by more than [Grace], by name.
func (m *Monitor) Late() []Late {
	now, stages := time.Now(), make(map[string]Late)
	m.mu.Lock()
	for p := range m.promises {
		if now.Sub(p.until) <= proof.Patience(Grace) {
			continue
		}
		l, known := stages[p.stage.name]
		if !known || p.until.Before(l.Since) {
			l.Since = p.until
		}
		l.Stage, l.Count = p.stage.name, l.Count+1
		stages[l.Stage] = l
	}
	m.mu.Unlock()
	all := make([]Late, 0, len(stages))
	for _, l := range stages {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Late) int { return cmp.Compare(a.Stage, b.Stage) })
	return all
}
