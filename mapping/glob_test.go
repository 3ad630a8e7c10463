package mapping

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAGlobMatchesTheWholeText(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"abc", "abc", true}, {"abc", "abcd", false}, {"abc", "xabc", false}, {"abc", "", false},
		{"*", "", true}, {"*", "anything", true}, {"**", "x", true},
		{"?", "", false}, {"?", "é", true}, {"?", "ab", false}, {"?*", "", false}, {"?*", "ab", true},
		{"a*", "a", true}, {"a*", "ba", false}, {"*a", "ba", true}, {"*a", "ab", false},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "a--b--c", true}, {"a*b*c", "a--c--b", false},
		{"*ab?b*", "xxaabxbxx", true}, {"*.example.com", "API.Example.COM", true}, {"HIGH", "high", true},
		{"ÄRGER*", "ärgerlich", true}, {"a.c", "abc", false}, {"[a]", "a", false}, {`a\*`, "a*", false},
		{"?\U0001F600", "x\U0001F600", true},
	}
	for _, tt := range tests {
		if got := newGlob(tt.pattern).matches(strings.ToLower(tt.text)); got != tt.want {
			t.Errorf("%q on %q: %v", tt.pattern, tt.text, got)
		}
	}
}

// regexpOf says the same as a glob in another language.
func regexpOf(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(strings.ToLower(pattern))
	return regexp.MustCompile(`(?s)\A` + strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted) + `\z`)
}

func TestAGlobAgreesWithARegularExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[abé?*]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[abé]{0,10}`).Draw(t, "text")
		if got, want := newGlob(pattern).matches(text), regexpOf(pattern).MatchString(text); got != want {
			t.Fatalf("%q on %q: %v", pattern, text, got)
		}
	})
}

func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*?*", "é")
	f.Add("?", "\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		text = strings.ToLower(strings.ToValidUTF8(text, "?"))
		pattern = strings.ToValidUTF8(pattern, "?")
		if len(pattern) > maxPattern || len(text) > 1<<10 {
			return
		}
		if got, want := newGlob(pattern).matches(text), regexpOf(pattern).MatchString(text); got != want {
			t.Errorf("%q on %q: %v", pattern, text, got)
		}
	})
}

func TestNoTextMakesAGlobSlow(t *testing.T) {
	text := strings.Repeat("a", 1<<20) + "b"
	// With back-tracking these would still be running when the sun goes out.
	for _, pattern := range []string{strings.Repeat("*a", maxPattern/2-1) + "x", strings.Repeat("*a?a", maxPattern/4-1) + "x", "a?a?a?a?a?a?a?a*b?"} {
		if newGlob(pattern).matches(text) {
			t.Errorf("%s matches", pattern)
		}
	}
}
