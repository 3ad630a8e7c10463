package mapping

import (
	"strings"
	"time"
)

// forPeople is how times are written in titles, bodies and comments, always in UTC.
const forPeople = "2 January 2006, 15:04 UTC"

// layouts are the forms in which Data Theorem sends a time: RFC 3339 with any fraction, or the same
// without an offset, which then is UTC (facts/datatheorem.md 3.1 and 6).
func layouts() []string {
	return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"}
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// formatTime writes the time in the layout; what is no time stays as it is.
func formatTime(s, layout string) string {
	if t, ok := parseTime(s); ok {
		return t.Format(layout)
	}
	return s
}

// unixTime writes the seconds of an event in RFC 3339, "" where there are none.
func unixTime(seconds int64) string {
	if seconds <= 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
