//go:build linux

package service_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ticketd/internal/proof/program"
)

// name is how this process calls what it makes.
func name() string { return fmt.Sprintf("%s%d", prefix, os.Getpid()) }

const prefix = "ticketd-service-"

// makeGroups makes control groups for a container: in each hierarchy that systemd uses.
func makeGroups(t *testing.T, name string) (made []string) {
	t.Helper()
	sweep()
	for _, hierarchy := range hierarchies() {
		if _, err := os.Stat(filepath.Join(hierarchy, "cgroup.procs")); err != nil {
			continue // not one of this machine's
		}
		group := filepath.Join(hierarchy, name)
		if err := os.Mkdir(group, 0o755); err != nil {
			t.Fatalf("this needs root and control groups: %v", err)
		}
		made = append(made, group)
	}
	if len(made) == 0 {
		t.Fatal("this machine has no control groups")
	}
	return made
}

// removeGroups removes groups that are empty or about to be.
func removeGroups(t *testing.T, groups []string) {
	t.Helper()
	for _, group := range groups {
		// Processes that were killed are in it for a moment yet.
		program.Eventually(t, "the group "+group+" is empty", func() bool { return removeGroup(group) == nil })
	}
}

// removeGroup removes a group and those below it.
func removeGroup(group string) error {
	below, err := filepath.Glob(filepath.Join(group, "*", "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, procs := range below {
		if err := removeGroup(filepath.Dir(procs)); err != nil {
			return err
		}
	}
	return syscall.Rmdir(group)
}

// sweep removes the groups of test processes that were killed.
var sweep = sync.OnceFunc(func() {
	for _, hierarchy := range hierarchies() {
		all, _ := filepath.Glob(filepath.Join(hierarchy, prefix+"*")) // the pattern is a good one
		for _, group := range all {
			pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(group), prefix), "-")
			if _, err := os.Stat("/proc/" + pid); os.IsNotExist(err) {
				_ = removeGroup(group) // or the next one does
			}
		}
	}
})

// hierarchies are where systemd may have its control groups: of version 2, of version 1, of both.
func hierarchies() []string {
	return []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"}
}
