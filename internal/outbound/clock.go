package outbound

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Clock follows the tracker's own clock by the Date header of its answers. The quiet period after a
// doubtful create is measured on it, so that a jump of the local clock cannot cut it short. The
// zero Clock agrees with the local one.
type Clock struct{ skew atomic.Int64 }

// Skew gives how far the tracker's clock is ahead of the local one, as of the last answer; to the
// second, which is what the header tells.
func (c *Clock) Skew() time.Duration { return time.Duration(c.skew.Load()) }

// see takes note of an answer's Date. Less than two seconds are no skew: the header is cut to whole
// seconds and the answer was under way.
func (c *Clock) see(h http.Header, now time.Time) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	skew := at.Sub(now)
	if skew.Abs() < 2*time.Second {
		skew = 0
	}
	c.skew.Store(int64(skew))
}
