package disk_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

func TestASecondDaemonIsRefusedAndAThirdStartsAfterTheFirstWasKilled(t *testing.T) {
	t.Parallel()
	first := program.New(t, program.Options{})
	first.Start()
	a := newTally()
	a.storm(t, first, "first", 8)

	second := program.New(t, program.Options{Env: []string{"TICKETD_STORE_PATH=" + first.Database()}})
	second.Launch()
	if second.Up() {
		t.Fatal("a second daemon came up")
	}
	if log := string(second.Log()); second.Wait() == nil ||
		!strings.Contains(log, fmt.Sprintf("another ticketd has this database open: process %d", first.Pid())) {
		t.Errorf("the second says %s", log)
	}
	a.storm(t, first, "undisturbed", 8)
	first.Kill()

	third := program.New(t, program.Options{Env: []string{"TICKETD_STORE_PATH=" + first.Database()}})
	third.Start()
	a.storm(t, third, "third", 8)
	must(t, third.Stop())
	if lost := a.lost(t, first.Database()); len(lost) > 0 || len(a.accepted) != 24 {
		t.Errorf("%d accepted, lost: %v", len(a.accepted), lost)
	}
	report.Tell(t, report.Row{
		Part: "Disk", What: "two daemons on one database; the first killed, a third started",
		Outcome: fmt.Sprintf("the second refused and named the first, %d events accepted, 0 lost", len(a.accepted)),
	})
}

func TestALockOfAnotherProgramRefusesEventsAndEndsNothing(t *testing.T) {
	t.Parallel()
	s := program.New(t, program.Options{})
	s.Start()
	a := newTally()
	a.storm(t, s, "before", 4)
	db, err := sql.Open("sqlite", s.Database()+"?_txlock=immediate&_busy_timeout=5000")
	must(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	if status := a.post(t, s, program.Opened("during", 1)); status != http.StatusServiceUnavailable {
		t.Errorf("while another program wrote: %d", status)
	}
	must(t, tx.Rollback())
	must(t, db.Close())
	a.storm(t, s, "after", 4)
	if s.Ended() || len(a.accepted) != 8 {
		t.Errorf("ended %v, %d accepted", s.Ended(), len(a.accepted))
	}
	must(t, s.Stop())
	if lost := a.lost(t, s.Database()); len(lost) > 0 {
		t.Errorf("lost: %v", lost)
	}
}
