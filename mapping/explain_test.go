package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

func TestEveryRefusalIsToldInWords(t *testing.T) {
	hostile := richTarget()
	hostile.Fields[finding.Title] = finding.Value{Text: "a\x1b[31m\nb\u202e" + strings.Repeat("long ", 100)}
	listed := richTarget()
	listed.Data = map[string]finding.Member{"tags": {JSON: json.RawMessage(`["a","b","c","d","e","f","g"]`)}}
	long := richTarget()
	long.Fields[finding.Description] = finding.Value{Text: strings.Repeat("x", maxWhenValue+1)}
	tests := map[string]struct {
		rule Rule
		f    finding.Finding
		want string
		key  string
	}{
		"not wanted":   {Rule{Match: Match{Severity: Patterns{"LOW", "MEDIUM"}}}, richTarget(), "severity is HIGH, wanted LOW or MEDIUM", "rule.0.match.severity"},
		"not told":     {Rule{Match: Match{Relevance: Patterns{"URGENT"}}}, richTarget(), "relevance is empty, wanted URGENT", "rule.0.match.relevance"},
		"excluded":     {Rule{Match: Match{Kind: Patterns{"!target"}}}, richTarget(), "kind is target, excluded by !target", "rule.0.match.kind"},
		"one excludes": {Rule{Match: Match{AppName: Patterns{"*", "!x", "!my*"}}}, richTarget(), "app_name is MyBank, excluded by !my*", "rule.0.match.app_name.2"},
		"the first":    {Rule{Match: Match{Severity: Patterns{"LOW"}, Platform: Patterns{"IOS"}}}, richTarget(), "severity is HIGH, wanted LOW", "rule.0.match.severity"},
		"a path":       {Rule{Match: Match{Path: map[string]Patterns{"tags": {"z", "y"}}}}, listed, "path tags is a, b, c, d, e and 2 more, wanted z or y", "rule.0.match.path.tags"},
		"no such path": {Rule{Match: Match{Path: map[string]Patterns{"no.such": {"z"}}}}, listed, "path no.such is empty, wanted z", "rule.0.match.path.no.such"},
		"many wanted":  {Rule{Match: Match{AppID: Patterns{"1", "2", "3", "4", "5", "6"}}}, listed, "app_id is 13, wanted 1 or 2 or 3 or 4 or 5 and 1 more", "rule.0.match.app_id"},
		"hostile":      {Rule{Match: Match{Title: Patterns{"x"}}}, hostile, "title is a[31m b" + strings.TrimRight(strings.Repeat("long ", 14), " ") + "…, wanted x", "rule.0.match.title"},
		"when":         {Rule{When: `severity == "LOW"`}, richTarget(), "when is false", "rule.0.when"},
		"when fails":   {Rule{When: `description == ""`}, long, "when fails: reading description: longer than 64 KiB, which is too long for an expression", "rule.0.when"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.rule.Name, tt.rule.Tracker, tt.rule.Project = "asked", "corp", "SEC"
			got := compile(t, twoTrackers(tt.rule)).Explain(tt.f)
			want := []Verdict{{Rule: "asked", Why: tt.want, Key: strings.SplitN(tt.key, ".", 5)}}
			if tt.key == "rule.0.match.path.no.such" {
				want[0].Key = []string{"rule", "0", "match", "path", "no.such"}
			}
			if !reflect.DeepEqual(got.Rules, want) {
				t.Errorf("got  %+v\nwant %+v", got.Rules, want)
			}
		})
	}
}

func TestRulesAfterTheOneThatMatchesAreNotAsked(t *testing.T) {
	m := compile(t, twoTrackers(
		Rule{Name: "low", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"LOW"}}},
		Rule{Name: "mobile", Tracker: "corp", Project: "SEC", Match: Match{Kind: Patterns{"target"}}},
		Rule{Name: "rest", Tracker: "corp", Project: "SEC"}))
	got := m.Explain(richTarget())
	if len(got.Rules) != 2 || !got.Rules[1].Matched || got.Rules[1].Why != "" || got.Rules[1].Key != nil || got.Route.Rule != "mobile" {
		t.Errorf("got %+v", got)
	}
}

func TestExplainSaysWhatRouteDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, problems := Compile(twoTrackers(rapid.SliceOfN(rapid.Custom(drawRouting), 0, 5).Draw(t, "rules")...))
		if m == nil {
			t.Fatalf("not compiled: %+v", problems)
		}
		f := drawFinding(t)
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			f.Fields[finding.AssetName] = finding.Value{Text: "a" + strings.Repeat("b", maxWhenValue)}
		}
		route, err := m.Route(f)
		trace := m.Explain(f)
		if trace.Route != route || fmt.Sprint(trace.Err) != fmt.Sprint(err) || errors.Is(trace.Err, ErrUnrouted) != errors.Is(err, ErrUnrouted) {
			t.Fatalf("Route %+v, %v; Explain %+v, %v", route, err, trace.Route, trace.Err)
		}
		for i, v := range trace.Rules {
			last := i == len(trace.Rules)-1
			if v.Rule != m.Rules()[i] || v.Matched != (last && err == nil) || v.Matched == (v.Why != "") || v.Matched != (v.Key == nil) {
				t.Fatalf("verdict %d of %+v", i, trace)
			}
			if strings.ContainsFunc(v.Why, unicode.IsControl) {
				t.Fatalf("not printable: %q", v.Why)
			}
		}
		if errors.Is(err, ErrUnrouted) && len(trace.Rules) != len(m.Rules()) {
			t.Fatalf("unrouted, and only %d rules were asked", len(trace.Rules))
		}
	})
}
