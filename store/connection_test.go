package store

import (
	"context"
	"sync"
	"testing"
)

func TestAReadWaitsWhileAllReadersAreLentAndGivesUpWithItsContext(t *testing.T) {
	b := newBench(t)
	lent := make([]*connection, maxReaders)
	for i := range lent {
		c, err := b.readers.lend(b.ctx())
		must(t, err)
		lent[i] = c
	}
	ended, cancel := context.WithCancel(b.ctx())
	cancel()
	_, err := b.Scopes(ended, "jira")
	wantError(t, err, context.Canceled)
	read := make(chan error)
	go func() {
		_, err := b.Scopes(b.ctx(), "jira")
		read <- err
	}()
	for _, c := range lent {
		b.readers.takeBack(c, true) // a broken one makes room for another
	}
	must(t, <-read)
}

func TestAClosedStoreIsNotRead(t *testing.T) {
	b := newBench(t)
	_, err := b.Scopes(b.ctx(), "jira")
	must(t, err)
	must(t, b.Close())
	_, err = b.Scopes(b.ctx(), "jira")
	wantError(t, err, ErrClosed)
	_, err = b.Counts(b.ctx())
	wantError(t, err, ErrClosed)
}

func TestAReadSeesWhatWasCommittedBeforeIt(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	for range 2 * maxReaders {
		all.Go(func() {
			for range 20 {
				_, err := b.Accept(b.ctx(), Incoming{Body: []byte("same"), Received: noon})
				if err != nil {
					t.Error(err)
				}
				if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != "same" {
					t.Errorf("read %q: %v", e.Body, err)
				}
			}
		})
	}
	all.Wait()
	if e, err := b.LastEvent(b.ctx()); err != nil || e.Seen != 2*maxReaders*20 {
		t.Errorf("seen %d times, want %d: %v", e.Seen, 2*maxReaders*20, err)
	}
}

// The end of a context can hide that a transaction was begun. What is read on such a connection would
// stay as it was at that moment.
func TestABrokenReaderIsNotReadFromAgain(t *testing.T) {
	b := newBench(t)
	c, err := b.readers.lend(b.ctx())
	must(t, err)
	for _, text := range []string{beginReading, `SELECT count(*) FROM events`} {
		_, err := c.ExecContext(b.ctx(), text)
		must(t, err)
	}
	b.readers.takeBack(c, true)
	for _, body := range []string{"1", "2"} {
		b.accept(body)
		if e, err := b.LastEvent(b.ctx()); err != nil || string(e.Body) != body {
			t.Errorf("read %q, want %q: %v", e.Body, body, err)
		}
	}
	_, err = b.Counts(b.ctx())
	must(t, err)
}
