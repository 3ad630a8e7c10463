package mapping

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/finding"
)

// term is the time from the opening of a finding to the day on which its ticket is due.
type term struct {
	days    int
	working bool // Monday to Friday count, without a calendar of holidays
}

// maxDue bounds a term, in days.
const maxDue = 3650

var termForm = regexp.MustCompile(`^([0-9]{1,4})(d|wd)$`)

// parseTerm reads "30d" or "5wd".
func parseTerm(s string) (term, bool) {
	m := termForm.FindStringSubmatch(s)
	if m == nil {
		return term{}, false
	}
	days, err := strconv.Atoi(m[1])
	return term{days: days, working: m[2] == "wd"}, err == nil && days <= maxDue
}

// after gives the day on which a term that begins on the day ends. Saturdays and Sundays count for
// nothing: five working days after a Friday, and after the Saturday and Sunday that follow, is the
// next Friday. A term of no working days at a weekend ends on the Monday.
func (t term) after(day time.Time) time.Time {
	if !t.working {
		return day.AddDate(0, 0, t.days)
	}
	step, left := -1, t.days%5
	if t.days == 0 {
		step = 1
	}
	for !works(day) {
		day = day.AddDate(0, 0, step)
	}
	for day = day.AddDate(0, 0, t.days/5*7); left > 0; {
		if day = day.AddDate(0, 0, 1); works(day) {
			left--
		}
	}
	return day
}

func works(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// terms compiles `due`.
func (c *compiler) terms(at place, due map[string]string) map[string]term {
	out := make(map[string]term, len(due))
	for _, key := range slices.Sorted(maps.Keys(due)) {
		t, ok := parseTerm(due[key])
		if !ok {
			c.add(at.key(key), strconv.Quote(due[key])+" is no number of days", `write days from the opening as "30d", or working days as "5wd", 3650 at most`)
		}
		out[strings.ToUpper(key)] = t
	}
	return out
}

// due gives the day on which the ticket is due, as "2026-12-31": the earliest of those of the
// findings that are open, or of all where none is. It is "" where the rule gives no term, nothing
// tells when a finding was opened, or the subject is a list of waiting ones.
func (v View) due(s Subject) string {
	if s.Digest {
		return ""
	}
	counting := open(s.Members)
	switch {
	case s.Members == nil:
		counting = []finding.Finding{s.Finding}
	case len(counting) == 0:
		counting = s.Members
	}
	var days []string
	for _, f := range counting {
		if day := v.dueOf(f); day != "" {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return ""
	}
	return slices.Min(days)
}

func (v View) dueOf(f finding.Finding) string {
	t, given := bySeverity(v.rule.due, f)
	day, known := openedOn(f)
	if !given || !known {
		return ""
	}
	day = t.after(day)
	if day.Year() < 1 || day.Year() > 9999 {
		return ""
	}
	return day.Format(time.DateOnly)
}

// openedOn gives the day, in UTC, on which a finding was opened last, or else was created.
func openedOn(f finding.Finding) (time.Time, bool) {
	at, known := parseTime(f.Get(finding.DateCreated))
	if f.Opened.Time > 0 {
		at, known = time.Unix(f.Opened.Time, 0).UTC(), true
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), known
}

// bySeverity looks up the severity, then the relevance, then "*".
func bySeverity[V any](table map[string]V, f finding.Finding) (V, bool) {
	for _, key := range []string{f.Get(finding.Severity), f.Get(finding.Relevance), "*"} {
		if v, ok := table[strings.ToUpper(key)]; ok && key != "" {
			return v, true
		}
	}
	var none V
	return none, false
}
