package program

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"ticketd/internal/proof"
)

// CrashAt is the variable by which a process kills itself when it comes to a point for the nth time.
func CrashAt(p proof.Point, nth int) string { return fmt.Sprintf("%s=%s:%d", proof.CrashAt, p, nth) }

// HangAt is the variable by which a goroutine of a process waits for ever when it comes to a point for the
// nth time.
func HangAt(p proof.Point, nth int) string { return fmt.Sprintf("%s=%s:%d", proof.HangAt, p, nth) }

// Impatient makes a process hold somebody for hanging so many times sooner; see [proof.Impatience].
func Impatient(times int) string { return fmt.Sprintf("%s=%d", proof.Impatience, times) }

// Without is the variable by which a process does without mechanisms.
func Without(all ...proof.Mechanism) string {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = string(m)
	}
	return proof.DoWithout + "=" + strings.Join(names, ",")
}

// Hurry is the variable that makes a process's waits so many times shorter; see [proof.Hurry].
func Hurry(times int) string { return fmt.Sprintf("%s=%d", proof.Hurry, times) }

// Lapse makes a process forget what is old so many times sooner; see [proof.Lapse].
func Lapse(times int64) string { return fmt.Sprintf("%s=%d", proof.Lapse, times) }

// DiedAt tells whether the last process, which has ended, killed itself at the nth pass of a point.
func (s *Service) DiedAt(p proof.Point, nth int) bool {
	said := fmt.Appendf(nil, `"point":%q,"pass":%d}`, p, nth)
	return Killed(s.Wait()) && bytes.Contains(s.Log(), said)
}

// Killed tells whether what [Service.Wait] gave is the end of a process by SIGKILL.
func Killed(err error) bool {
	ended, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := ended.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
