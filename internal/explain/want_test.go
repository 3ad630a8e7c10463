package explain_test

import (
	"slices"
	"strings"
	"testing"

	"ticketd/internal/explain"
)

const rich = `
[[rule]]
name = "rich"
tracker = "cloud"
project = "SEC"
issue_type = "Bug"
labels = ["security", "api"]
priority = { URGENT = "Highest" }
due = { URGENT = "30d" }
assignee = "5b10a2844c20165700ede21g"
components = ["web", "api"]
fix_versions = ["1.2"]
security_level = "Internal"
parent = "SEC-12"
fields.Team = { select = "Payments" }
fields.Teams = { multi_select = ["Payments", "Web"] }
fields.customfield_10010 = 3
on.resolved = { transitions = ["Resolved"], resolution = "Fixed" }
`

func TestEveryWantComesTrueWhereItIsSoAndIsMissedWithWhatIsThereInstead(t *testing.T) {
	e := explain.Events(options(t, rich), [][]byte{body("RESOLVED", "RESOLVED", "v-1", 1611059000, "relevance", "URGENT", "description", "A weak cipher.",
		"date_created", "2021-01-19T12:00:00Z")})
	for _, c := range []struct{ key, value, wrong, got string }{
		{"rule", "rich", "poor", `"rich"`},
		{"tracker", "cloud", "dc", `"cloud"`},
		{"project", "SEC", "PAY", `"SEC"`},
		{"repository", "SEC", "acme/app", `"SEC"`},
		{"issue_type", "Bug", "Task", `"Bug"`},
		{"group", "violation/v-1", "v-1", `"violation/v-1"`},
		{"title", e.Ticket.Title, "A title", `"` + e.Ticket.Title + `"`},
		{"body", "weak cipher", "strong cipher", "A weak cipher."},
		{"label", "api", "web", `"security", "api"`},
		{"priority", "Highest", "High", `"Highest"`},
		{"due", e.Ticket.DueDate, "2020-01-01", `"` + e.Ticket.DueDate + `"`},
		{"assignee", "5b10a2844c20165700ede21g", "", `"5b10a2844c20165700ede21g"`},
		{"component", "web", "Web", `"web", "api"`},
		{"fix_version", "1.2", "1.3", `"1.2"`},
		{"security_level", "Internal", "Public", `"Internal"`},
		{"parent", "SEC-12", "SEC-13", `"SEC-12"`},
		{"milestone", "", "1", "nothing"},
		{"disposition", "resolved", "open", `"resolved"`},
		{"verdict", "event", "probe", `"event"`},
		{"comment", "resolved", "fixed", "resolved on"},
		{"resolution", "Fixed", "Done", `"Fixed"`},
		{"state_reason", "", "completed", "nothing"},
		{"fields.Team", "Payments", "Web", `"Payments"`},
		{"fields.Teams", "Web", "API", `"Payments", "Web"`},
		{"fields.customfield_10010", "3", "4", `"3"`},
		{"fields.Other", "", "x", "nothing"},
	} {
		if missed := e.Missed([]explain.Want{{Key: c.key, Value: c.value}}); len(missed) != 0 {
			t.Errorf("%s: %v", c.key, missed)
		}
		missed := e.Missed([]explain.Want{{Key: c.key, Value: c.wrong}})
		if len(missed) != 1 || !strings.Contains(missed[0].Got, c.got) || !strings.HasPrefix(missed[0].String(), "wanted "+c.key) {
			t.Errorf("%s: %v, want a miss with %s", c.key, missed, c.got)
		}
	}
	if e.Ticket.DueDate == "" || e.Ticket.Title == "" {
		t.Errorf("ticket %+v", e.Ticket)
	}
	tried := []string{"rule", "tracker", "project", "repository", "issue_type", "group", "title", "body", "label", "priority", "due",
		"assignee", "component", "fix_version", "security_level", "parent", "milestone", "disposition", "verdict", "comment",
		"resolution", "state_reason", "fields.NAME", "unrouted"}
	if !slices.Equal(explain.WantKeys(), tried) {
		t.Errorf("keys %q, tried are %q", explain.WantKeys(), tried)
	}
}

func TestNoTicketIsAWantOfItsOwnAndSaysWhyItIsMissed(t *testing.T) {
	o := options(t, "[[rule]]\nmatch.kind = \"violation\"\ntracker = \"cloud\"\nproject = \"SEC\"\n")
	unrouted := []explain.Want{{Key: "unrouted"}}
	routed := []explain.Want{{Key: "project", Value: "SEC"}}
	target := explain.Events(o, [][]byte{sample(created)})
	if missed := target.Missed(unrouted); len(missed) != 0 {
		t.Errorf("missed %v", missed)
	}
	if missed := target.Missed(routed); len(missed) != 1 || missed[0].Got != "no ticket: no rule matches" {
		t.Errorf("missed %v", missed)
	}
	violation := explain.Events(o, [][]byte{sample(opened)})
	if missed := violation.Missed(unrouted); len(missed) != 1 || missed[0].String() != `wanted unrouted, got rule "rule-1"` {
		t.Errorf("missed %v", missed)
	}
	garbage := explain.Events(o, [][]byte{[]byte("{")})
	if missed := garbage.Missed(routed); len(missed) != 1 || missed[0].Got != "an event that is unparsed: not JSON" {
		t.Errorf("missed %v", missed)
	}
}

func TestWantsAreReadFromTheCommandLine(t *testing.T) {
	got, err := explain.ParseWants("rule=payments, title=Weak cipher, and more, priority=,unrouted")
	want := []explain.Want{{Key: "rule", Value: "payments"}, {Key: "title", Value: "Weak cipher, and more"}, {Key: "priority"}, {Key: "unrouted"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for list, because := range map[string]string{
		"":                 `"" cannot be wanted`,
		"project":          `"project" needs a value`,
		"projet=SEC":       `"projet" cannot be wanted; there are rule, tracker, project`,
		"unrouted=yes":     `"unrouted" has no value`,
		"fields.=x":        `"fields." cannot be wanted`,
		"rule=a,priotiy=x": `"priotiy" cannot be wanted`,
	} {
		if got, err := explain.ParseWants(list); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %+v, %v, want %s", list, got, err, because)
		}
	}
}

func TestWantsAreReadFromAFileWithTheLineOfAMistake(t *testing.T) {
	got, err := explain.ParseWantFile("# where it goes\nproject = SEC\n\ntitle = a = b, c\nunrouted\n")
	want := []explain.Want{{Key: "project", Value: "SEC"}, {Key: "title", Value: "a = b, c"}, {Key: "unrouted"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for text, because := range map[string]string{
		"rule = a\nprojekt = b\n": `line 2: "projekt" cannot be wanted`,
		"rule\n":                  `line 1: "rule" needs a value`,
		"# nothing\n":             "it wants nothing",
	} {
		if got, err := explain.ParseWantFile(text); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %+v, %v, want %s", text, got, err, because)
		}
	}
}
