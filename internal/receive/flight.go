package receive

import (
	"sync"
	"time"
)

// LongestRequest is within which time a request that is handled is answered or given up, whatever its
// sender does: see the time-outs of [Server].
const LongestRequest = time.Minute

// flights knows the requests that are being handled.
type flights struct {
	mu    sync.Mutex
	begun map[*time.Time]struct{}
}

// begin notes a request and gives what notes its end.
func (f *flights) begin(at time.Time) (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun[&at] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.begun, &at)
	}
}

// InFlight gives how many requests are being handled, and when the oldest of them began; zero: there is
// none. It may be asked by any goroutine.
func (h *Handler) InFlight() (n int, oldest time.Time) {
	h.flights.mu.Lock()
	defer h.flights.mu.Unlock()
	for at := range h.flights.begun {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = *at
		}
	}
	return len(h.flights.begun), oldest
}
