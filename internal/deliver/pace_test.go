package deliver

import (
	"testing"
	"time"
)

// write lets writes go out as fast as the pacer allows and gives the moments, counted from start.
func write(p *pacer, start time.Time, n int, content bool) []time.Duration {
	var at []time.Duration
	now := start
	for range n {
		if next := p.next(now); next.After(now) {
			now = next
		}
		at = append(at, now.Sub(start))
		p.wrote(now, content)
	}
	return at
}

func TestThePaceStaysBelowWhatATrackerAllows(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		pace         Pace
		minute, hour int // most writes that may go out in any such time
		content      bool
	}{
		"github.com, new issues": {pace: GitHubPace(), minute: 80, hour: 500, content: true},
		"github.com, edits":      {pace: GitHubPace(), minute: 61, hour: 3601},
		"GitHub Enterprise":      {pace: EnterprisePace(), minute: 61, hour: 3601, content: true},
		"Jira":                   {pace: JiraPace(), minute: 306, hour: 18010, content: true},
	} {
		t.Run(name, func(t *testing.T) {
			at := write(newPacer(c.pace, 1, start), start, 2*c.hour, c.content)
			for i := range at {
				for limit, n := range map[time.Duration]int{time.Minute: c.minute, time.Hour: c.hour} {
					if i+n < len(at) && at[i+n]-at[i] < limit {
						t.Fatalf("%d writes within %v from %v on, want at most %d", n+1, at[i+n]-at[i], at[i], n)
					}
				}
			}
		})
	}
}

func TestABurstGoesOutAtOnceAndThenOnePerInterval(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := newPacer(Pace{Gap: time.Second, Interval: 10 * time.Second, Burst: 3}, 1, start)
	at := write(p, start, 6, true)
	want := []time.Duration{0, time.Second, 2 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}
	for i := range want {
		if (at[i] - want[i]).Abs() > time.Millisecond {
			t.Fatalf("writes at %v, want %v", at, want)
		}
	}
}

func TestEditsDoNotUseUpTheBurst(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := newPacer(Pace{Gap: time.Second, Interval: time.Hour, Burst: 1}, 1, start)
	if at := write(p, start, 10, false); at[9] != 9*time.Second {
		t.Errorf("the tenth edit went out after %v, want 9 s", at[9])
	}
}

func TestSecondaryLimitsSlowThePaceDownAndSuccessRecoversIt(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := newPacer(Pace{Gap: time.Second}, 0, start)
	p.wrote(start, false)
	if wait := p.next(start).Sub(start); wait != time.Second {
		t.Fatalf("the gap is %v, want 1 s", wait)
	}
	for range 10 {
		p.slow()
	}
	if wait := p.next(start).Sub(start); wait != maxSlowed*time.Second {
		t.Errorf("after many limits the gap is %v, want %d s", wait, maxSlowed)
	}
	for range 200 {
		p.went()
	}
	if wait := p.next(start).Sub(start); wait != time.Second {
		t.Errorf("after many successes the gap is %v, want 1 s", wait)
	}
}

func TestAClockThatIsSetBackGivesNoMoreThanABurst(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := newPacer(Pace{Interval: time.Hour, Burst: 2}, 1, start)
	write(p, start, 2, true)
	back := start.Add(-24 * time.Hour)
	if next := p.next(back); next.Before(back.Add(time.Hour)) {
		t.Errorf("a write may go out %v after the clock was set back, want an hour", next.Sub(back))
	}
}
