package deliver_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/proof"
	"ticketd/internal/receive"
	"ticketd/internal/wake"
	"ticketd/mapping"
	"ticketd/store"
)

// world is ticketd at work in a bubble of virtual time, with all that outlives a process of it. It is
// made, used and ended in one bubble.
type world struct {
	ground

	seed       uint64
	deliverers int
	odds       odds
	favourite  proof.Point // where a process dies more often than elsewhere
	without    []proof.Mechanism
	calm       atomic.Bool // nothing goes wrong any more
	faults     faults
	looks      atomic.Int64 // at the clock
	watchdog   *time.Timer
	deaths     atomic.Int64
	tally      *tally

	mu      sync.Mutex
	process *process // nil while none runs
	boots   uint64   // how many there have been
	ending  bool
	ended   chan struct{} // closed when the last process is gone
	swap    func()        // to be done while none runs; nil: nothing
}

// process is one life of ticketd.
type process struct {
	life

	nth     uint64
	ctx     context.Context //nolint:containedctx // ends when the process is asked to stop
	stop    context.CancelFunc
	gone    chan struct{} // closed when it is to end, or dies
	store   *store.Store
	handler *receive.Handler
	applies wake.Signal
	wakes   []wake.Signal // of each deliverer
	running sync.WaitGroup
}

// The streams of random numbers of a seed, one for each who draws.
const (
	ofTracker = iota + 1
	ofPlay
	ofOperator
	ofSender
	ofApplier
	ofDeliverer
	ofJitter
	ofRequest
)

func (w *world) stream(who, nth uint64) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, who<<32|nth))
}

// schedule says what is to be simulated.
type schedule struct {
	seed       uint64
	deliverers int
	odds       odds
	favourite  proof.Point // where a process dies more often than elsewhere
	without    []proof.Mechanism
	rule       func(*mapping.Rule)
	run        func(*play) // what happens; nil: the usual
	tally      *tally
}

func newWorld(t *testing.T, s schedule) *world {
	t.Helper()
	w := &world{seed: s.seed, deliverers: s.deliverers, odds: s.odds, favourite: s.favourite, without: s.without, tally: s.tally, ended: make(chan struct{})}
	tracker := &simTracker{now: time.Now, rng: w.stream(ofTracker, 0), faults: s.odds.call, late: s.odds.late, lag: s.odds.lag}
	tracker.skew = tracker.upTo(4*time.Minute) - 2*time.Minute
	w.ground = newGround(t, tracker, s.rule)
	w.fail = func(err error) { w.must(err); runtime.Goexit() }
	w.watchdog = time.AfterFunc(longest, func() { w.abort("the schedule is not over after %v", longest) })
	return w
}

// say writes into the journal.
func (w *world) say(format string, args ...any) {
	w.tracker.mu.Lock()
	defer w.tracker.mu.Unlock()
	w.tracker.say(format, args...)
}

// start runs processes, one after the other, until end.
func (w *world) start() {
	go func() {
		defer close(w.ended)
		operator := w.stream(ofOperator, 0)
		for {
			w.swapped()
			p, err := w.boot()
			if err != nil {
				w.abort("starting process %d: %v", w.boots, err)
				return
			}
			<-p.gone
			w.bury(p)
			if w.ends() {
				return
			}
			sleep(time.Duration(1 + operator.Int64N(int64(2*time.Minute))))
		}
	}()
}

