package config

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTheSchemaKnowsTheValues asks the loader about every value that the schema lists, and about one
// that it does not.
func TestTheSchemaKnowsTheValues(t *testing.T) {
	rule := includeHead + "[jira.j]\nurl = \"https://jira.example.com\"\ntoken = \"0d93b1a6e2c84f57a1b8c6d2e4f09375\"\n[[rule]]\nname = \"x\"\n"
	texts := map[string]struct{ text, key string }{
		"Log.format":           {"[log]\nformat = ?", "log.format"},
		"Jira.deployment":      {"[jira.x]\ndeployment = ?", "jira.x.deployment"},
		"Entry.class":          {"[[events]]\ntype = \"A\"\nclass = ?", "events[0].class"},
		"Entry.kind":           {"[[events]]\ntype = \"A\"\nclass = \"note_created\"\nkind = ?", "events[0].kind"},
		"Entry.disposition":    {"[[events]]\ntype = \"A\"\nclass = \"status\"\nkind = \"target\"\ndisposition = ?", "events[0].disposition"},
		"Rule.on_regression":   {rule + "tracker = \"j\"\nproject = \"SEC\"\non_regression = ?", "rule[0].on_regression"},
		"Rule.label_spaces":    {rule + "tracker = \"main\"\nrepository = \"a/b\"\nlabel_spaces = ?", "rule[0].label_spaces"},
		"Outcome.state_reason": {rule + "tracker = \"main\"\nrepository = \"a/b\"\non.fixed.state_reason = ?", "rule[0].on.fixed.state_reason"},
	}
	values := enums()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		tt, known := texts[key]
		if !known {
			t.Errorf("%s is not asked about", key)
		}
		for _, value := range append(values[key], "bogus") {
			_, problems := Parse("x.toml", []byte(strings.ReplaceAll(tt.text, "?", `"`+value+`"`)), environ(t, nil))
			wrong := slices.ContainsFunc(problems, func(p Problem) bool { return p.Key == tt.key && !p.Warning })
			if wrong != (value == "bogus") {
				t.Errorf("%s = %q: %v", key, value, problems)
			}
		}
	}
}

func TestTheSchemaTakesTheDurationsThatTheLoaderTakes(t *testing.T) {
	pattern := regexp.MustCompile(durationPattern)
	for _, given := range []string{"10m", "1h30m", "90s", "30d", "0", "0d", "1.5h", ".5s", "3µs", "", "d", "30 d", "1.5d", "30D", "10", "m", "1h30", "week"} {
		d := &document{}
		var got time.Duration
		n := &node{kind: text, text: given, in: newFile("x", nil)}
		d.decode(n, reflect.ValueOf(&got).Elem())
		if taken := len(d.problems) == 0; taken != pattern.MatchString(given) {
			t.Errorf("%q: the loader takes it: %v, the schema: %v", given, taken, !taken)
		}
	}
}
