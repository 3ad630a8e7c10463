package config

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestPositionsCountLinesAndCharacters(t *testing.T) {
	text := "# prüfung\n[log]\nlevel = \"info\"\nformat = \"xml\"\n[portal]\nhosts = [\"käse.de\", \"a b\"]\n[[rule]]\n  bogus = 1\n"
	want := []string{"4:1 log.format", "6:10 portal.hosts[0]", "6:21 portal.hosts[1]", "8:3 rule[0].bogus"}
	for name, variant := range map[string]string{
		"LF": text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"byte order mark": "\ufeff" + text, "both": "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		_, problems := Parse("x.toml", []byte(variant), environ(t, nil))
		for _, place := range want {
			line, key, _ := strings.Cut(place, " ")
			if !strings.Contains(problems.String(), "x.toml:"+line+": error: "+key+": ") {
				t.Errorf("%s: %s is not in:\n%s", name, place, problems)
			}
		}
	}
}

func TestASyntaxErrorIsPlacedAfterAByteOrderMark(t *testing.T) {
	_, problems := Parse("x.toml", []byte("\ufeff[log]\r\nlevel = \r\n"), environ(t, nil))
	if len(problems) != 1 || problems[0].Line != 2 || problems[0].Column != 9 {
		t.Errorf("got %v", problems)
	}
}

func TestAProblemOfTheRulesIsPlacedAtItsKey(t *testing.T) {
	text := `[server]
insecure_no_auth = true
[github.main]
token = "0d93b1a6e2c84f57a1b8c6d2e4f09375"
[defaults]
on_regression = "shrug"
[[rule]]
tracker = "main"
repository = "example/findings"
match.severity = "HIGH"
[rule.on.fixd]
comment = "x"
[[rule]]
tracker = "mian"
repository = "example/findings"
[[rule]]
tracker = "main"
title = """
{{.Titel}}"""
`
	_, problems := Parse("x.toml", []byte(text), environ(t, nil))
	for _, place := range []string{
		"x.toml:6:1: error: defaults.on_regression: ", "x.toml:11:10: error: rule[0].on.fixd: ", "x.toml:14:1: error: rule[1].tracker: ",
		"x.toml:16:3: error: rule[2].repository: ", "x.toml:19:3: error: rule[2].title: ",
	} {
		if !strings.Contains(problems.String(), place) {
			t.Errorf("%s is not in:\n%s", place, problems)
		}
	}
}

func TestAllWrongEventTypesAreReportedAtTheirKeys(t *testing.T) {
	text := "[[events]]\ntype = \"A\"\nclass = \"status\"\nkind = \"thing\"\n[[events]]\ntype = \"B\"\nclass = \"ignored\"\nfields = { titel = [\"x\"] }\n"
	_, problems := Parse("x.toml", []byte(text), environ(t, nil))
	for _, place := range []string{"x.toml:4:1: error: events[0].kind: ", "x.toml:8:12: error: events[1].fields.titel: "} {
		if !strings.Contains(problems.String(), place) {
			t.Errorf("%s is not in:\n%s", place, problems)
		}
	}
}

func TestTheNearestNameIsSuggested(t *testing.T) {
	names := []string{"path", "listen", "behind_proxy", "insecure_no_auth"}
	for word, want := range map[string]string{
		"pth": "path", "Listen": "listen", "behind-proxy": "behind_proxy", "insecure_noauth": "insecure_no_auth", "x": "", "colour": "", "": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("for %q: %q, want %q", word, got, want)
		}
	}
}

// agrees compares the tree with go-toml: what one takes as TOML the other must, and the same in it.
func agrees(t *testing.T, data []byte) {
	t.Helper()
	d := newFile("x.toml", data)
	var want map[string]any
	err := toml.Unmarshal(d.data, &want)
	if clean := d.parse() && len(d.problems) == 0; clean != (err == nil) {
		t.Fatalf("go-toml says %v, we say %v", err, d.problems)
	}
	if err != nil {
		return
	}
	got, err := d.root.any()
	if err == nil && !same(got, want) { // an error: inf or nan, which JSON cannot hold
		t.Fatalf("got %v, want %v", got, want)
	}
}

// same compares our value with go-toml's, which has types of its own for dates where we have text.
func same(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		m, ok := got.(map[string]any)
		for name, inner := range want {
			ok = ok && same(m[name], inner)
		}
		return ok && len(m) == len(want)
	case []any:
		list, ok := got.([]any)
		ok = ok && len(list) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = same(list[i], want[i])
		}
		return ok
	case string, bool, int64, float64:
		return got == want
	default:
		_, ok := got.(string)
		return ok
	}
}
