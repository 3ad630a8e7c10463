package mapping

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// dueOn drafts a ticket and gives its due date.
func dueOn(t *testing.T, r Rule, s Subject) string {
	t.Helper()
	m := compile(t, twoTrackers(r))
	d, err := m.For(s, ticket.Destination{Tracker: "corp", Project: "SEC", IssueType: "Bug"}, "all").Draft(s, "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return d.DueDate
}

// openedAt makes a finding that was opened at a time of a day, in RFC 3339.
func openedAt(at, severity string) finding.Finding {
	f := seen(finding.Target, finding.Open, map[finding.Field]string{finding.Severity: severity})
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	f.Opened.Time = when.Unix()
	return f
}

func TestADueDateIsCountedFromTheDayOfTheOpening(t *testing.T) {
	for _, tt := range []struct{ opened, term, want string }{
		{"2026-01-31T00:00:00Z", "0d", "2026-01-31"},
		{"2026-01-31T23:59:59Z", "30d", "2026-03-02"},
		{"2024-01-31T12:00:00Z", "30d", "2024-03-01"}, // a leap year
		{"2026-12-31T12:00:00Z", "1d", "2027-01-01"},
		{"2026-01-31T23:30:00-02:00", "1d", "2026-02-02"}, // in UTC it was the next day
		{"2026-11-20T12:00:00Z", "1wd", "2026-11-23"},     // a Friday
		{"2026-11-20T12:00:00Z", "5wd", "2026-11-27"},
		{"2026-11-20T12:00:00Z", "6wd", "2026-11-30"},
		{"2026-11-21T12:00:00Z", "0wd", "2026-11-23"}, // a Saturday
		{"2026-11-21T12:00:00Z", "1wd", "2026-11-23"},
		{"2026-11-22T12:00:00Z", "5wd", "2026-11-27"}, // a Sunday
		{"2026-11-23T12:00:00Z", "0wd", "2026-11-23"}, // a Monday
		{"2026-11-23T12:00:00Z", "4wd", "2026-11-27"},
		{"2026-11-23T12:00:00Z", "5wd", "2026-11-30"},
		{"2026-11-30T12:00:00Z", "2wd", "2026-12-02"},
		{"2026-01-01T12:00:00Z", "3650d", "2035-12-30"},
	} {
		r := jiraRule()
		r.Due = map[string]string{"*": tt.term}
		if got := dueOn(t, r, One(openedAt(tt.opened, "HIGH"))); got != tt.want {
			t.Errorf("%s and %s: %s, not %s", tt.opened, tt.term, got, tt.want)
		}
	}
}

func TestWorkingDaysAreCountedOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 1, rapid.IntRange(1, 400).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		n := rapid.IntRange(1, 200).Draw(t, "n")
		end := term{days: n, working: true}.after(day)
		counted := 0
		for d := day.AddDate(0, 0, 1); !d.After(end); d = d.AddDate(0, 0, 1) {
			if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
				counted++
			}
		}
		if counted != n || end.Weekday() == time.Saturday || end.Weekday() == time.Sunday {
			t.Fatalf("%s and %d: %s, %d days", day, n, end, counted)
		}
	})
}

func TestTheDueDateIsBySeverityAndThenByWhatIsKnownOfTheOpening(t *testing.T) {
	r := jiraRule()
	r.Due = map[string]string{"HIGH": "1d", "urgent": "2d", "*": "9d"}
	undated := seen(finding.Target, finding.Fixed, map[finding.Field]string{finding.Severity: "HIGH"})
	created := undated
	created.Fields = map[finding.Field]finding.Value{finding.DateCreated: {Text: "2026-01-10T23:00:00-02:00"}, finding.Relevance: {Text: "URGENT"}}
	hostile := openedAt("2026-01-10T00:00:00Z", "HIGH")
	hostile.Opened.Time = 1 << 62
	for name, tt := range map[string]struct {
		f    finding.Finding
		want string
	}{
		"severity":             {openedAt("2026-01-10T00:00:00Z", "high"), "2026-01-11"},
		"any":                  {openedAt("2026-01-10T00:00:00Z", "LOW"), "2026-01-19"},
		"date created":         {created, "2026-01-13"},
		"nothing known":        {undated, ""},
		"a year out of bounds": {hostile, ""},
	} {
		if got := dueOn(t, r, One(tt.f)); got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	r.Due = map[string]string{"LOW": "1d"}
	if got := dueOn(t, r, One(openedAt("2026-01-10T00:00:00Z", "HIGH"))); got != "" {
		t.Errorf("without a term: %s", got)
	}
}

func TestAGroupIsDueWithItsFirstOpenMember(t *testing.T) {
	r := jiraRule()
	r.Due = map[string]string{"HIGH": "1d", "LOW": "30d"}
	member := func(uuid, at, severity string, d finding.Disposition) finding.Finding {
		f := openedAt(at, severity)
		f.Key.UUID, f.Disposition = uuid, d
		return f
	}
	fixed := member("a", "2026-01-01T00:00:00Z", "HIGH", finding.Fixed)
	late := member("b", "2026-01-02T00:00:00Z", "LOW", finding.Open)
	soon := member("c", "2026-01-10T00:00:00Z", "HIGH", finding.Open)
	for want, members := range map[string][]finding.Finding{
		"2026-01-11": {fixed, late, soon},
		"2026-02-01": {fixed, late},
		"2026-01-02": {fixed},
	} {
		if got := dueOn(t, r, Several(members)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	waiting := Several([]finding.Finding{soon})
	waiting.Digest = true
	if got := dueOn(t, r, waiting); got != "" {
		t.Errorf("a digest is due %s", got)
	}
}

func TestATermThatIsNoneIsTold(t *testing.T) {
	for _, text := range []string{"", "30", "-1d", "1w", "wd", "3651d", "99999d", "1.5d", " 1d"} {
		r := jiraRule()
		r.Due = map[string]string{"HIGH": text}
		_, problems := Compile(twoTrackers(r))
		want := `rule.0.due.HIGH: "` + text + `" is no number of days (write days from the opening as "30d", or working days as "5wd", 3650 at most)`
		if len(problems) != 1 || problem(problems[0]) != want {
			t.Errorf("%q: %+v", text, problems)
		}
	}
}
