package jira

import (
	"strings"
	"testing"
)

func TestATextOfAnAnswerStaysOneStringOfTOML(t *testing.T) {
	for in, want := range map[string]string{
		"":                        `""`,
		"Red":                     `"Red"`,
		`say "x" \ y`:             `"say \"x\" \\ y"`,
		"a\nb = 1\r\x00":          `"a b = 1"`,
		strings.Repeat("x", 1000): `"` + strings.Repeat("x", 200) + `…"`,
	} {
		if got := tomlText(in); got != want {
			t.Errorf("tomlText(%q) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"customfield_1": "customfield_1", "Root cause": `"Root cause"`, "": `""`, "a.b": `"a.b"`, "größe": `"größe"`} {
		if got := tomlKey(in); got != want {
			t.Errorf("tomlKey(%q) = %s, want %s", in, got, want)
		}
	}
}
