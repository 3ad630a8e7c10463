package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"ticketd/internal/finding"
)

// hold keeps the writer busy until release is called, so that what is sent meanwhile waits.
func (b *bench) hold() (release func()) {
	b.t.Helper()
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.Apply(context.Background(), func(*Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return sync.OnceFunc(func() {
		close(end)
		must(b.t, <-ended)
	})
}

// waitQueued returns once n operations wait.
func (b *bench) waitQueued(n int) {
	for len(b.writer.queue) < n {
		runtime.Gosched()
	}
}

// waitDrained returns once no operation waits.
func (b *bench) waitDrained() {
	for len(b.writer.queue) > 0 {
		runtime.Gosched()
	}
}

// commits counts the commits in a store's log, and the operations in them.
type commits struct {
	slog.Handler
	mu  sync.Mutex
	ops []int64
}

func (c *commits) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Message == "store committed" {
		r.Attrs(func(a slog.Attr) bool {
			c.ops = append(c.ops, a.Value.Int64())
			return true
		})
	}
	return nil
}

func TestEventsThatWaitShareACommit(t *testing.T) {
	b := newBench(t)
	counted := &commits{Handler: slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelDebug})}
	b.writer.logger = slog.New(counted)
	release := b.hold()
	const n = 300
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := b.Accept(b.ctx(), Incoming{Body: fmt.Append(nil, i), Received: noon}); err != nil {
				t.Error(err)
			}
		})
	}
	b.waitQueued(n)
	release()
	all.Wait()
	if got := fmt.Sprint(counted.ops); got != "[1 256 44]" {
		t.Errorf("operations per commit: %s", got)
	}
}

func TestAFailingOperationDoesNotTouchTheOthersOfItsCommit(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	boom := errors.New("boom")
	results := make([]error, 5)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			results[i] = b.Apply(b.ctx(), func(tx *Tx) error {
				err := tx.SaveFinding(b.ctx(), violation(fmt.Sprint(i), 0))
				switch i {
				case 1:
					return boom
				case 3: // breaks a CHECK constraint, and overlooks it
					_ = tx.SaveFinding(b.ctx(), Finding{})
				}
				return err
			})
		})
		b.waitQueued(i + 1)
	}
	release()
	all.Wait()
	wantError(t, results[1], boom)
	if results[3] == nil {
		t.Error("an overlooked failure was committed")
	}
	for i, err := range results {
		_, reading := b.FindingByKey(b.ctx(), finding.Key{Kind: finding.Violation, UUID: fmt.Sprint(i)})
		if failed := i == 1 || i == 3; failed {
			wantError(t, reading, ErrNotFound)
		} else if err != nil || reading != nil {
			t.Errorf("operation %d: %v, %v", i, err, reading)
		}
	}
}

func TestAnOperationWhoseContextEndedIsNotDone(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	ctx, cancel := context.WithCancel(b.ctx())
	gaveUp := make(chan error)
	go func() {
		_, err := b.Accept(ctx, Incoming{Body: []byte("late"), Received: noon})
		gaveUp <- err
	}()
	b.waitQueued(1)
	cancel()
	wantError(t, <-gaveUp, context.Canceled) // while the writer is still busy
	release()
	if _, err := b.LastEvent(b.ctx()); !errors.Is(err, ErrNotFound) {
		t.Errorf("it was written all the same: %v", err)
	}
}

func TestAContextThatEndsDuringItsOperationLeavesTheOthersAlone(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	ctx, cancel := context.WithCancel(b.ctx())
	outcome := make(chan error, 2)
	go func() {
		outcome <- b.Apply(ctx, func(tx *Tx) error {
			err := tx.SaveFinding(ctx, violation("first", 0))
			cancel()
			return errors.Join(err, tx.SaveFinding(ctx, violation("second", 0)))
		})
	}()
	b.waitQueued(1)
	go func() {
		_, err := b.Accept(b.ctx(), Incoming{Body: []byte("other"), Received: noon})
		outcome <- err
	}()
	b.waitQueued(2)
	release()
	one, two := <-outcome, <-outcome
	if one == nil {
		one, two = two, one
	}
	wantError(t, one, context.Canceled)
	must(t, two)
	if _, err := b.FindingByKey(b.ctx(), violation("first", 0).Key); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a transaction was kept: %v", err)
	}
}

