package deliver

import (
	"log/slog"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

// waiting gives a Deliverer with the default waits and a fixed jitter.
func waiting(jitter float64) *Deliverer {
	return New(Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Rand: func() float64 { return jitter }})
}

func TestTheBackOffDoublesToItsLimitWithJitterOfHalf(t *testing.T) {
	for failures, longest := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second,
		8: 640 * time.Second, 9: 15 * time.Minute, 1000: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		least, most := waiting(0).backoff(failures), waiting(1).backoff(failures)
		if least != longest/2 || most != longest {
			t.Errorf("after %d failures between %v and %v, want between %v and %v", failures, least, most, longest/2, longest)
		}
	}
}

func TestAPauseThatATrackerAsksForIsKeptWithinBounds(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0: ticket.DefaultPause, -time.Hour: ticket.DefaultPause, time.Nanosecond: ticket.MinPause,
		30 * time.Second: 30 * time.Second, 27777 * time.Hour: ticket.MaxPause,
	} {
		e := &ticket.Error{Decision: ticket.Pause, After: asked}
		if least, most := waiting(0).throttle(e), waiting(1).throttle(e); least != want || most != want+want/10 {
			t.Errorf("asked for %v: between %v and %v, want between %v and a tenth more", asked, least, most, want)
		}
	}
}

func TestTheLookingForALostIssueNeverPassesTheEndOfTheQuietPeriod(t *testing.T) {
	d := waiting(0)
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	r := &run{Deliverer: d}
	r.t.SendDeadline, r.t.AttemptEnd = start.Add(d.o.Timing.Call), start.Add(10*time.Second)
	end := start.Add(d.o.Timing.Call + d.o.Timing.Quiet)
	now, looks := r.t.AttemptEnd, 0
	for ; now.Before(end); looks++ {
		wait := r.nextLook(now, r.quietLeft(now, now))
		if wait <= 0 {
			t.Fatalf("a create is allowed %v before the quiet period is over", end.Sub(now))
		}
		now = now.Add(wait)
	}
	if !now.Equal(end) || r.nextLook(now, r.quietLeft(now, now)) != 0 || looks != len(polls())+1 {
		t.Errorf("%d looks, the last %v after the end, which allows a create: %v", looks, now.Sub(end), r.nextLook(now, r.quietLeft(now, now)) == 0)
	}
}
