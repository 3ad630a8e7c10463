package daemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/config"
	"ticketd/store"
)

// settle has a store keep a body whose event is applied.
func settle(t *testing.T, s *store.Store, body string) int64 {
	t.Helper()
	a, err := s.Accept(t.Context(), store.Incoming{Body: []byte(body), Received: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Apply(t.Context(), func(tx *store.Tx) error {
		return tx.SetEvent(t.Context(), store.Event{Seq: a.Seq, State: store.EventApplied}, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.Seq
}

// forgetting runs a test beside the loop that forgets, and gives what that logged.
func forgetting(t *testing.T, retention time.Duration, test func(t *testing.T, s *store.Store)) (logged string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "ticketd.db")})
		if err != nil {
			t.Fatal(err)
		}
		var logs bytes.Buffer
		d := &Daemon{store: s, o: Options{
			Config: &config.Config{Store: config.Store{Retention: config.Retention(retention)}},
			Logger: slog.New(slog.NewTextHandler(&logs, nil)), Now: time.Now,
		}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.forget(ctx)
		}()
		test(t, s)
		stop()
		<-ended // at once: what it waits for is hours away, and nobody is left to let time pass
		logged = logs.String()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return logged
}

func TestWhatIsOlderThanTheRetentionIsDeletedHoursAfterItIs(t *testing.T) {
	const retention = 90 * 24 * time.Hour
	logged := forgetting(t, retention, func(t *testing.T, s *store.Store) {
		old := settle(t, s, "old")
		time.Sleep(retention / 2)
		young := settle(t, s, "young")
		time.Sleep(retention / 2)
		if _, err := s.Event(t.Context(), old); err != nil {
			t.Errorf("it is deleted before its time: %v", err)
		}
		time.Sleep(forgetEvery + time.Minute)
		if _, err := s.Event(t.Context(), old); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it is not deleted: %v", err)
		}
		if _, err := s.Event(t.Context(), young); err != nil {
			t.Errorf("what is younger is deleted: %v", err)
		}
	})
	if strings.Count(logged, "deleted what is older") != 1 || !strings.Contains(logged, "events=1 calls=0 sightings=0") {
		t.Errorf("logged %q", logged)
	}
}

func TestARetentionOfForeverDeletesNothing(t *testing.T) {
	logged := forgetting(t, 0, func(t *testing.T, s *store.Store) {
		kept := settle(t, s, "kept")
		time.Sleep(10 * 365 * 24 * time.Hour)
		if _, err := s.Event(t.Context(), kept); err != nil {
			t.Error(err)
		}
	})
	if logged != "" {
		t.Errorf("logged %q", logged)
	}
}