func TestAnOperationWhoseContextEndsInItsBatchIsSkipped(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	ctx, cancel := context.WithCancel(b.ctx())
	first, second := make(chan error), make(chan error)
	go func() {
		first <- b.Apply(b.ctx(), func(*Tx) error {
			cancel()
			return nil
		})
	}()
	b.waitQueued(1)
	go func() {
		_, err := b.Accept(ctx, Incoming{Body: []byte("late"), Received: noon})
		second <- err
	}()
	b.waitQueued(2)
	release()
	must(t, <-first)
	wantError(t, <-second, context.Canceled)
	_, err := b.LastEvent(b.ctx())
	wantError(t, err, ErrNotFound)
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	ctx, cancel := context.WithCancel(b.ctx())
	var all sync.WaitGroup
	for range maxQueue {
		all.Go(func() { _ = b.Ready(ctx) })
	}
	b.waitQueued(maxQueue)
	wantError(t, b.Ready(b.ctx()), ErrBusy)
	cancel()
	all.Wait()
	release()
	b.waitDrained() // what was given up keeps its place until the writer passes it
	must(t, b.Ready(b.ctx()))
}

func TestCloseFinishesWhatIsQueuedAndRefusesTheRest(t *testing.T) {
	b := newBench(t)
	release := b.hold()
	queued, closed := make(chan error), make(chan error)
	go func() {
		_, err := b.Accept(context.Background(), Incoming{Body: []byte("queued"), Received: noon})
		queued <- err
	}()
	b.waitQueued(1)
	go func() { closed <- b.Close() }()
	release()
	must(t, <-queued)
	must(t, <-closed)
	wantError(t, b.Ready(b.ctx()), ErrClosed)
	b.open()
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "queued" {
		t.Errorf("after reopening: %q, %v", e.Body, err)
	}
}

func TestTheWriterSurvivesAFullDatabase(t *testing.T) {
	b := newBench(t)
	b.accept("before")
	b.limitPages(1)
	_, err := b.Accept(b.ctx(), Incoming{Body: []byte(strings.Repeat("x", 1<<20)), Received: noon})
	wantError(t, err, ErrFull)
	b.limitPages(1 << 30)
	b.accept("after")
	if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "after" {
		t.Errorf("newest event: %q, %v", e.Body, err)
	}
}

// limitPages makes SQLite answer as on a full disk once the database would grow beyond its present
// size or n pages, whichever is more.
func (b *bench) limitPages(n int) {
	b.t.Helper()
	b.exec(fmt.Sprintf("PRAGMA max_page_count = %d", n))
}

func TestManyGoroutinesLoseNothing(t *testing.T) {
	b := newBench(t)
	const workers, each = 16, 20
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				body := fmt.Append(nil, "event ", (w*each+i)/2) // each body comes twice
				if _, err := b.Accept(b.ctx(), Incoming{Body: body, Received: noon}); err != nil {
					t.Error(err)
				}
				if _, err := b.Counts(b.ctx()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	c, err := b.Counts(b.ctx())
	must(t, err)
	if c.Events[EventNew] != workers*each/2 {
		t.Errorf("%d events, want %d", c.Events[EventNew], workers*each/2)
	}
}

func TestTheStoreWorksInABubble(t *testing.T) {
	path := t.TempDir() + "/ticketd.db"
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{Path: path})
		must(t, err)
		defer func() { must(t, s.Close()) }()
		a, err := s.Accept(t.Context(), Incoming{Body: []byte("x")})
		must(t, err)
		if a.Seen != 1 {
			t.Errorf("seen %d times", a.Seen)
		}
		synctest.Wait()
	})
}
