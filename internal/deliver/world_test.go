package deliver_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/deliver"
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
	ctx     context.Context
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
			p := w.boot()
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
func (w *world) boot() *process {
	w.boots++
	p := &process{nth: w.boots, gone: make(chan struct{}), applies: wake.New()}
	p.life.ended = func() { p.stop(); close(p.gone) }
	p.ctx, p.stop = context.WithCancel(in(w.t.Context(), nil, w.without...))
	var err error
	if p.store, err = store.Open(p.ctx, store.Options{Path: w.path(), Now: time.Now, Logger: quiet()}); err != nil {
		panic(err) // nothing would ever end
	}
	w.say("process %d begins, its store restored: %v", p.nth, p.store.Restored())
	var all []*replica
	for k := range w.deliverers {
		p.wakes = append(p.wakes, wake.New())
		all = append(all, w.replica(p, k))
	}
	applier := apply.New(apply.Options{Store: p.store, Table: w.table, Mapping: w.mapping, Logger: quiet(), Now: time.Now,
		Applied: p.applied, Idle: simIdle})
	w.must(w.recover(p, all, applier))
	if p.handler, err = receive.New(receive.Options{Store: p.store, Open: true, Logger: quiet(), Accepted: p.accepted}); err != nil {
		panic(err)
	}
	acting := &actor{w, &p.life, w.stream(ofApplier, p.nth)}
	p.running.Go(func() {
		w.must(applier.Run(in(p.ctx, acting.at, w.without...), p.applies, time.Second))
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
	return p
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

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
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
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.swap != nil {
		w.swap()
		w.swap = nil
	}
}

// restart asks the process to stop; swap is done while none runs. A process that is dying already
// serves as well.
func (w *world) restart(swap func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swap = swap
	if w.process != nil {
		w.process.once.Do(w.process.life.ended)
	}
}

// end stops everything.
func (w *world) end() {
	w.up()
	w.mu.Lock()
	w.ending = true
	w.mu.Unlock()
	w.restart(nil)
	<-w.ended
}

func (w *world) ends() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending
}

// up waits until a process runs, and gives it.
func (w *world) up() *process {
	for {
		w.mu.Lock()
		p := w.process
		w.mu.Unlock()
		if p != nil && !p.dead() {
			return p
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
		p.handler.ServeHTTP(answer, r)
		acknowledged = answer.Code/100 == 2 && !p.dead()
	})
	w.mu.Unlock()
	<-answered
	return acknowledged
}

// replica is a deliverer that begins anew when it died by itself.
type replica struct {
	w         *world
	p         *process
	nth       int
	lives     uint64
	life      *life
	acting    *actor
	deliverer *deliver.Deliverer
}

func (w *world) replica(p *process, nth int) *replica {
	r := &replica{w: w, p: p, nth: nth}
	r.begin()
	return r
}

// simIdle is longer than the default: what is due is slept for, and wakes get lost by no fault here.
const simIdle = 6 * time.Hour

func (r *replica) begin() {
	r.lives++
	stream := r.p.nth<<16 | uint64(r.nth)<<8 | r.lives
	r.life = &life{whole: &r.p.life, ended: func() {}}
	r.acting = &actor{r.w, r.life, r.w.stream(ofDeliverer, stream)}
	behind := time.Duration(r.nth) * 137 // no two look at the same instant
	r.deliverer = deliver.New(deliver.Options{
		Name: "sim", Tracker: &wire{r.w.tracker, r.acting}, Store: r.p.store, Mapping: r.w.mapping, Pace: deliver.Pace{Burst: 1},
		Timing: deliver.Timing{Quiet: simQuiet, Idle: simIdle}, Logger: quiet(),
		Now: func() time.Time { return time.Now().Add(-behind) }, Skew: func() time.Duration { return r.w.tracker.skew },
		Rand: r.w.stream(ofJitter, stream).Float64,
	})
}

// run runs the deliverer, and another in its place where it dies and the process does not.
func (r *replica) run() {
	for {
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.w.must(r.deliverer.Run(in(r.p.ctx, r.acting.at, r.w.without...), r.p.wakes[r.nth]))
		}()
		<-done
		if r.p.ctx.Err() != nil {
			return
		}
		sleep(time.Duration(1 + r.acting.rng.Int64N(int64(2*time.Minute))))
		if r.p.ctx.Err() != nil {
			return
		}
		r.begin()
	}
}
