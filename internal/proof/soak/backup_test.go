package soak_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ticketd/internal/proof/report"
	"ticketd/store"
)

func TestABackupHoldsUpNoWebhook(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run leaves out figures: the store's own tests look for races of a backup")
	}
	path := filepath.Join(t.TempDir(), "ticketd.db")
	fill(t, path, *rows, 0, time.Now())
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()

	var c store.Copy
	began := time.Now()
	during := accepting(t, s, "during", func() {
		if c, err = store.Backup(t.Context(), store.BackupOptions{Path: path, To: path + ".copy"}); err != nil {
			t.Error(err)
		}
	})
	took := time.Since(began)
	grown := logSize(t, path)
	after := accepting(t, s, "after", func() { <-time.After(took) }) // the same without a backup
	if c.Events < *rows || c.Events > *rows+len(during) {
		t.Errorf("the copy has %d events; the store had %d, and %d more at its end", c.Events, *rows, len(during))
	}
	report.Tell(t, report.Row{
		Part: "Soak",
		What: fmt.Sprintf("%d events of %d bytes in the store, backed up and checked in %s, %d webhooks accepted meanwhile",
			*rows, body, took.Round(time.Second/10), len(during)),
		Outcome: "wait for a commit " + spread(during) + "; in the same time without a backup " + spread(after) +
			fmt.Sprintf("; the log had %d MB at its end and %d MB after that", grown, logSize(t, path)),
	})
}

// logSize gives that of the log of a database, in MB.
func logSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size() >> 20
}

// spread tells of waits in words.
func spread(waits []time.Duration) string {
	return fmt.Sprintf("at most %s (99 %% within %s, half within %s)", longest(waits, 1), longest(waits, 0.99), longest(waits, 0.5))
}
