package daemon

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ticketd/store"
)

// longestLine is how many bytes a line may have; a service manager shows no more.
const longestLine = 400

// Line is the status in one line, for a service manager.
func (s Status) Line() string {
	parts := []string{"ready"}
	if !s.Ready {
		parts[0] = "not ready: " + s.Reason
	}
	parts = append(parts, s.backlogInWords())
	for _, t := range s.Trackers {
		if t.State != well {
			parts = append(parts, t.Name+" "+t.State)
		}
	}
	parts = append(parts, s.ticketsInWords())
	if s.LastEvent != nil {
		parts = append(parts, "last event "+Span(s.Now.Sub(s.LastEvent.Received))+" ago")
	}
	return oneLine(strings.Join(parts, "; "), longestLine)
}

func (s Status) backlogInWords() string {
	var all []string
	for _, b := range s.Backlog {
		if b.Waiting > 0 {
			all = append(all, fmt.Sprintf("%d wait to be %s (%s)", b.Waiting, b.verb(), Span(time.Duration(b.Oldest)*time.Second)))
		}
	}
	if len(all) == 0 {
		return "nothing waits"
	}
	return strings.Join(all, ", ")
}

// verb is what happens in a stage.
func (b Backlog) verb() string {
	switch {
	case b.Stage == StageReceive:
		return "stored"
	case b.Stage == StageApply:
		return "applied"
	}
	return "delivered to " + b.Tracker
}

func (s Status) ticketsInWords() string {
	total := 0
	for _, n := range s.Tickets {
		total += n
	}
	text := strconv.Itoa(total) + " tickets"
	if total == 1 {
		text = "1 ticket"
	}
	if held := s.Tickets[store.TicketHeld]; held > 0 {
		text += ", " + strconv.Itoa(held) + " held"
	}
	return text
}

// Span writes a length of time in its two largest units, such as "3d 4h", "5m" or "20s".
func Span(d time.Duration) string {
	seconds := max(0, int64(d/time.Second))
	for _, u := range []struct {
		size        int64
		name, lower string
		part        int64
	}{{86400, "d", "h", 3600}, {3600, "h", "m", 60}, {60, "m", "s", 1}} {
		if seconds < u.size {
			continue
		}
		text := strconv.FormatInt(seconds/u.size, 10) + u.name
		if rest := seconds % u.size / u.part; rest > 0 {
			text += " " + strconv.FormatInt(rest, 10) + u.lower
		}
		return text
	}
	return strconv.FormatInt(seconds, 10) + "s"
}

// oneLine makes a text that may hold a tracker's words one line of a bounded length.
func oneLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}
