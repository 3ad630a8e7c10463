package deliver_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ticketd/internal/proof"
)

// odds are the probabilities of what goes wrong in a schedule.
type odds struct {
	call      float64       // that a call of the tracker fails, or its answer is lost
	late      time.Duration // longest delay of the effect of a create whose answer was lost
	lag       time.Duration // longest lag of the search
	slow      float64       // that a call takes longer than it may
	die       float64       // that the process dies at a point, or at a call
	favourite float64       // that it dies at the schedule's favourite point
	pause     float64       // that a goroutine stands still at a point
	deaths    int           // most of them
}

// simPause is the longest that a goroutine stands still at a point.
const simPause = 10 * time.Minute

func usual() odds {
	return odds{call: 0.25, late: simLate, lag: simLag, slow: 0.03, die: 0.01, favourite: 0.3, pause: 0.02, deaths: 6}
}

// life is that of a process, or of a deliverer that can die by itself. What runs in it ends with it:
// at its next point or call, as far as anybody can tell from outside.
type life struct {
	over  atomic.Bool
	once  sync.Once
	ended func() // called once, when it dies
	whole *life  // of the process; nil: it is that
}

func (l *life) dead() bool { return l.over.Load() || (l.whole != nil && l.whole.dead()) }

func (l *life) die() {
	l.over.Store(true)
	l.end()
}

// end has it ended, but not dead: what runs in it may finish what it is doing.
func (l *life) end() { l.once.Do(l.ended) }

// actor is a goroutine of ticketd with the chances that it takes. Its draws are its own, so that they
// do not depend on what others do at the same instant.
type actor struct {
	w    *world
	life *life
	rng  *rand.Rand
}

// live ends the goroutine if its process is dead.
func (a *actor) live() {
	if a.life.dead() {
		runtime.Goexit()
	}
}

// inWriter are the points that are reached by the store's own goroutine, which others wait for: it
// cannot end by itself. Processes die there in the tests of real processes, as they do at the points
// of the daemon. To die while events are decided is, for what is on disk, to die before.
func inWriter() []proof.Point {
	return []proof.Point{proof.EventsDecided, proof.Committing, proof.Committed, proof.Marked}
}

// elsewhere tells of a point that no process of a world dies at: one of the writer, or of the daemon,
// which is outside of the parts that a world is made of.
func elsewhere(p proof.Point) bool {
	return slices.Contains(inWriter(), p) || p == proof.RecoveryBegun || p == proof.RecoveryFinished
}

// at is what happens at a point: nothing, a pause, or the end. Goroutines that waited for one commit go on
// at one instant; it takes each a moment of its own to come to its next point, so that what they do then
// has the same order again.
func (a *actor) at(p proof.Point) {
	writer := slices.Contains(inWriter(), p)
	die, pause, wait := a.rng.Float64(), a.rng.Float64(), a.rng.Int64N(int64(simPause))
	if moment := a.rng.Int64N(int64(time.Millisecond)); !writer {
		sleep(time.Duration(1 + moment))
		a.live()
	}
	if a.w.calm.Load() {
		return
	}
	a.w.tally.reached(p)
	if chance := a.w.odds.chance(p == a.w.favourite); !writer && die < chance {
		a.end(string(p))
	}
	if pause < a.w.odds.pause {
		a.w.tally.add("pauses", 1)
		a.w.say("a pause of %v at %s", time.Duration(wait), p)
		sleep(time.Duration(wait))
		if !writer {
			a.live()
		}
	}
}

func (o odds) chance(favourite bool) float64 {
	if favourite {
		return o.favourite
	}
	return o.die
}

// dies draws whether the process dies at a call.
func (a *actor) dies() bool { return a.rng.Float64() < a.w.odds.die && !a.w.calm.Load() }

// end is the end of the process, or of the deliverer alone; not if there were enough of them.
func (a *actor) end(where string) {
	if !a.fall(where) {
		return
	}
	runtime.Goexit()
}

// fall ends the life, but not the goroutine: what it has sent has its effect all the same.
func (a *actor) fall(where string) bool {
	if a.life.dead() || a.w.deaths.Add(1) > int64(a.w.odds.deaths) {
		return false
	}
	a.w.tally.died(where)
	victim := a.life
	if victim.whole != nil && (a.w.deliverers == 1 || a.rng.IntN(2) == 0) {
		victim = victim.whole
	}
	a.w.say("process %d dies at %s (alone: %v)", a.w.boots, where, victim.whole != nil)
	victim.die()
	return true
}
