package systemd

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASignIsSentInOneMessage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // all was read
	t.Setenv(NotifySocket, path)
	if err := Notify(Ready, Status("ready; nothing waits"), ExtendTimeout(90*time.Second)); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 4096)
	n, _, err := conn.ReadFrom(message)
	if want := "READY=1\nSTATUS=ready; nothing waits\nEXTEND_TIMEOUT_USEC=90000000"; err != nil || string(message[:n]) != want {
		t.Errorf("systemd hears %q (%v), want %q", message[:n], err, want)
	}
}

func TestWithoutSystemdNothingIsSentAndNothingIsWrong(t *testing.T) {
	t.Setenv(NotifySocket, "")
	if err := Notify(Ready); err != nil {
		t.Error(err)
	}
}

func TestAManagerThatCannotBeReachedIsAnError(t *testing.T) {
	t.Setenv(NotifySocket, filepath.Join(t.TempDir(), "none"))
	if err := Notify(Ready); err == nil || !strings.HasPrefix(err.Error(), "notifying systemd: ") {
		t.Errorf("%v", err)
	}
}

func TestAStatusCanBeNoOtherMessage(t *testing.T) {
	for text, want := range map[string]string{
		"paused\nREADY=1\r\nMAINPID=1": "STATUS=paused READY=1  MAINPID=1",
		"no \xff UTF-8":                "STATUS=no \uFFFD UTF-8",
		"an escape \x1b[2J":            "STATUS=an escape  [2J",
		"":                             "STATUS=",
	} {
		if got := Status(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := Status(strings.Repeat("ü", 1000)); len(got) > longestStatus+len("STATUS=") || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("a long status has %d bytes", len(got))
	}
}

func TestTheWatchdogOfThisProcessIsRead(t *testing.T) {
	t.Setenv("WATCHDOG_PID", "")
	for value, want := range map[string]time.Duration{"": 0, "90000000": 90 * time.Second} {
		t.Setenv("WATCHDOG_USEC", value)
		if got, err := Watchdog(); err != nil || got != want {
			t.Errorf("%q is %s, %v", value, got, err)
		}
	}
	t.Setenv("WATCHDOG_USEC", "soon")
	if _, err := Watchdog(); err == nil {
		t.Error("nonsense is taken for a time")
	}
	t.Setenv("WATCHDOG_USEC", "90000000")
	t.Setenv("WATCHDOG_PID", "1")
	if got, err := Watchdog(); err != nil || got != 0 {
		t.Errorf("the watchdog of another process is %s, %v", got, err)
	}
}
