// Package wake holds the signal by which one stage wakes the next.
package wake

import (
	"context"
	"time"
)

// Signal is a one-slot wake-up: setting it twice wakes once.
type Signal chan struct{}

// New makes a Signal that is not set.
func New() Signal { return make(Signal, 1) }

// Set wakes whoever sleeps on the signal, or the next who does. It never blocks.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Sleep returns when the signal is set, the wait is over or the context ends.
func (s Signal) Sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s:
	case <-timer.C:
	}
}
