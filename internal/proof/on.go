//go:build proof

package proof

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Enabled tells whether this is a build for proofs.
const Enabled = true

// The environment of a real process.
const (
	// CrashAt is "POINT:N": the process kills itself, as kill -9 does, when it comes to the point for
	// the Nth time.
	CrashAt = "TICKETD_PROOF_CRASH_AT"
	// DoWithout is a list of mechanisms, separated by commas.
	DoWithout = "TICKETD_PROOF_WITHOUT"
)

type key struct{}

type simulation struct {
	at      func(Point)
	without []Mechanism
}

// In gives the context of a simulation: at is called at every point that is reached with it, by
// whatever goroutine (one that dies calls runtime.Goexit); nil: nothing happens there.
func In(ctx context.Context, at func(Point), without ...Mechanism) context.Context {
	return context.WithValue(ctx, key{}, simulation{at, without})
}

// At may be the end of the process, or of the goroutine.
func At(ctx context.Context, p Point) {
	if s, ok := ctx.Value(key{}).(simulation); ok {
		if s.at != nil {
			s.at(p)
		}
		return
	}
	process().at(p)
}

// Without tells whether the build does without a mechanism.
func Without(ctx context.Context, m Mechanism) bool {
	if s, ok := ctx.Value(key{}).(simulation); ok {
		return slices.Contains(s.without, m)
	}
	return slices.Contains(process().without, m)
}

// real is what the environment says.
type real struct {
	point   Point
	left    atomic.Int64 // until it is fatal
	without []Mechanism
}

var process = sync.OnceValue(func() *real {
	r := new(real)
	point, nth, _ := strings.Cut(os.Getenv(CrashAt), ":")
	r.point = Point(point)
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil {
		r.left.Store(n)
	}
	for name := range strings.SplitSeq(os.Getenv(DoWithout), ",") {
		r.without = append(r.without, Mechanism(name))
	}
	return r
})

func (r *real) at(p Point) {
	if p != r.point || r.left.Add(-1) != 0 {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // there is nobody left to tell
	}
	select {}
}
