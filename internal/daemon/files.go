package daemon

import (
	"math"
	"syscall"

	"ticketd/internal/receive"
)

// mostProbes is how many connections for health checks are open at once.
const mostProbes = 16

// mostConnections is how many of them are open at the door at once. It leaves half of the files that
// the process may open to the store, the trackers and health checks: a crowd must not keep them from
// their work.
func mostConnections() int {
	return max(1, min(receive.MaxConnections, mostFiles()/2))
}

// mostFiles gives how many files and sockets the process may have open.
func mostFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur) //nolint:gosec // not too large, see above
}
