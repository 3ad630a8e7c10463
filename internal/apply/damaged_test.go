package apply_test

import (
	"database/sql"
	"errors"
	"testing"

	"ticketd/internal/datatheorem/samples"
	"ticketd/store"
)

func TestADamagedBodyHoldsUpNothingButItself(t *testing.T) {
	b := newBench(t, everything)
	for _, name := range []string{opened, created} {
		if _, err := b.store.Accept(t.Context(), store.Incoming{Body: samples.Body(name), Received: noon}); err != nil {
			t.Fatal(err)
		}
	}
	b.tamper(`UPDATE events SET body = replace(body, 'OPENED', 'OPENEE') WHERE seq = 1`)
	if n, err := b.Step(t.Context()); err != nil || n != 2 {
		t.Fatalf("applied %d: %v", n, err)
	}
	if e := b.event(1); e.State != store.EventUnparsed || e.Reason == "" || !e.Damaged {
		t.Errorf("the damaged one: %+v", e)
	}
	if e := b.event(2); e.State != store.EventApplied {
		t.Errorf("the other one is %s", e.State)
	}
	b.post(sample(opened)) // again
	if e := b.event(1); e.State != store.EventApplied || e.Damaged {
		t.Errorf("when it came again: %+v", e)
	}
}

// tamper changes the database as a disk would.
func (b *bench) tamper(text string) {
	b.t.Helper()
	db, err := sql.Open("sqlite", b.path)
	if err == nil {
		_, err = db.ExecContext(b.t.Context(), text)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		b.t.Fatal(err)
	}
}
