package mapping

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestPatternsAreAStringOrAListInStrictTOML(t *testing.T) {
	const text = `
[[rule]]
match.severity = "HIGH"
match.relevance = ["URGENT", "IMPORTANT"]
match.title = []
match.path = {"affected_asset.hosted_on" = "AWS", b = ["x", "y"]}
`
	var got struct {
		Rule []Rule `toml:"rule"`
	}
	if err := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields().Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := Match{
		Severity:  Patterns{"HIGH"},
		Relevance: Patterns{"URGENT", "IMPORTANT"},
		Title:     Patterns{},
		Path:      map[string]Patterns{"affected_asset.hosted_on": {"AWS"}, "b": {"x", "y"}},
	}
	if !reflect.DeepEqual(got.Rule[0].Match, want) {
		t.Errorf("got %#v", got.Rule[0].Match)
	}
}

func TestPatternsOfAnotherTypeAreRefused(t *testing.T) {
	for _, text := range []string{"severity = [3]", "severity = {a = 1}", "severity = [[\"a\"]]"} {
		var m Match
		if err := toml.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s decoded to %#v", text, m)
		}
	}
}

func TestANumberIsTakenAsItIsWritten(t *testing.T) {
	var m Match
	if err := toml.Unmarshal([]byte("app_id = 13"), &m); err != nil || !reflect.DeepEqual(m.AppID, Patterns{"13"}) {
		t.Errorf("got %v, %v", m.AppID, err)
	}
}
