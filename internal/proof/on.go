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

// Patience gives the time for which one who makes no progress in a real process is waited for instead of d.
func Patience(d time.Duration) time.Duration { return d / max(process().impatience, 1) }

// order is what the environment of a real process says.
type order struct {
	what       string // CrashAt, PanicAt or HangAt; "": nothing
	point      Point
	pass       int64        // at which it happens
	left       atomic.Int64 // until it does
	without    []Mechanism
	haste      time.Duration // how many times shorter waits are
	lapse      time.Duration // how many times sooner things are forgotten
	impatience time.Duration // how many times sooner somebody is late
}

var process = sync.OnceValue(func() *order { //nolint:gochecknoglobals // read once, never changed
	o := new(order)
	for _, what := range []string{CrashAt, PanicAt, HangAt} {
		if point, nth, ordered := strings.Cut(os.Getenv(what), ":"); ordered {
			o.what, o.point, o.pass = what, Point(point), number(nth)
		}
	}
	o.left.Store(o.pass)
	o.haste = time.Duration(number(os.Getenv(Hurry)))
	o.lapse = time.Duration(number(os.Getenv(Lapse)))
	o.impatience = time.Duration(number(os.Getenv(Impatience)))
	for name := range strings.SplitSeq(os.Getenv(DoWithout), ",") {
		o.without = append(o.without, Mechanism(name))
	}
	return o
})

// number gives what a variable says, 0 where it says none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (o *order) at(p Point) {
	if p != o.point || o.left.Add(-1) != 0 {
		return
	}
	switch o.what {
	case PanicAt:
		panic("a proof wants it at " + string(p))
	case CrashAt:
		fmt.Fprintf(os.Stderr, `{"msg":"dying for a proof","point":%q,"pass":%d}`+"\n", p, o.pass)
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill() // there is nobody left to tell
		}
	}
	select {} // as one that hangs does, and one that is about to die
}
