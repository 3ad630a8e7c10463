package disk_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
	"ticketd/store"
)

// recording is what a process did to its database, and what it accepted.
type recording struct {
	calls  []call
	bodies map[int64]string // of the events, by number
}

// record has a process make a database, fill it until its log begins anew, stop, start again and go on.
func record(t *testing.T, env ...string) recording {
	t.Helper()
	needsStrace(t)
	dir := t.TempDir()
	trace := filepath.Join(t.TempDir(), "trace")
	s := program.New(t, program.Options{Dir: dir, Wrapper: strace(trace), Env: append(quiet(), env...)})
	a := newTally()
	for part, n := range []int{60, 10} {
		s.Start()
		a.storm(t, s, fmt.Sprint("part-", part), n)
		program.Eventually(t, "every finding has its issue", func() bool { return len(s.Jira.Issues()) == len(a.accepted) })
		must(t, s.Stop())
	}
	r := recording{readTrace(t, trace, s.Database(), filepath.Join(dir, "log")), make(map[int64]string)}
	db, err := store.Open(t.Context(), store.Options{Path: s.Database()})
	must(t, err)
	for _, e := range events(t, db) {
		r.bodies[e.Seq] = string(e.Body)
	}
	must(t, db.Close())
	begun := 0
	for _, c := range r.calls {
		if c.kind == accepted {
			delete(a.accepted, r.bodies[c.number])
		}
		if c.kind == write && c.suffix == "-wal" && c.number == 0 {
			begun++
		}
	}
	if len(a.accepted) > 0 || begun < 3 {
		t.Fatalf("the trace is not whole: %d accepted events are not in it, the log was begun %d times", len(a.accepted), begun)
	}
	return r
}

// verdict counts what states of the disk led to.
type verdict struct {
	states, lost, refused, falseAlarm int
	examples                          []string
}

// play lets the power fail at n moments of a recording.
func (r recording) play(t *testing.T, n int) (v verdict) {
	t.Helper()
	rng := random(0)
	moments := make([]int, n)
	for i := range moments {
		moments[i] = rng.IntN(len(r.calls) + 1)
	}
	slices.Sort(moments)
	d, done, dir := newDisk(), 0, swift(t)
	var known []int64
	for i, moment := range moments {
		for ; done < moment; done++ {
			if c := r.calls[done]; c.kind == accepted {
				known = append(known, c.number)
			}
			d.do(r.calls[done])
		}
		state := random(i + 1)
		l := loss(state.IntN(int(losses)))
		if problem := r.start(t, d.fail(l, state).save(t, dir), known, &v); problem != "" && len(v.examples) < 5 {
			v.examples = append(v.examples, fmt.Sprintf("state %d, call %d of %d, loss %d: %s", i, moment, len(r.calls), l, problem))
		}
	}
	return v
}

// start opens the database of a state, as a start does, and looks for the events that were accepted.
func (r recording) start(t *testing.T, path string, known []int64, v *verdict) string {
	t.Helper()
	v.states++
	var log bytes.Buffer
	s, err := store.Open(t.Context(), store.Options{Path: path, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		v.refused++
		return err.Error()
	}
	defer func() { must(t, s.Close()) }()
	held := make(map[int64]string)
	for _, e := range events(t, s) {
		held[e.Seq] = string(e.Body)
	}
	missing := 0
	for _, seq := range known {
		if held[seq] != r.bodies[seq] {
			missing++
		}
	}
	switch {
	case missing > 0:
		v.lost++
		return fmt.Sprintf("%d of %d accepted events are not there; restored %v; %s", missing, len(known), s.Restored(), &log)
	case s.Restored() || log.Len() > 0:
		v.falseAlarm++
		return fmt.Sprintf("nothing is missing, and it says: restored %v; %s", s.Restored(), &log)
	}
	return ""
}

func TestAPowerFailureLosesNothingThatWasAccepted(t *testing.T) {
	t.Parallel()
	r := record(t)
	v := r.play(t, *states)
	if v.lost+v.refused+v.falseAlarm > 0 {
		t.Errorf("%s: %+v", again(t), v)
	}
	report.Tell(t, report.Row{
		Part: "Disk", What: fmt.Sprintf("power failure: %d states of the disk out of %d recorded system calls, %d events", v.states, len(r.calls), len(r.bodies)),
		Outcome: fmt.Sprintf("%d lost, %d not opened, %d false alarms", v.lost, v.refused, v.falseAlarm),
	})
}

func TestThePowerFailuresFindACommitThatIsNotOnTheDisk(t *testing.T) {
	t.Parallel()
	r := record(t, program.Without(proof.FullSync))
	v := r.play(t, *states)
	if v.lost == 0 {
		t.Errorf("%s: without a full sync nothing was lost in %d states", again(t), v.states)
	}
	report.Tell(t, report.Row{
		Part: "Disk", What: fmt.Sprintf("the same without waiting for the disk (control): %d states", v.states),
		Outcome: fmt.Sprintf("found: %d lose accepted events", v.lost),
	})
}
