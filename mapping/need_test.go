package mapping

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ticketd/internal/ticket"
)

// wantLine writes a Want on one line: aspect value (disposition) {field} [path] @ key: rules.
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
	return s + " @ " + strings.Join(w.Key, ".") + ": " + strings.Join(w.Rules, " ")
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
issue_type Task @ rule.0.issue_type: high
label app-sec @ rule.0.labels.0: high
assignee ada @ rule.0.assignee: high
priority 3 @ defaults.priority.*: high rest
priority Top @ profile.web.priority.high: high
component web @ profile.web.components.0: high
component api @ profile.web.components.1: high
fix_version 2.0 @ profile.web.fix_versions.0: high
due_date  @ rule.0.due.*: high
field Team:select[Red] @ rule.0.fields.Team: high
field Where:text[] @ rule.0.fields.Where: high
label by-scan (fixed) @ rule.0.on.fixed.labels.0: high
transition  (fixed) [Review > Done] @ rule.0.on.fixed.transitions: high
resolution Fixed (fixed) @ rule.0.on.fixed.resolution: high
screen_field Why:text[gone] (fixed) @ rule.0.on.fixed.fields.Why: high
transition  (wont_fix) @ defaults.on.wont_fix: high rest
resolution Won't Do (wont_fix) @ defaults.on.wont_fix.resolution: high rest
label ticketd-refused @ rule.0: high
issue_type Task @ rule.2.issue_type: rest
label dt @ defaults.labels.0: rest
priority 1 @ defaults.priority.HIGH: rest
security_level Internal @ rule.2.security_level: rest
parent SEC-1 @ rule.2.parent: rest
transition  (fixed) @ rule.2: rest
label ticketd-refused @ rule.2: rest`,
		`acme/app for code @ rule.1.repository
label app sec @ rule.1.labels.0: code
milestone Q1 @ rule.1.milestone: code
label ticketd-refused @ rule.1: code`,
		`ALL for last @ defaults.project
issue_type Bug @ rule.3: last
label dt @ defaults.labels.0: last
priority 3 @ defaults.priority.*: last
priority 1 @ defaults.priority.HIGH: last
transition  (fixed) @ rule.3: last
transition  (wont_fix) @ defaults.on.wont_fix: last
resolution Won't Do (wont_fix) @ defaults.on.wont_fix.resolution: last
label ticketd-refused @ rule.3: last`,
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

func TestWhatIsNeverTriedNeedsNoLabelForItsRefusal(t *testing.T) {
	comment := Outcome{CommentOnly: true}
	s := twoTrackers(Rule{Name: "a", Tracker: "corp", Project: "SEC", RefusedLabel: "stuck",
		On: map[string]Outcome{"open": comment, "fixed": comment, "resolved": comment, "risk_accepted": comment, "compensating_control": comment, "wont_fix": comment}})
	const plain = "SEC for a @ rule.0.project\nissue_type Bug @ rule.0: a"
	if got := needLines(compile(t, s).Needs()[0]); got != plain {
		t.Errorf("got\n%s\nwant\n%s", got, plain)
	}
	delete(s.Rules[0].On, "open")
	const tried = plain + "\ntransition  (open) @ rule.0: a\nlabel stuck @ rule.0.refused_label: a"
	if got := needLines(compile(t, s).Needs()[0]); got != tried {
		t.Errorf("got\n%s\nwant\n%s", got, tried)
	}
}

func TestAFieldThatARuleTakesOffIsNotNeeded(t *testing.T) {
	s := twoTrackers(
		Rule{Name: "a", Tracker: "corp", Project: "SEC", Match: Match{Kind: Patterns{"target"}}, Fields: map[string]any{"Team": ""}},
		Rule{Name: "b", Tracker: "corp", Project: "SEC"})
	s.Defaults.Fields = map[string]any{"Team": "Red"}
	got := needLines(compile(t, s).Needs()[0])
	if !strings.Contains(got, "field Team:text[Red] @ defaults.fields.Team: b") || strings.Count(got, "Team") != 2 {
		t.Errorf("got\n%s", got)
	}
}

func TestWithoutRulesNothingIsNeeded(t *testing.T) {
	if got := compile(t, twoTrackers()).Needs(); got != nil {
		t.Errorf("got %+v", got)
	}
}
