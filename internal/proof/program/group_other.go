//go:build !linux

package program

import "syscall"

// group makes a process the first of a group of its own, so that a wrapper dies with what it runs.
func group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
