package daemon_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ticketd/store"
)

// page is the size of a page of the database. The first one says what it is.
const page = 8192

func TestADaemonEndsWhenItMeetsDamageAndDoesNotStartOnIt(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		w.restart() // all of it is in the file, and little of that in memory
		whole, err := os.ReadFile(w.path())
		w.must(err)
		w.must(overwrite(w.path(), bytes.Repeat([]byte{0xff}, len(whole)-page), page))
		if status := w.send(violation("OPENED", "v-2", 1611058000)); status != http.StatusServiceUnavailable {
			w.t.Errorf("answered %d", status)
		}
		if err := <-w.ended; !errors.Is(err, store.ErrDamaged) {
			w.t.Errorf("the daemon ended with: %v", err)
		}
		w.ended = nil
		_, err = store.Open(w.t.Context(), store.Options{Path: w.path()})
		if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), w.path()) {
			w.t.Errorf("opened again: %v", err)
		}
	})
}

// The process that met the damage is gone before anybody asks it.
func TestTheNextStartTellsMonitoringThatTheStoreBroke(t *testing.T) {
	inWatchedWorld(t, settings{}, func(w *watched) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		w.restart()
		w.expectMetrics(map[string]string{"ticketd_store_broken": "0", "ticketd_store_writable": "1"})
		whole, err := os.ReadFile(w.path())
		w.must(err)
		w.must(overwrite(w.path(), bytes.Repeat([]byte{0xff}, len(whole)-page), page))
		w.send(violation("OPENED", "v-2", 1611058000))
		if err := <-w.ended; !errors.Is(err, store.ErrDamaged) {
			w.t.Errorf("the daemon ended with: %v", err)
		}
		w.ended = nil
		w.must(overwrite(w.path(), whole, 0))
		w.start()
		w.expectMetrics(map[string]string{"ticketd_store_broken": "1", "ticketd_store_writable": "1"})
		w.pass(time.Hour)
		w.expectMetrics(map[string]string{"ticketd_store_broken": "0"})
	})
}

func overwrite(path string, content []byte, at int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, at)
	return errors.Join(err, f.Close())
}
