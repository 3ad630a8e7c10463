package program

import "syscall"

// group makes a process the first of a group of its own, so that a wrapper dies with what it runs. It dies
// with the tests too, where they end without cleaning up: at an interrupt, or when they take too long.
func group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
