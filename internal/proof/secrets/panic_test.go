package secrets

import (
	"bytes"
	"path/filepath"
	"testing"

	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// A panic writes the stacks of all goroutines, among them those that hold credentials.
func TestNoSecretComesOutOfAPanic(t *testing.T) {
	t.Parallel() // it waits for most of its time
	w := newWorld(t)
	points := []struct {
		at   proof.Point
		dies bool // it is nobody's to survive
	}{
		{proof.BodyRead, false},        // in the webhook's handler
		{proof.CreateAnswered, false},  // behind an adapter, with the answer at hand
		{proof.CommentRecorded, false}, // in front of one
		{proof.EventsDecided, true},
		{proof.Committing, true},
	}
	for _, p := range points {
		t.Run(string(p.at), func(t *testing.T) {
			dir := t.TempDir()
			s := program.New(t, program.Options{Dir: dir, Config: w.configuration(filepath.Join(dir, "ticketd.db")), Env: w.env})
			s.Launch("TICKETD_PROOF_PANIC_AT=" + string(p.at) + ":1")
			panicked := func() bool { return bytes.Contains(s.Log(), []byte("a proof wants it at "+string(p.at))) }
			if p.at != proof.Committing { // of which there is one before anything is served
				w.startedAndTold(t, s)
			}
			if p.at == proof.BodyRead { // whose value might quote the body, and is not told
				panicked = func() bool { return bytes.Contains(s.Log(), []byte("webhook handler panicked")) }
			}
			program.Eventually(t, "it panics", panicked)
			if p.dies {
				if err := s.Wait(); err == nil {
					t.Error("it lives on")
				}
			} else if err := s.Stop(); err != nil {
				t.Errorf("ended with %v", err)
			}
			w.left(t, s)
		})
	}
	report.Tell(t, report.Row{Part: "Secrets", What: "panics in the webhook, before and behind an adapter, in the fold and in the store, with the stacks of all goroutines",
		Outcome: "no canary in the stacks, the log or the database"})
}

// startedAndTold waits for the program and gives it work with every credential.
func (w *world) startedAndTold(t *testing.T, s *program.Service) {
	t.Helper()
	program.Eventually(t, "it is up", s.Up)
	for _, name := range w.names() {
		for at, kind := range []string{"TARGET_CREATED", "NOTE_CREATED"} {
			if status, _ := w.post(t, s.WebhookAddr(), "token", event(kind, name, 0, at)); status == 0 {
				return // it has died of it, as it should at some points
			}
		}
	}
}
