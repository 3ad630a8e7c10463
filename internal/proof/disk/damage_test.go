package disk_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
	"ticketd/store"
)

// sample is a database with what was accepted into it, by number.
type sample struct {
	files
	bodies map[int64]string
}

// samples gives the files of a process that was killed, with a log, and of one that stopped.
func samples(t *testing.T, name string, n int) (killed, stopped sample) {
	t.Helper()
	s := program.New(t, program.Options{})
	a := newTally()
	s.Start()
	a.storm(t, s, name, n)
	must(t, s.Stop())
	s.Start()
	a.storm(t, s, name+"-again", n)
	program.Eventually(t, "every finding has its issue", func() bool { return len(s.Jira.Issues()) == len(a.accepted) })
	s.Kill()
	killed = sample{load(t, s.Database()), make(map[int64]string)}
	db, err := store.Open(t.Context(), store.Options{Path: s.Database()})
	must(t, err)
	for _, e := range events(t, db) {
		killed.bodies[e.Seq] = string(e.Body)
	}
	must(t, db.Close())
	if len(killed.bodies) != 2*n || len(killed.files["-wal"]) == 0 {
		t.Fatalf("%d events, a log of %d bytes", len(killed.bodies), len(killed.files["-wal"]))
	}
	return killed, sample{load(t, s.Database()), killed.bodies}
}

// with gives a copy with one file changed; nil: gone.
func (s sample) with(suffix string, content []byte) sample {
	out := maps.Clone(s.files)
	out[suffix] = content
	if content == nil {
		delete(out, suffix)
	}
	return sample{out, s.bodies}
}

// Outcomes of a start with a damaged database.
const (
	unharmed = "all events there"
	shown    = "damaged bodies marked"
	told     = "loss told"
	refused  = "refused"
)

// start opens the database and tells what came of it. An error says that it was none of the outcomes.
func (s sample) start(t *testing.T, dir string) (outcome string, err error) {
	t.Helper()
	var log bytes.Buffer
	path := s.save(t, dir)
	db, err := store.Open(t.Context(), store.Options{
		Path: path, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return refused, errors.Join(inWords(err), renewed(t, path, err))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := db.Events(t.Context(), store.EventFilter{Limit: everything})
	if err != nil {
		return refused, inWords(err) // met while it runs, which ends it
	}
	left, outcome := maps.Clone(s.bodies), unharmed
	for _, e := range all {
		if e.Damaged {
			outcome = shown
		} else if left[e.Seq] != string(e.Body) {
			return "", fmt.Errorf("event %d is not what was accepted", e.Seq)
		}
		delete(left, e.Seq)
	}
	if db.Restored() || strings.Contains(log.String(), "missing") {
		return told, nil
	}
	if len(left) > 0 {
		return "", fmt.Errorf("events %v are missing, and nothing is said", slices.Sorted(maps.Keys(left)))
	}
	return outcome, nil
}

// renewed sees to it that a database which is refused can be made anew, as `ticketd recover` does it, and that
// the new one looks at the trackers before it does anything.
func renewed(t *testing.T, path string, cause error) error {
	t.Helper()
	anew := false
	for range 2 { // a log that is another's, then what is damaged below it
		if _, ok := store.Removable(path, cause); !ok {
			return nil // a newer version's, or another program's
		}
		if lost, ok := errors.AsType[*store.LostError](cause); !ok || !lost.Whole {
			anew = true
		}
		_, err := store.Renew(t.Context(), store.RenewOptions{Path: path, Cause: cause, Now: time.Now})
		if err != nil {
			return err
		}
		db, err := store.Open(t.Context(), store.Options{Path: path, Thorough: true})
		if err != nil {
			cause = err
			continue
		}
		if err := db.Close(); err != nil {
			return err
		}
		if anew && !db.Restored() {
			return errors.New("it was made anew, and does not know it")
		}
		return nil
	}
	return fmt.Errorf("it could not be made anew: %w", cause)
}

// inWords passes the errors that a person is told what to do about.
func inWords(err error) error {
	lost := new(store.LostError)
	if errors.As(err, &lost) {
		return nil
	}
	for _, known := range []error{store.ErrDamaged, store.ErrDisk, store.ErrNewer, store.ErrReadOnly, store.ErrNoDatabase} {
		if errors.Is(err, known) {
			return nil
		}
	}
	return fmt.Errorf("nobody is told what to do: %w", err)
}

// tell reports how often each outcome was.
func tell(t *testing.T, what string, counts map[string]int) {
	t.Helper()
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[outcome], outcome))
	}
	report.Tell(t, report.Row{Part: "Disk", What: what, Outcome: strings.Join(parts, ", ") + ", 0 lost in silence"})
}

