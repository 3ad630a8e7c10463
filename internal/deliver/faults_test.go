package deliver_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// A schedule ends by itself, whatever goes wrong in it: within these bounds.
const (
	longest  = 30 * 24 * time.Hour // of virtual time; one takes four
	mostLook = 1_000_000           // looks at the clock, of which every step takes some
)

// faults is what went wrong in a schedule. It does not end the test, which has other schedules to play.
type faults struct {
	mu  sync.Mutex
	all []string
}

func (f *faults) add(some ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, some...)
}

func (f *faults) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.all)
}

func (w *world) must(err error) {
	if err != nil {
		w.faults.add(err.Error())
	}
}

// abort ends the schedule early.
func (w *world) abort(format string, args ...any) {
	w.faults.add(fmt.Sprintf(format, args...))
	w.last()
}

// guard runs a part of the schedule; a panic ends the schedule, and not the test.
func (w *world) guard(part func()) {
	defer func() {
		if cause := recover(); cause != nil {
			w.abort("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	part()
}

// now is the clock of all that runs in steps. Steps without end are noticed by it, also where no time
// goes by between them.
func (w *world) now() time.Time {
	if n := w.looks.Add(1); n >= mostLook {
		if n == mostLook {
			w.abort("the schedule does not come to rest")
		}
		runtime.Goexit()
	}
	return time.Now()
}
