package daemon_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ticketd/internal/daemon"
)

func TestASpanIsToldInItsTwoLargestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Minute:                          "0s",
		0:                                     "0s",
		999 * time.Millisecond:                "0s",
		59 * time.Second:                      "59s",
		time.Minute:                           "1m",
		61 * time.Second:                      "1m 1s",
		time.Hour + 59*time.Second:            "1h",
		25*time.Hour + 30*time.Minute:         "1d 1h",
		400*24*time.Hour + 23*time.Hour - 1e9: "400d 22h",
	} {
		if got := daemon.Span(d); got != want {
			t.Errorf("%s is told as %q, want %q", d, got, want)
		}
	}
}

func TestAStatusIsOneLineWhateverATrackerSays(t *testing.T) {
	hostile := "no\nREADY=1\x1b[2J\xff " + strings.Repeat("ü", 1000)
	line := daemon.Status{Reason: hostile, Trackers: []daemon.TrackerStatus{{Name: "jira", State: hostile}}}.Line()
	if strings.ContainsAny(line, "\n\x1b") || !utf8.ValidString(line) || len(line) > 400 {
		t.Errorf("%d bytes: %q", len(line), line)
	}
	if !strings.HasPrefix(line, "not ready: no READY=1") {
		t.Errorf("the line begins with %.40q", line)
	}
}