// boot starts a process: what the daemon does, in its order.
func (w *world) boot() (*process, error) {
	w.boots++
	p := &process{nth: w.boots, gone: make(chan struct{}), applies: wake.New()}
	p.life.ended = func() { p.stop(); close(p.gone) }
	p.ctx, p.stop = context.WithCancel(in(w.t.Context(), nil, w.without...))
	var err error
	if p.store, err = store.Open(p.ctx, store.Options{Path: w.path(), Now: time.Now, Logger: quiet()}); err != nil {
		return nil, err
	}
	w.say("process %d begins, its store restored: %v", p.nth, p.store.Restored())
	var all []*replica
	for k := range w.deliverers {
		p.wakes = append(p.wakes, wake.New())
		all = append(all, w.replica(p, k))
	}
	applier := apply.New(apply.Options{Store: p.store, Table: w.table, Mapping: w.mapping, Logger: quiet(), Now: w.now,
		Applied: p.applied, Idle: simIdle})
	w.must(w.recover(p, all, applier))
	if p.handler, err = receive.New(receive.Options{Store: p.store, Open: true, Logger: quiet(), Accepted: p.accepted}); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	acting := &actor{w, &p.life, w.stream(ofApplier, p.nth)}
	p.running.Go(func() {
		w.guard(func() { w.must(applier.Run(in(p.ctx, acting.at, w.without...), p.applies, time.Second)) })
	})
	for k, r := range all {
		p.running.Go(func() {
			sleep(apart(k))
			r.run()
		})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process, w.store = p, p.store
	if w.ending || w.swap != nil { // asked for since
		p.end()
	}
	return p, nil
}

// recover is what the daemon does before it serves.
func (w *world) recover(p *process, all []*replica, applier *apply.Applier) error {
	if _, err := p.store.ReleaseLeases(p.ctx, time.Now()); err != nil {
		return err
	}
	first := all[0].deliverer // they drive one tracker, and keep what they know of it in the store
	if p.store.Restored() {
		if err := first.Restored(p.ctx); err != nil {
			return err
		}
		if err := p.store.ClearRestored(p.ctx); err != nil {
			return err
		}
	}
	if err := first.Started(p.ctx); err != nil {
		return err
	}
	if _, err := p.store.WakeTickets(p.ctx, []store.TicketState{store.TicketWanted}, time.Now()); err != nil {
		return err
	}
	_, err := applier.Reroute(p.ctx)
	return err
}

// applied wakes the deliverers, at instants of their own.
func (p *process) applied() {
	for k, s := range p.wakes {
		time.AfterFunc(apart(k), s.Set)
	}
}

// accepted wakes the applier, after the answer is out.
func (p *process) accepted() { time.AfterFunc(97, p.applies.Set) }

// apart keeps what happens to the deliverers at one time at instants of their own.
func apart(nth int) time.Duration { return time.Duration(nth+1) * 311 }

// bury waits until nothing of a process that ended uses the store any more, and closes it. One that
// was asked to stop finishes what it is doing. What a dead one has under way sleeps in a call or a
// pause, and ends when it wakes up.
func (w *world) bury(p *process) {
	w.mu.Lock()
	w.process = nil
	w.mu.Unlock()
	if !p.dead() {
		p.running.Wait()
	}
	sleep(1) // everything else has come to rest
	w.must(p.store.Close())
}

// swapped does what is to be done while no process runs.
func (w *world) swapped() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.swap != nil && !w.ending {
		w.swap()
		w.swap = nil
	}
}

// restart asks the process to stop; swap is done before the next one starts. A process that is dying
// already serves as well.
func (w *world) restart(swap func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swap = swap
	if w.process != nil {
		w.process.end()
	}
}

// end stops everything.
func (w *world) end() {
	w.watchdog.Stop()
	w.last()
	<-w.ended
}

// last lets no process follow the one that runs, and asks that to stop.
func (w *world) last() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ending = true
	if w.process != nil {
		w.process.end()
	}
}

func (w *world) ends() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending
}

// up waits until a process runs, and gives it. Where none will run any more it ends who asks.
func (w *world) up() *process {
	for {
		w.mu.Lock()
		p := w.process
		w.mu.Unlock()
		if p != nil && !p.dead() {
			return p
		}
		if w.ends() {
			runtime.Goexit()
		}
		sleep(time.Second)
	}
}

// post sends a body to the webhook and tells whether it was acknowledged. nth tells the request from
// all others.
func (w *world) post(body string, nth uint64) (acknowledged bool) {
	w.mu.Lock()
	p := w.process
	if p == nil || p.dead() {
		w.mu.Unlock()
		return false
	}
	answered, answer := make(chan struct{}), httptest.NewRecorder()
	acting := &actor{w, &p.life, w.stream(ofRequest, nth)}
	p.running.Go(func() {
		defer close(answered)
		r := httptest.NewRequestWithContext(in(w.t.Context(), acting.at, w.without...), http.MethodPost, receive.DefaultPath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w.guard(func() { p.handler.ServeHTTP(answer, r) })
		acknowledged = answer.Code/100 == 2 && !p.dead()
	})
	w.mu.Unlock()
	<-answered
	return acknowledged
}
