//go:build proof

package proof

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Enabled tells whether this is a build for proofs.
const Enabled = true

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

// Hasten gives what a real process waits instead of d.
func Hasten(d time.Duration) time.Duration { return d / max(process().haste, 1) }

// Shorten gives the time after which a real process forgets what it would forget after d.
func Shorten(d time.Duration) time.Duration { return d / max(process().lapse, 1) }

// order is what the environment of a real process says.
type order struct {
	point   Point
	pass    int64        // that is fatal
	left    atomic.Int64 // until it is
	panics  bool         // in place of dying
	without []Mechanism
	haste   time.Duration // how many times shorter waits are
	lapse   time.Duration // how many times sooner things are forgotten
}

var process = sync.OnceValue(func() *order { //nolint:gochecknoglobals // read once, never changed
	o := new(order)
	where := os.Getenv(CrashAt)
	if where == "" {
		where, o.panics = os.Getenv(PanicAt), true
	}
	point, nth, _ := strings.Cut(where, ":")
	o.point = Point(point)
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil {
		o.pass = n
		o.left.Store(n)
	}
	if n, err := strconv.ParseInt(os.Getenv(Hurry), 10, 64); err == nil {
		o.haste = time.Duration(n)
	}
	if n, err := strconv.ParseInt(os.Getenv(Lapse), 10, 64); err == nil {
		o.lapse = time.Duration(n)
	}
	for name := range strings.SplitSeq(os.Getenv(DoWithout), ",") {
		o.without = append(o.without, Mechanism(name))
	}
	return o
})

func (o *order) at(p Point) {
	if p != o.point || o.left.Add(-1) != 0 {
		return
	}
	if o.panics {
		panic("a proof wants it at " + string(p))
	}
	fmt.Fprintf(os.Stderr, `{"msg":"dying for a proof","point":%q,"pass":%d}`+"\n", p, o.pass)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // there is nobody left to tell
	}
	select {}
}
