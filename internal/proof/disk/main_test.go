package disk_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
	"ticketd/store"
)

var (
	states = flag.Int("states", 100, "states of the disk after a power failure")
	flips  = flag.Int("flips", 0, "databases with a flipped bit; 0: as many as states")
	faults = flag.Int("faults", 0, "failing system calls of each kind; 0: a 25th of states, at most 100")
	seed   = flag.Uint64("seed", 1, "of everything that is random")
)

func TestMain(m *testing.M) {
	flag.Parse()
	*flips = cmp.Or(*flips, *states)
	*faults = cmp.Or(*faults, min(100, max(1, *states/25)))
	goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit))
}

// random gives what is random in one case of a test.
func random(n int) *rand.Rand { return rand.New(rand.NewPCG(*seed, uint64(n))) }

// again tells how a case is run again.
func again(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("go test ./internal/proof/disk -run '^%s$' -args -states %d -faults %d -flips %d -seed %d",
		strings.SplitN(t.Name(), "/", 2)[0], *states, *faults, *flips, *seed)
}

// needs skips a test where the machine lacks what it takes.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("this needs Linux")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("this needs %s, which is not installed", tool)
		}
	}
}

// needsStrace skips a test where strace is missing or may not look at a process. A ticketd that does
// not start under it is another matter, and a failure.
func needsStrace(t *testing.T) {
	t.Helper()
	needs(t, "strace")
	if out, err := run("strace", "-f", "-o", os.DevNull, "true"); err != nil {
		t.Skipf("strace may not look at a process here: %v: %s", err, out)
	}
}

// run runs a tool of the machine and gives what it said and what came of it.
func run(line ...string) (string, error) {
	out, err := exec.CommandContext(context.Background(), line[0], line[1:]...).CombinedOutput()
	return string(out), err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tally is what became of posted events. It is used by any number of goroutines.
type tally struct {
	mu       sync.Mutex
	accepted map[string]bool // bodies that were answered with 2xx
	refused  int             // were answered with 5xx
	silent   int             // had no answer: the process was gone
	strange  []string        // other answers
}

func newTally() *tally { return &tally{accepted: make(map[string]bool)} }

// post posts a body and notes the answer, which it gives; 0: none.
func (a *tally) post(t *testing.T, s *program.Service, body []byte) int {
	t.Helper()
	status, err := s.Post(t.Context(), body)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.silent++
	case status/100 == 2:
		a.accepted[string(body)] = true
	case status/100 == 5:
		a.refused++
	default:
		a.strange = append(a.strange, fmt.Sprint(status))
	}
	return status
}

// storm posts n new events from four senders at once.
func (a *tally) storm(t *testing.T, s *program.Service, name string, n int) {
	t.Helper()
	var senders sync.WaitGroup
	for sender := range 4 {
		senders.Go(func() {
			for i := sender; i < n; i += 4 {
				a.post(t, s, program.Opened(fmt.Sprintf("%s-%d", name, i), 1611058000+int64(i)))
			}
		})
	}
	senders.Wait()
}

// lost gives the accepted bodies that the store does not hold.
func (a *tally) lost(t *testing.T, path string) []string {
	t.Helper()
	var s *store.Store
	var err error
	program.Eventually(t, "the killed process is gone", func() bool {
		s, err = store.Open(t.Context(), store.Options{Path: path})
		return !errors.Is(err, store.ErrLocked)
	})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	left := maps.Clone(a.accepted)
	for _, e := range events(t, s) {
		if !e.Damaged {
			delete(left, string(e.Body))
		}
	}
	return slices.Sorted(maps.Keys(left))
}

const everything = 1_000_000

func events(t *testing.T, s *store.Store) []store.Event {
	t.Helper()
	all, err := s.Events(t.Context(), store.EventFilter{Limit: everything})
	must(t, err)
	return all
}

// files are those of a database, by what their names add to its own.
type files map[string][]byte

// suffixes of the files that outlive a process. What connections share (-shm) is made anew.
func suffixes() []string { return []string{"", "-wal", "-journal", ".hwm"} }

func load(t *testing.T, path string) files {
	t.Helper()
	all := make(files)
	for _, suffix := range suffixes() {
		content, err := os.ReadFile(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		all[suffix] = content
	}
	return all
}

// save writes the files into an empty folder and gives the path of the database.
func (f files) save(t *testing.T, dir string) string {
	t.Helper()
	must(t, errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)))
	path := filepath.Join(dir, "ticketd.db")
	for suffix, content := range f {
		must(t, os.WriteFile(path+suffix, content, 0o600))
	}
	return path
}

// swift gives a folder in memory where there is one: what happens to a disk is played, not done.
func swift(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "ticketd-disk-") //nolint:usetesting // t.TempDir is on the disk
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}
