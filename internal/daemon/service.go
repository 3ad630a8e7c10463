package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ticketd/internal/proof"
	"ticketd/internal/pulse"
	"ticketd/internal/receive"
	"ticketd/internal/systemd"
	"ticketd/internal/wake"
)

// How a service manager is kept informed.
const (
	informEvery  = 10 * time.Second // how often it gets a status and a sign of life, if not more often
	answerLimit  = time.Minute      // within which the store does something once it was asked for it
	extension    = time.Minute      // what a start that takes long asks for at a time
	longestStart = time.Hour        // for how long it asks
	dumpLimit    = 32 << 10         // bytes of stacks in a line of the log; the journal takes 48 KiB
)

// service is what is known of the daemon's own progress.
type service struct {
	pulse   *pulse.Monitor
	commits atomic.Int64           // that the store has tried
	line    atomic.Pointer[string] // the newest status, from when the store last answered

	telling  sync.Mutex
	stopping bool // the service manager was told so
}

// notify tells the service manager something, where there is one; nothing after it was told of the stop.
func (d *Daemon) notify(states ...string) {
	if d.o.Notify == nil {
		return
	}
	d.service.telling.Lock()
	defer d.service.telling.Unlock()
	if d.service.stopping {
		return
	}
	d.service.stopping = slices.Contains(states, systemd.Stopping)
	if err := d.o.Notify(states...); err != nil {
		d.o.Logger.Warn("the service manager was not told", "error", err)
	}
}

// patiently does a part of the start that may take long, and asks the service manager for the time.
func (d *Daemon) patiently(ctx context.Context, what string, do func() error) error {
	if d.o.Notify == nil {
		return do()
	}
	limit, done := context.WithTimeout(ctx, longestStart)
	var asking sync.WaitGroup
	asking.Go(func() {
		for limit.Err() == nil {
			d.notify(systemd.Status("starting: "+what), systemd.ExtendTimeout(extension))
			wake.New().Sleep(limit, extension/3)
		}
	})
	defer asking.Wait()
	defer done()
	return do()
}

// inform tells the service manager that the start is over, once the store has answered, and then how
// things are, until the context ends. While something makes no progress there is no sign of life.
func (d *Daemon) inform(ctx context.Context) {
	if d.o.Notify == nil {
		return
	}
	answered := make(chan struct{})
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(func() { d.askStore(ctx, sync.OnceFunc(func() { close(answered) })) })
	select {
	case <-answered:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return
	}
	every := proof.Patience(informEvery)
	if d.o.Watchdog > 0 {
		every = min(every, d.o.Watchdog/3)
	}
	d.notify(systemd.Ready, systemd.Status(*d.service.line.Load()), systemd.Alive)
	w := watch{Daemon: d}
	for wake.New().Sleep(ctx, every); ctx.Err() == nil; wake.New().Sleep(ctx, every) {
		w.look()
	}
}

// askStore asks the store again and again how things are, which it writes for, too. That it has no room,
// or was locked by another process, is an answer: to be started anew would not help. That it does nothing
// at all is none.
func (d *Daemon) askStore(ctx context.Context, answered func()) {
	promise := d.service.pulse.Stage("store").Begin()
	defer promise.End()
	promise.Within(proof.Patience(answerLimit))
	before := d.service.commits.Load()
	for ctx.Err() == nil {
		line := d.Status(ctx).Line()
		// Whoever it was for: a slow one is still busy with others when a status does not wait any longer.
		if now := d.service.commits.Load(); now != before {
			before = now
			promise.Within(proof.Patience(informEvery + answerLimit))
			d.service.line.Store(&line)
			answered()
		}
		wake.New().Sleep(ctx, proof.Patience(informEvery))
	}
}

// late gives what makes no progress.
func (d *Daemon) late() []pulse.Late {
	all := d.service.pulse.Late()
	limit := proof.Patience(receive.LongestRequest)
	if n, oldest := d.door.InFlight(); n > 0 && time.Since(oldest) > limit+proof.Patience(pulse.Grace) {
		all = append(all, pulse.Late{Stage: StageReceive, Since: oldest.Add(limit), Count: n})
	}
	return all
}

// progresses gives an error where something makes no progress.
func (d *Daemon) progresses(context.Context) error {
	late := d.late()
	if len(late) == 0 {
		return nil
	}
	all := make([]string, len(late))
	for i, l := range late {
		all[i] = fmt.Sprintf("%s should have been back at %s", l.Stage, l.Since.UTC().Format(time.RFC3339))
	}
	return errors.New(strings.Join(all, ", "))
}

// watch decides about the signs of life.
type watch struct {
	*Daemon

	suspected bool // somebody was late at the last look
	told      bool // and at the one before
}

// look gives a sign of life, unless somebody is late for the second time: where the whole process had
// been stopped for a while, all are late at the first look and back at the next.
func (w *watch) look() {
	err := w.progresses(context.Background())
	if err != nil && w.suspected {
		w.hangs(err)
		return
	}
	if w.told {
		w.o.Logger.Info("progress is made again")
	}
	w.suspected, w.told = err != nil, false
	w.notify(systemd.Status(*w.service.line.Load()), systemd.Alive)
}

// hangs tells what hangs, and where everything is, before the service manager ends the process over it.
func (w *watch) hangs(err error) {
	w.notify(systemd.Status("hangs: " + err.Error()))
	if w.told {
		return
	}
	w.told = true
	hint := "nothing that was accepted is lost with a restart; report it with this line"
	if w.o.Watchdog > 0 {
		hint = "the service manager restarts it within " + w.o.Watchdog.String() + "; report it with this line"
	}
	w.o.Logger.Error("no progress is made", "error", err, "hint", hint, "stacks", pulse.Stacks(dumpLimit))
}
