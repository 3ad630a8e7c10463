package deliver_test

import (
	"time"

	"ticketd/internal/deliver"
)

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
		Now: func() time.Time { return r.w.now().Add(-behind) }, Skew: func() time.Duration { return r.w.tracker.skew },
		Rand: r.w.stream(ofJitter, stream).Float64,
	})
}

// run runs the deliverer, and another in its place where it dies and the process does not.
func (r *replica) run() {
	for {
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.w.guard(func() { r.w.must(r.deliverer.Run(in(r.p.ctx, r.acting.at, r.w.without...), r.p.wakes[r.nth])) })
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
