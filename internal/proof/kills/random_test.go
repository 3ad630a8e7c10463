package kills_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
	"ticketd/store"
)

// round is how many kills one database and its trackers live through, so that a round has a few hundred
// findings.
const round = 25

// A process lives until it has been up for so long, or until the trackers have got so many calls from it,
// which hits it in the middle of what it does on a machine of any speed.
const (
	longest = 300 * time.Millisecond
	most    = 30
	bound   = 3 * time.Second // for a process that has nothing to call for
)

// span draws how long a process lives.
func span(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(longest))) }

// moment waits for a random moment.
func (w *world) moment(r *rand.Rand) {
	if r.IntN(2) == 0 {
		<-time.After(span(r))
		return
	}
	before, _ := w.calls()
	end := before + 1 + r.IntN(most)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(bound)
	for {
		if n, _ := w.calls(); n >= end {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			return
		}
	}
}

// figures are those of all rounds.
type figures struct {
	mu sync.Mutex

	kills, answered, calls, wrong, issues int
}

func (f *figures) add(w *world, kills int, v verdict) {
	calls, wrong := w.calls()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kills, f.answered, f.issues = f.kills+kills, f.answered+v.answered, f.issues+v.issues
	f.calls, f.wrong = f.calls+calls, f.wrong+wrong
}

// It runs alone, and its rounds one after the other: a process that is killed before it gets its turn of
// a busy machine proves nothing.
func TestAtRandomKillsNothingIsLostAndNothingIsDouble(t *testing.T) {
	sum := new(figures)
	ok := t.Run("rounds", func(t *testing.T) {
		for n := 0; n*round < *kills; n++ {
			from := *seed + uint64(n)
			t.Run(fmt.Sprint("seed ", from), func(t *testing.T) {
				many := min(round, *kills-n*round)
				t.Logf("reproduce with: go test ./internal/proof/kills -run AtRandomKills -kills %d -seed %d", many, from)
				r := rand.New(rand.NewPCG(from, 0))
				w := newWorld(t, r)
				w.trouble(0.2)
				for range many {
					w.live(r)
				}
				v := w.end()
				v.expect(t, 0)
				sum.add(w, many, v)
			})
		}
	})
	if ok {
		report.Tell(t, report.Row{
			Part: "Kills",
			What: fmt.Sprintf("%d × kill -9 at random moments under load: %d events answered with 2xx, each looked up; %d tracker calls, %d of which went wrong; %d issues",
				sum.kills, sum.answered, sum.calls, sum.wrong, sum.issues),
			Outcome: "0 lost, 0 double, 0 wrong",
		})
	}
}

// live runs a process under load and kills it at a random moment, now and then while it starts.
func (w *world) live(r *rand.Rand) {
	w.t.Helper()
	if r.IntN(5) == 0 {
		w.Launch()
		<-time.After(span(r) / 2)
		w.Kill()
		return
	}
	w.Start()
	w.killAmidLoad(r)
}

// killAmidLoad kills a process that is up.
func (w *world) killAmidLoad(r *rand.Rand) {
	w.t.Helper()
	wait := w.sender.post(w.t.Context(), w.Webhook())
	w.moment(r)
	w.Kill()
	wait()
}

// end heals the trackers, lets a last process come to rest, and judges.
func (w *world) end() verdict {
	w.t.Helper()
	w.heal()
	w.Start()
	w.rest(func() {
		if w.Ended() {
			w.t.Fatalf("the process ended by itself: %v", w.Wait())
		}
	})
	return w.judge()
}

// TestWithoutTheCommitBeforeTheAnswer is the control: these kills can see a loss.
func TestWithoutTheCommitBeforeTheAnswerKillsFindLosses(t *testing.T) {
	t.Parallel()
	const enough = 30
	r := random(1)
	w := newWorld(t, r, program.Without(proof.AckAfterCommit))
	for n := 1; n <= enough; n++ {
		w.Start()
		w.killAmidLoad(r)
		s := w.open()
		lost := len(w.lost(w.events(s)))
		w.close(s)
		if lost > 0 {
			report.Tell(t, report.Row{
				Part: "Kills", What: fmt.Sprintf("control: the answer before the commit; %d × kill -9, %d events answered with 2xx", n, len(w.sender.answered)),
				Outcome: fmt.Sprintf("%d lost: found", lost),
			})
			return
		}
	}
	t.Errorf("%d kills of a process that answers before the commit lost nothing: they would not see a loss (seed %d)", enough, *seed)
}

func TestStopsUnderLoadLoseNothingAndCutNoCreate(t *testing.T) {
	t.Parallel()
	const stops = 20
	t.Logf("seed %d", *seed)
	r := random(2)
	w := newWorld(t, r)
	for range stops {
		w.Start()
		load, cancel := context.WithCancel(t.Context())
		wait := w.sender.post(load, w.Webhook())
		w.moment(r)
		if err := w.Stop(); err != nil {
			t.Errorf("a stop ended with %v, want exit code 0", err)
		}
		cancel()
		wait()
		if n := w.ambiguous(); n > 0 {
			t.Errorf("after a stop the outcome of %d creates is not known", n)
		}
	}
	v := w.end()
	v.expect(t, 0)
	if !t.Failed() {
		report.Tell(t, report.Row{
			Part: "Kills", What: fmt.Sprintf("%d × SIGTERM under load: %d events answered with 2xx, each looked up; %d issues", stops, v.answered, v.issues),
			Outcome: "exit code 0 each time, 0 lost, 0 creates cut, 0 double",
		})
	}
}

// ambiguous counts the tickets of which nobody knows whether they have an issue.
func (w *world) ambiguous() int {
	w.t.Helper()
	s := w.open()
	defer w.close(s)
	counts := must[store.Counts](w.t)(s.Counts(w.t.Context()))
	return counts.Tickets[store.TicketIntent] + counts.Tickets[store.TicketDoubt]
}
