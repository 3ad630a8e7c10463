package mapping

import (
	"encoding/json"
	"testing"

	"ticketd/internal/finding"
)

func TestEveryConditionLooksAtItsOwnAttribute(t *testing.T) {
	var all finding.Finding
	all.Key.Kind = finding.Violation
	all.Fields = make(map[finding.Field]finding.Value)
	for _, name := range fieldNames() {
		all.Fields[name] = finding.Value{Text: "The " + string(name)}
	}
	for key, m := range map[finding.Field]Match{
		finding.Product: {Product: Patterns{"the PRODUCT"}}, finding.Severity: {Severity: Patterns{"the severity"}},
		finding.Relevance: {Relevance: Patterns{"the relevance"}}, finding.Title: {Title: Patterns{"the title"}},
		finding.Category: {Category: Patterns{"the category"}}, finding.AssetName: {AssetName: Patterns{"the asset_name"}},
		finding.AssetType: {AssetType: Patterns{"the asset_type"}}, finding.AssetGroup: {AssetGroup: Patterns{"the asset_group"}},
		finding.AssetURL: {AssetURL: Patterns{"the asset_url"}}, finding.Policy: {Policy: Patterns{"the policy"}},
		finding.PolicyRule: {PolicyRule: Patterns{"the policy_rule"}}, finding.PolicyRuleType: {PolicyRuleType: Patterns{"the policy_rule_type"}},
		finding.AppID: {AppID: Patterns{"the app_id"}}, finding.AppName: {AppName: Patterns{"the app_name"}},
		finding.Platform: {Platform: Patterns{"the platform"}}, "kind": {Kind: Patterns{"viol*"}},
	} {
		c := compileMatch(m, nil, new(report))
		if len(c) != 1 || c.refuses(all) != nil {
			t.Errorf("%s: does not match", key)
		}
		bare := all
		bare.Fields, bare.Key = nil, finding.Key{}
		if c.refuses(bare) == nil {
			t.Errorf("%s: matches a finding without it", key)
		}
	}
}

func TestPatternsIncludeAndExclude(t *testing.T) {
	tests := []struct {
		name     string
		patterns Patterns
		value    string
		want     bool
	}{
		{"none given", nil, "x", true},
		{"an empty list", Patterns{}, "x", true},
		{"one of several", Patterns{"a", "b"}, "B", true},
		{"none of several", Patterns{"a", "b"}, "c", false},
		{"an exclusion alone", Patterns{"!a"}, "b", true},
		{"an exclusion alone, hit", Patterns{"!a"}, "A", false},
		{"an exclusion beats an inclusion", Patterns{"a*", "!*z"}, "abz", false},
		{"everything but", Patterns{"*", "!z"}, "z", false},
		{"a star matches an absent value", Patterns{"*"}, "", true},
		{"present", Patterns{"?*"}, "", false},
		{"absent", Patterns{"!?*"}, "", true},
		{"absent, but present", Patterns{"!?*"}, "x", false},
		{"an exclamation mark further on is itself", Patterns{"a!b"}, "a!b", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.AssetName: tt.value})
			if got := compileMatch(Match{AssetName: tt.patterns}, nil, new(report)).refuses(f) == nil; got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAllConditionsMustHold(t *testing.T) {
	m := compileMatch(Match{Severity: Patterns{"HIGH"}, Platform: Patterns{"IOS"}}, nil, new(report))
	if m.refuses(richTarget()) == nil {
		t.Error("matches although the platform differs")
	}
}

func TestAPathMatchesWhatJSONHolds(t *testing.T) {
	f := sampleViolation(finding.Open)
	f.Data = map[string]finding.Member{
		"affected_asset": {JSON: json.RawMessage(`{"hosted_on":"AWS","port":8443,"big":12345678901234567890,"public":true,"none":null,
			"tags":[{"key":"team","value":"pay"},{"key":"env","value":"prod"}],"nested":[["a"],["b"]],"empty":[]}`)},
		"count":  {JSON: json.RawMessage(`3`)},
		"broken": {JSON: json.RawMessage(`{"a":`)},
	}
	tests := []struct {
		path, pattern string
		want          bool
	}{
		{"affected_asset.hosted_on", "aws", true},
		{"affected_asset.hosted_on", "GCP", false},
		{"affected_asset.port", "84*", true},
		{"affected_asset.big", "12345678901234567890", true},
		{"affected_asset.public", "true", true},
		{"affected_asset.tags.value", "prod", true},
		{"affected_asset.tags.value", "pay", true},
		{"affected_asset.tags.value", "!pay", false},
		{"affected_asset.tags.value", "team", false},
		{"affected_asset.nested", "b", true},
		{"affected_asset.none", "?*", false},
		{"affected_asset.none", "!?*", true},
		{"affected_asset.empty", "!?*", true},
		{"affected_asset", "?*", false},
		{"affected_asset.hosted_on.more", "?*", false},
		{"absent.path", "!?*", true},
		{"count", "3", true},
		{"count.more", "3", false},
		{"broken.a", "?*", false},
	}
	for _, tt := range tests {
		m := compileMatch(Match{Path: map[string]Patterns{tt.path: {tt.pattern}}}, nil, new(report))
		if got := m.refuses(f) == nil; got != tt.want {
			t.Errorf("%s = %q: %v", tt.path, tt.pattern, got)
		}
	}
}
