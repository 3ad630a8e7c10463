// Package systemd is what ticketd tells systemd and takes from it: readiness, signs of life and a status,
// the sockets that systemd opened, and the priorities of the journal.
package systemd

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-systemd/v22/daemon"
)

// NotifySocket is the variable that names the socket on which systemd listens; without it there is
// nobody to notify.
const NotifySocket = "NOTIFY_SOCKET"

// What the service manager may be told; see sd_notify(3).
const (
	Ready    = daemon.SdNotifyReady    // the start is over, and it went well
	Stopping = daemon.SdNotifyStopping // the stop has begun
	Alive    = daemon.SdNotifyWatchdog // a sign of life
)

// longestStatus bounds a status in bytes: it is one line of `systemctl status`.
const longestStatus = 512

// Status says in one line how the service is. Whatever text is in it, it is no other message: systemd
// takes every line for one, and ignores a text that is not UTF-8.
func Status(line string) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
	if len(line) > longestStatus {
		line = line[:longestStatus]
	}
	return "STATUS=" + strings.ToValidUTF8(line, "")
}

// ExtendTimeout asks for so much more time for a start or stop that is under way.
func ExtendTimeout(d time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", d.Microseconds())
}

// Notify tells the service manager something, all in one message. Without one it does nothing.
func Notify(states ...string) error {
	if _, err := daemon.SdNotify(false, strings.Join(states, "\n")); err != nil {
		return fmt.Errorf("notifying systemd: %w", err)
	}
	return nil
}

// Watchdog tells within which time the service manager wants a sign of life; 0: it wants none.
func Watchdog() (time.Duration, error) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0, fmt.Errorf("asking for systemd's watchdog: %w", err)
	}
	return every, nil
}
