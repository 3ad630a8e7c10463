package door

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"ticketd/internal/proof/program"
)

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak gives the most memory that a process ever had, in bytes.
func peak(t *testing.T, s *program.Service) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	if err != nil {
		t.Skipf("this machine does not tell the memory of a process: %v", err)
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("no high-water mark in %s", status)
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// files gives how many files and sockets a process has open.
func files(t *testing.T, s *program.Service) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Pid()))
	if err != nil {
		t.Skipf("this machine does not tell the files of a process: %v", err)
	}
	return len(entries)
}