func TestADatabaseThatIsDamagedIsRefusedOrToldOfAndNeverSilentlyLessThanWasAccepted(t *testing.T) {
	t.Parallel()
	killed, stopped := samples(t, "ours", 20)
	other, _ := samples(t, "theirs", 20) // the same numbers
	dir := swift(t)

	t.Run("bits", func(t *testing.T) {
		counts := make(map[string]int)
		for n := range *flips {
			rng := random(n)
			from := []sample{killed, stopped}[n%2]
			suffix := pick(rng.IntN(from.size()), from)
			content := bytes.Clone(from.files[suffix])
			at, bit := rng.IntN(len(content)), rng.IntN(8)
			content[at] ^= 1 << bit
			outcome, err := from.with(suffix, content).start(t, dir)
			if err != nil {
				t.Errorf("%s: case %d, bit %d of byte %d of the file %q: %v", again(t), n, bit, at, suffix, err)
			}
			counts[outcome]++
		}
		tell(t, fmt.Sprintf("one bit flipped: %d databases", *flips), counts)
	})

	t.Run("lengths", func(t *testing.T) {
		counts := make(map[string]int)
		cuts := max(10, *flips/10)
		for n := range cuts {
			from := []sample{killed, stopped}[n%2]
			for _, suffix := range slices.Sorted(maps.Keys(from.files)) {
				content := from.files[suffix]
				length := random(n).IntN(len(content))
				if n < 4 {
					length = n / 2 * len(content) / 2 // empty, and half
				}
				outcome, err := from.with(suffix, content[:length]).start(t, dir)
				if err != nil {
					t.Errorf("%s: case %d, the file %q cut off at byte %d of %d: %v", again(t), n, suffix, length, len(content), err)
				}
				counts[outcome]++
			}
		}
		tell(t, fmt.Sprintf("one file cut off: %d databases", sum(counts)), counts)
	})

	for _, c := range []struct {
		what string
		sample
		want string
	}{
		{"the log is missing", killed.with("-wal", nil), told},
		{"the log of another database", killed.with("-wal", other.files["-wal"]), refused},
		{"the log of another database beside one that stopped", stopped.with("-wal", other.files["-wal"]), refused},
		{"the database is missing", stopped.with("", nil), refused},
		{"the database is missing beside its log", killed.with("", nil).with(".hwm", nil), refused},
		{"another database", killed.with("", other.files[""]), refused},
		{"the side file is missing", stopped.with(".hwm", nil), told},
		{"a newer version wrote it", newer(t, stopped), refused},
		{"nothing is wrong", killed, unharmed},
		{"nothing is wrong after a stop", stopped, unharmed},
	} {
		t.Run(c.what, func(t *testing.T) {
			outcome, err := c.start(t, dir)
			if err != nil || outcome != c.want {
				t.Errorf("%s: %s, %v; want %s", again(t), outcome, err, c.want)
			}
			report.Tell(t, report.Row{Part: "Disk", What: c.what, Outcome: outcome})
		})
	}
}

func (s sample) size() (n int) {
	for _, content := range s.files {
		n += len(content)
	}
	return n
}

// pick gives the file that a byte of all files lies in.
func pick(at int, s sample) string {
	for _, suffix := range suffixes() {
		if at < len(s.files[suffix]) {
			return suffix
		}
		at -= len(s.files[suffix])
	}
	panic("beyond all files")
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// newer gives the database as a later version would leave it.
func newer(t *testing.T, s sample) sample {
	t.Helper()
	path := s.save(t, t.TempDir())
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	must(t, errors.Join(err, db.Close()))
	return sample{load(t, path), s.bodies}
}
