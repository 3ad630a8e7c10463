package wake_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/wake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestASleepEndsWithItsWaitASignalOrItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wake.New()
		slept := func(ctx context.Context) time.Duration {
			begin := time.Now()
			s.Sleep(ctx, time.Hour)
			return time.Since(begin)
		}
		if got := slept(t.Context()); got != time.Hour {
			t.Errorf("unwoken it slept %v", got)
		}
		s.Set()
		s.Set() // twice wakes once
		if got := slept(t.Context()); got != 0 {
			t.Errorf("woken before, it slept %v", got)
		}
		time.AfterFunc(time.Minute, s.Set)
		if got := slept(t.Context()); got != time.Minute {
			t.Errorf("woken after a minute, it slept %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := slept(ctx); got != time.Second {
			t.Errorf("with a second to live, it slept %v", got)
		}
	})
}
