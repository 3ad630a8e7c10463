package deliver_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/proof/report"
)

// More schedules, with deaths at every point:
//
//	go test -tags proof ./internal/deliver -run EverySchedule -timeout 0 -schedules 10000
var (
	schedules = flag.Uint64("schedules", 20, "number of random schedules of faults")
	from      = flag.Uint64("from", 0, "seed of the first of them")
	oneSeed   = flag.Int64("seed", -1, "run only the schedule of this seed, and tell all that happened if it goes wrong")
)

// tally counts what the schedules did.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	points map[proof.Point]int // reached
	deaths map[string]int      // at a point or a call
}

func newTally() *tally {
	return &tally{counts: make(map[string]int), points: make(map[proof.Point]int), deaths: make(map[string]int)}
}

func (t *tally) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what] += n
}

func (t *tally) reached(p proof.Point) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.points[p]++
}

func (t *tally) died(where string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deaths[where]++
	kind := "deaths at calls"
	if strings.Contains(where, "/") { // the name of a point
		kind = "deaths at points"
	}
	t.counts[kind]++
}

// String lists all counts.
func (t *tally) String() string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		all = append(all, fmt.Sprintf("%d %s", t.counts[what], what))
	}
	return strings.Join(all, ", ")
}

func TestEveryScheduleOfFaultsEndsWithOneTrueIssuePerFinding(t *testing.T) {
	told := newTally()
	if *oneSeed >= 0 {
		playOut(t, uint64(*oneSeed), told)
		return
	}
	number := *schedules
	if testing.Short() {
		number = min(number, 4)
	}
	var next atomic.Uint64
	t.Run("schedules", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for nth := next.Add(1) - 1; nth < number; nth = next.Add(1) - 1 {
					playOut(t, *from+nth, told)
				}
			})
		}
	})
	t.Logf("%d schedules: %s; died at %v", number, told, told.deaths)
	for _, missed := range told.missed(number) {
		t.Errorf("in %d schedules there was never %s: they do not prove what they should", number, missed)
	}
	if !t.Failed() {
		report.Tell(t, report.Row{Part: "Simulation", What: fmt.Sprintf("%d schedules: %s", number, told), Outcome: "0 lost, 0 double, 0 wrong"})
	}
}

// playOut plays a schedule to its end and tells what is wrong then.
func playOut(t *testing.T, seed uint64, told *tally) {
	t.Helper()
	wrong := played(t, drawn(seed, told))
	if len(wrong) > 0 {
		t.Errorf("seed %d:\n%s\nagain with: go test%s ./internal/deliver -run EverySchedule -seed %d",
			seed, strings.Join(wrong, "\n"), tags(), seed)
	}
}

// played plays a schedule in a bubble of its own and gives what is wrong at its end.
func played(t *testing.T, s schedule) (wrong []string) {
	t.Helper()
	if _, err := emptyStore(); err != nil { // outside of any bubble
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, s)
		wrong = p.out()
		if len(wrong) > 0 && *oneSeed >= 0 {
			wrong = append(wrong, p.tracker.journal...)
		}
	})
	return wrong
}

// out plays the schedule to its end and gives what is wrong then.
func (p *play) out() (wrong []string) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.guard(func() {
			p.plot(p)
			p.heal()
			p.faults.add(p.wrong()...)
			p.counted(p.tally)
		})
	}()
	<-ended
	p.end()
	p.sending.Wait()
	sleep(2 * simPause) // time stands still in a bubble that was left: nothing may be asleep in it any more
	if wrong = p.faults.list(); len(wrong) > 0 {
		wrong = append(wrong, fmt.Sprintf("with %d deliverers, died often at %s, %d stores restored", p.deliverers, p.favourite, p.restored))
	}
	return wrong
}

func tags() string {
	if proof.Enabled {
		return " -tags proof"
	}
	return ""
}

// counted adds what a play did to the tally.
func (p *play) counted(told *tally) {
	told.add("calls", p.tracker.calls)
	told.add("following issues", p.followed())
	told.add("late duplicates", p.duplicates())
	told.add("findings that waited", p.waited)
}

// missed gives what never happened in so many schedules. A few hundred see all of it.
func (t *tally) missed(number uint64) (all []string) {
	if number < 20 {
		return nil
	}
	for _, what := range []string{"deaths at calls", "events dropped", "events repeated", "restarts", "issues closed", "issues deleted", "issues edited", "following issues", "findings that waited"} {
		if t.counts[what] == 0 {
			all = append(all, what)
		}
	}
	if number < 500 {
		return all
	}
	for _, what := range []string{"stores restored", "issues moved", "tickets held"} {
		if t.counts[what] == 0 {
			all = append(all, what)
		}
	}
	for _, p := range proof.Points() {
		if proof.Enabled && !elsewhere(p) && t.deaths[string(p)] == 0 {
			all = append(all, "a death at "+string(p))
		}
	}
	return all
}

// sleep lets virtual time go by; the whole of a schedule is in a bubble.
func sleep(d time.Duration) { time.Sleep(d) }
