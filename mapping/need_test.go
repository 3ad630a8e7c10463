package mapping

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ticketd/internal/ticket"
)

// wantLine writes a Want on one line: aspect value (disposition) {field} [path] @ key.
func wantLine(w ticket.Want) string {
	s := string(w.Aspect) + " " + w.Value
	if w.Field != nil {
		s += fmt.Sprintf("%s:%s%v", w.Field.Name, w.Field.Type, w.Field.Values)
		if w.Field.JSON != nil {
			text, _ := json.Marshal(w.Field.JSON)
			s += string(text)
		}
	}
	if w.Disposition != "" {
		s += " (" + w.Disposition + ")"
	}
	if w.Path != nil {
		s += " [" + strings.Join(w.Path, " > ") + "]"
	}
	return s + " @ " + strings.Join(w.Key, ".")
}

func needLines(n ticket.Need) string {
	lines := []string{fmt.Sprintf("%s for %s @ %s", n.Destination.Project, strings.Join(n.Rules, " "), strings.Join(n.Key, "."))}
	for _, w := range n.Wants {
		lines = append(lines, wantLine(w))
	}
	return strings.Join(lines, "\n")
}

func TestNeedsTellWhatIsAskedOfEachDestinationAndWhichKeySaysSo(t *testing.T) {
	s := twoTrackers(
		Rule{Name: "high", Extends: Names{"web"}, Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"HIGH"}}, IssueType: "Task", Assignee: "ada",
			Labels: []string{"app sec", "of {{.Product}}"}, Due: map[string]string{"HIGH": "5d", "*": "9d"}, Fields: map[string]any{"Team": map[string]any{"select": "Red"}, "Where": "{{.AssetName}}"},
			On: map[string]Outcome{"fixed": {Transitions: []string{"Review", "Done"}, Resolution: "Fixed", Fields: map[string]any{"Why": "gone"}, Labels: []string{"by-scan"}}}},
		Rule{Name: "code", Tracker: "hub", Repository: "acme/app", Match: Match{Severity: Patterns{"LOW"}}, Milestone: "Q1", Labels: []string{"app sec"}},
		Rule{Name: "rest", Tracker: "corp", Project: "SEC", IssueType: "Task", Parent: "SEC-1", SecurityLevel: "Internal", Match: Match{Kind: Patterns{"target"}}},
		Rule{Name: "last", Tracker: "corp"},
	)
	s.Profiles = map[string]Rule{"web": {Components: []string{"web", "api"}, FixVersions: []string{"2.0"}, Priority: map[string]string{"high": "Top"}}}
	comment := Outcome{CommentOnly: true}
	s.Defaults = Rule{Project: "ALL", Priority: map[string]string{"HIGH": "1", "*": "3"}, Labels: []string{"dt"},
		On: map[string]Outcome{"open": comment, "resolved": comment, "risk_accepted": comment, "compensating_control": comment, "wont_fix": {Resolution: "Won't Do"}}}
	want := []string{
		`SEC for high rest @ rule.0.project
issue_type Task @ rule.0.issue_type
label app-sec @ rule.0.labels.0
assignee ada @ rule.0.assignee
priority 3 @ defaults.priority.*
priority Top @ profile.web.priority.high
component web @ profile.web.components.0
component api @ profile.web.components.1
fix_version 2.0 @ profile.web.fix_versions.0
due_date  @ rule.0.due.*
field Team:select[Red] @ rule.0.fields.Team
field Where:text[] @ rule.0.fields.Where
label by-scan (fixed) @ rule.0.on.fixed.labels.0
transition  (fixed) [Review > Done] @ rule.0.on.fixed.transitions
resolution Fixed (fixed) @ rule.0.on.fixed.resolution
screen_field Why:text[gone] (fixed) @ rule.0.on.fixed.fields.Why
transition  (wont_fix) @ defaults.on.wont_fix
resolution Won't Do (wont_fix) @ defaults.on.wont_fix.resolution
issue_type Task @ rule.2.issue_type
label dt @ defaults.labels.0
priority 1 @ defaults.priority.HIGH
security_level Internal @ rule.2.security_level
parent SEC-1 @ rule.2.parent
transition  (fixed) @ rule.2`,
		`acme/app for code @ rule.1.repository
label app sec @ rule.1.labels.0
milestone Q1 @ rule.1.milestone`,
		`ALL for last @ defaults.project
issue_type Bug @ rule.3
label dt @ defaults.labels.0
priority 3 @ defaults.priority.*
priority 1 @ defaults.priority.HIGH
transition  (fixed) @ rule.3
transition  (wont_fix) @ defaults.on.wont_fix
resolution Won't Do (wont_fix) @ defaults.on.wont_fix.resolution`,
	}
	needs := compile(t, s).Needs()
	var got []string
	for _, n := range needs {
		got = append(got, needLines(n))
	}
	if a, b := strings.Join(got, "\n\n"), strings.Join(want, "\n\n"); a != b {
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

func TestWithoutRulesNothingIsNeeded(t *testing.T) {
	if got := compile(t, twoTrackers()).Needs(); got != nil {
		t.Errorf("got %+v", got)
	}
}
