//go:build proof

package deliver_test

import (
	"os"
	"time"

	"ticketd/internal/proof"
	"ticketd/mapping"
)

// What makes a mechanism matter is rare in the usual schedules. A bias makes it happen more often.

func often(all ...func(*schedule)) func(*schedule) {
	return func(s *schedule) {
		for _, bias := range all {
			bias(s)
		}
	}
}

// standing has goroutines stand still at every third point.
func standing(s *schedule) { s.odds.pause = 0.3 }

// dying has processes die at a point, with these odds.
func dying(at proof.Point, odds float64) func(*schedule) {
	return func(s *schedule) { s.favourite, s.odds.favourite, s.odds.deaths = at, odds, 30 }
}

// crowded has three deliverers stand in each other's way, and all else well.
func crowded(s *schedule) {
	s.deliverers = 3
	s.odds.pause, s.odds.call, s.odds.die, s.odds.favourite = 0.25, 0.1, 0, 0
}

// late has issues come into being long after the quiet period, while nothing else happens.
func late(s *schedule) {
	s.odds.late, s.odds.call = time.Hour, 0.5
	s.run = func(p *play) {
		p.open()
		p.pass(3 * time.Hour)
	}
}

// unbounded has a rule that makes as many tickets as there are: no digest.
func unbounded(s *schedule) {
	s.rule = with(s.rule, func(r *mapping.Rule) { r.MaxNewPerHour = nil })
}

// slow has every third call take up to 40 seconds, or be given up, and few that fail otherwise.
func slow(s *schedule) { s.odds.slow, s.odds.call = 0.3, 0.02 }

// reopening has findings close and open again while they are brought to the issues, which nobody else
// touches: what is closed then was closed by ticketd, which by this rule leaves alone what a person closed.
func reopening(s *schedule) {
	s.rule = with(s.rule, func(r *mapping.Rule) { r.OnRegression, r.On = "nothing", nil })
	s.run = func(p *play) {
		p.open()
		for range 20 {
			n := p.rng.IntN(early)
			p.pass(p.upTo(10 * time.Minute))
			p.tell(n, "FIXED")
			p.pass(p.upTo(30 * time.Second))
			p.tell(n, "CREATED")
		}
	}
}

// overtaking has many events, of which some come late.
func overtaking(s *schedule) {
	s.run = func(p *play) {
		p.open()
		for range 20 {
			p.pass(p.upTo(3 * time.Minute))
			p.tellOne("CREATED", "FIXED", "RISK_ACCEPTED")
		}
	}
}

// restarting has ticketd stop and start while events come.
func restarting(s *schedule) {
	s.run = func(p *play) {
		p.open()
		for range 8 {
			p.pass(p.upTo(5 * time.Minute))
			p.tellOne("CREATED", "FIXED")
			p.restart(nil)
		}
	}
}

// restoring has the store put back from backups.
func restoring(s *schedule) {
	s.run = func(p *play) {
		p.moves = false
		p.open()
		for range 8 {
			p.pass(p.upTo(15 * time.Minute))
			p.operate()
			p.tellOne("CREATED", "FIXED", "RISK_ACCEPTED")
		}
	}
}

// losing has the store lost with all that was beside it.
func losing(s *schedule) {
	s.run = func(p *play) {
		p.moves = false
		p.open()
		for range 3 {
			p.pass(p.upTo(30 * time.Minute))
			p.restart(p.lose)
		}
	}
}

// lose leaves an empty store, as a new installation has. The sender has all events still.
func (p *play) lose() {
	empty, err := emptyStore()
	p.must(err)
	p.backup = empty
	p.restore()
	p.must(os.Remove(p.path() + ".hwm"))
}

// open tells of the first findings.
func (p *play) open() {
	for n := range early {
		p.tell(n, "CREATED")
	}
}

// tellOne tells one of some things of one of the first findings.
func (p *play) tellOne(verbs ...string) { p.tell(p.rng.IntN(early), verbs[p.rng.IntN(len(verbs))]) }

func (p *play) upTo(limit time.Duration) time.Duration {
	return time.Duration(p.rng.Int64N(int64(limit)))
}

func with(first, then func(*mapping.Rule)) func(*mapping.Rule) {
	return func(r *mapping.Rule) {
		first(r)
		then(r)
	}
}
