package soak_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"ticketd/internal/proof/program"
	"ticketd/store"
)

// sample is how large the process is at some time.
type sample struct {
	at                 time.Duration // since the start
	resident, heap     int64         // bytes
	files, goroutines  int64
	database, journal  int64 // bytes of the database and of its write-ahead log
	events, findings   int64 // rows
	waiting, unmade    int64 // events that are not applied yet; tickets without an issue that want one
	calls              int64 // that the trackers got
	databasePerFinding int64
}

// measure is one column of the samples, with what it may grow by beside a half: what is noise.
type measure struct {
	name  string
	of    func(sample) int64
	noise int64
}

// measures are what must not grow with what was done. The database may: with the findings, which it
// remembers, and with nothing else.
func measures() []measure {
	return []measure{
		{"resident memory (bytes)", func(s sample) int64 { return s.resident }, 32 << 20},
		{"live heap (bytes)", func(s sample) int64 { return s.heap }, 8 << 20},
		{"open files", func(s sample) int64 { return s.files }, connections},
		{"goroutines", func(s sample) int64 { return s.goroutines }, 2 * connections},
		{"write-ahead log (bytes)", func(s sample) int64 { return s.journal }, 16 << 20},
		{"events in the store", func(s sample) int64 { return s.events }, 1000},
		{"database per finding (bytes)", func(s sample) int64 { return s.databasePerFinding }, 1 << 10},
	}
}

// growth gives the medians of the second and of the last quarter of the samples.
func (m measure) growth(all []sample) (second, last int64) {
	n := len(all)
	return m.median(all[n/4 : n/2]), m.median(all[n*3/4:])
}

func (m measure) median(some []sample) int64 {
	values := make([]int64, len(some))
	for i, s := range some {
		values[i] = m.of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// bounded tells whether it did not grow beyond noise.
func (m measure) bounded(second, last int64) bool { return last <= second*3/2+m.noise }

// look takes a sample of a process.
func look(t *testing.T, s *program.Service, db *store.Store, began time.Time, calls int) sample {
	t.Helper()
	got := sample{at: time.Since(began), calls: int64(calls)}
	proc := filepath.Join("/proc", strconv.Itoa(s.Pid()))
	status := read(t, filepath.Join(proc, "status"))
	kib := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(status)
	if kib == nil {
		t.Fatalf("no resident size in %q", status)
	}
	got.resident = number(t, kib[1]) << 10
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	got.files = int64(len(open))
	inside := inside(t, s)
	got.goroutines, got.heap = inside.Goroutines, inside.Heap
	got.database, got.journal = size(t, s.Database()), size(t, s.Database()+"-wal")
	counts, err := db.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for state, n := range counts.Events {
		got.events += int64(n)
		if state == store.EventNew {
			got.waiting = int64(n)
		}
	}
	for state, n := range counts.Tickets {
		got.findings += int64(n) // each has a ticket of its own
		if slices.Contains(unmade(), state) {
			got.unmade += int64(n)
		}
	}
	got.databasePerFinding = got.database / max(got.findings, 1)
	return got
}

// unmade are the states of a ticket that wants an issue.
func unmade() []store.TicketState {
	return []store.TicketState{store.TicketWanted, store.TicketIntent, store.TicketDoubt}
}

type interior struct{ Goroutines, Heap int64 }

// inside asks the process what only it knows.
func inside(t *testing.T, s *program.Service) (i interior) {
	t.Helper()
	status, text := s.Get("/proof/runtime")
	if err := json.Unmarshal([]byte(text), &i); err != nil || status != http.StatusOK {
		t.Fatalf("the process answers %d %q: %v", status, text, err)
	}
	return i
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// table shows the samples, thinned out.
func table(all []sample) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, //nolint:errcheck // into memory
		"after\tRSS MiB\theap MiB\tfiles\tgoroutines\tdatabase MiB\tWAL MiB\tevents\tnot applied\tno issue yet\tfindings\tcalls\t\n")
	step := max(1, len(all)/20)
	for i := step - 1; i < len(all); i += step {
		s := all[i]
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%d\t%d\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t%d\t\n", //nolint:errcheck // into memory
			s.at.Round(time.Second/10), mib(s.resident), mib(s.heap), s.files, s.goroutines, mib(s.database), mib(s.journal),
			s.events, s.waiting, s.unmade, s.findings, s.calls)
	}
	_ = w.Flush() // into memory
	return text.String()
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
