package disk_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// fault is a system call on the files of the database that fails.
type fault struct {
	what, calls, result string
	within              int // the first calls of a thread among which one is chosen
	more                int // calls after it that fail too
}

// inject gives the command under which the nth call of each thread fails.
func (f fault) inject(to, database string, n int) []string {
	line := []string{"strace", "-f", "-qq", "-e", "signal=none", "-o", to}
	for _, suffix := range suffixes() {
		line = append(line, "-P", database+suffix)
	}
	return append(line, "-e", "trace="+f.calls,
		"-e", fmt.Sprintf("inject=%s:error=%s:when=%d..%d", f.calls, f.result, n, n+f.more))
}

// outcome counts what came of runs with a fault.
type outcome struct{ runs, injected, accepted, refused, ended, unstarted int }

func (o *outcome) add(p outcome) {
	o.runs += p.runs
	o.injected += p.injected
	o.accepted += p.accepted
	o.refused += p.refused
	o.ended += p.ended
	o.unstarted += p.unstarted
}

// used gives the files of a database that a process has made and left. One that makes its database writes
// so much that most calls fail before it accepts anything.
func used(t *testing.T) files {
	t.Helper()
	s := program.New(t, program.Options{})
	s.Start()
	must(t, s.Stop())
	return load(t, s.Database())
}

// play runs a process on a database, with a call that fails: the nth. It sends events to it, and looks for
// those that it accepted.
func (f fault) play(t *testing.T, database files, n int) (o outcome) {
	t.Helper()
	dir, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	database.save(t, dir)
	s := program.New(t, program.Options{
		Dir: dir, Env: quiet(), Wrapper: f.inject(trace, filepath.Join(dir, "ticketd.db"), n),
	})
	s.Launch()
	up := s.Up()
	a := newTally()
	if up {
		a.storm(t, s, fmt.Sprint(f.what, "-", n), 40)
	}
	problem := func(what string) { t.Errorf("%s: %s, call %d: %s", again(t), f.what, n, what) }
	log := s.Log()
	if a.refused > 0 && !bytes.Contains(log, []byte(`"msg":"event not stored"`)) {
		problem("refused without a word in the log")
	}
	if up && a.silent > 0 || s.Ended() {
		o.ended = 1
		if s.Wait() == nil {
			problem("it ended as if nothing were wrong")
		}
		if log = s.Log(); !bytes.Contains(log, []byte("ticketd: hint: ")) {
			problem("it ended without telling what to do")
		}
	}
	if !up {
		o.ended, o.unstarted = 0, 1
	}
	s.Kill()
	said, err := os.ReadFile(trace)
	must(t, err)
	o.runs, o.injected = 1, bytes.Count(said, []byte("(INJECTED)"))
	o.accepted, o.refused = len(a.accepted), a.refused
	if len(a.strange) > 0 {
		problem(fmt.Sprint("answers ", a.strange))
	}
	if lost := a.lost(t, s.Database()); len(lost) > 0 {
		problem(fmt.Sprintf("accepted and not in the store: %v", lost))
	}
	return o
}

func TestADiskThatFailsLosesNothingThatWasAccepted(t *testing.T) {
	t.Parallel()
	needsStrace(t)
	made := used(t)
	for _, f := range []fault{
		{what: "fsync answers EIO", calls: "fsync,fdatasync", result: "EIO", within: 25},
		{what: "fsync answers ENOSPC", calls: "fsync,fdatasync", result: "ENOSPC", within: 25},
		{what: "a write answers EIO", calls: "pwrite64", result: "EIO", within: 100},
		{what: "21 writes answer ENOSPC", calls: "pwrite64", result: "ENOSPC", within: 100, more: 20},
	} {
		t.Run(f.what, func(t *testing.T) {
			var o outcome
			for i, n := range random(0).Perm(f.within)[:min(f.within, *faults)] {
				database := made
				if i%4 == 3 {
					database = nil // it makes a new one
				}
				o.add(f.play(t, database, 1+n))
			}
			if o.injected == 0 || o.accepted == 0 {
				t.Errorf("%s: in %d runs %d calls failed and %d events were accepted: that shows nothing", again(t), o.runs, o.injected, o.accepted)
			}
			report.Tell(t, report.Row{
				Part: "Disk", What: fmt.Sprintf("%s: %d runs, %d calls failed, %d events accepted", f.what, o.runs, o.injected, o.accepted),
				Outcome: fmt.Sprintf("0 lost, %d refused with 5xx, %d ended to be started again, %d did not start", o.refused, o.ended, o.unstarted),
			})
		})
	}
}
