package deliver

import "time"

// Pace bounds how fast a tracker is written to.
type Pace struct {
	Gap      time.Duration // least time between two writes of any sort
	Interval time.Duration // one new issue or comment per Interval once Burst is used up
	Burst    int           // new issues and comments that may come one Gap apart
}

// GitHubPace is for github.com: 450 an hour stays below its 500 content creations an hour, and writes
// are a second apart (facts: github.md section 3).
func GitHubPace() Pace { return Pace{Gap: time.Second, Interval: 8 * time.Second, Burst: 20} }

// EnterprisePace is for a GitHub Enterprise Server, whose limits are off unless its operator sets them.
func EnterprisePace() Pace { return Pace{Gap: time.Second, Burst: 1} }

// JiraPace is five writes a second (facts: jira.md section 5).
func JiraPace() Pace {
	return Pace{Gap: 200 * time.Millisecond, Interval: 200 * time.Millisecond, Burst: 5}
}

// maxSlowed bounds how much a tracker's secondary limits can slow us down.
const maxSlowed = 16

// pacer is a token bucket that knows when the next write may go out. It is used by one goroutine.
type pacer struct {
	pace   Pace
	slowed float64 // ≥ 1: intervals are this much longer after a secondary limit
	tokens float64
	filled time.Time // when tokens was last brought up to date
	last   time.Time // last write
}

func newPacer(p Pace, slowed float64, now time.Time) *pacer {
	return &pacer{pace: p, slowed: max(1, slowed), tokens: float64(p.Burst), filled: now}
}

func (p *pacer) refill(now time.Time) {
	if p.pace.Interval > 0 && now.After(p.filled) {
		p.tokens += float64(now.Sub(p.filled)) / (float64(p.pace.Interval) * p.slowed)
	}
	p.tokens = min(p.tokens, float64(max(p.pace.Burst, 1)))
	p.filled = now
}

// next gives the time from which a write may go out.
func (p *pacer) next(now time.Time) time.Time {
	p.refill(now)
	at := now
	if !p.last.IsZero() {
		at = p.last.Add(time.Duration(float64(p.pace.Gap) * p.slowed))
	}
	if p.pace.Interval > 0 && p.tokens < 1 {
		wait := time.Duration((1 - p.tokens) * float64(p.pace.Interval) * p.slowed)
		if full := now.Add(wait); full.After(at) {
			at = full
		}
	}
	return at
}

// wrote counts a write; content says that it made an issue or a comment.
func (p *pacer) wrote(now time.Time, content bool) {
	p.refill(now)
	p.last = now
	if content && p.pace.Interval > 0 {
		p.tokens--
	}
}

// slow halves the rate; went recovers it slowly.
func (p *pacer) slow() { p.slowed = min(maxSlowed, p.slowed*2) }
func (p *pacer) went() { p.slowed = max(1, p.slowed*0.98) }
