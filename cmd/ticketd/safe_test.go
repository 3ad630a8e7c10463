package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafeShowsWhatATerminalWouldActOn(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"Weak TLS on api.example.com": "Weak TLS on api.example.com",
		"größer 漢字 🙂":                 "größer 漢字 🙂",
		"\x1b[31mred\x1b[0m":          `\x1b[31mred\x1b[0m`,
		"\x1b]8;;http://evil\x1b\\x":  `\x1b]8;;http://evil\x1b\x`,
		"bell\a back\b del\x7f":       `bell\a back\b del\x7f`,
		"over\rwritten\nforged\tline": `over\rwritten\nforged\tline`,
		"c1 \u009b31m":                `c1 \u009b31m`,
		"\u202eexe.txt\u2066x\u2069":  `\u202eexe.txt\u2066x\u2069`,
		"zero\u200bwidth\ufeff":       `zero\u200bwidth\ufeff`,
		"line\u2028para\u2029":        `line\u2028para\u2029`,
		"tag\U000e0041":               `tag\U000e0041`,
		"bad\xff\xc3":                 `bad\xff\xc3`,
		"real\ufffd":                  "real\ufffd",
		`it's "quoted" \n`:            `it's "quoted" \n`,
		"nul\x00":                     `nul\x00`,
		"no\u00a0break":               `no\u00a0break`,
	} {
		if got := safe(in); got != want {
			t.Errorf("safe(%q) is %s, want %s", in, got, want)
		}
	}
}

func TestSafeLinesKeepsLines(t *testing.T) {
	if got, want := safeLines("{\n\t\"a\": \"\x1b\"\r\n}"), "{\n"+`\t"a": "\x1b"\r`+"\n}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzSafeLeavesNothingThatATerminalActsOn(f *testing.F) {
	for _, seed := range []string{"", "plain", hostile, "\x1b[2J", "\u202e", "\xff\xfe", "\U000e0041"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := safe(s); acted(got) || strings.Contains(got, "\n") {
			t.Errorf("safe(%q) is %q", s, got)
		}
		if got := safeLines(s); acted(strings.ReplaceAll(got, "\n", "")) || strings.Count(got, "\n") != strings.Count(s, "\n") {
			t.Errorf("safeLines(%q) is %q", s, got)
		}
	})
}

func FuzzSafeJSONMeansTheSame(f *testing.F) {
	for _, seed := range []string{"", "plain", hostile, "\x7f\u0085", "\u202e\\u202e\"", "\U000e0041\U0001f642"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		plain, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		got := safeJSON(plain)
		if acted(string(got)) {
			t.Errorf("safeJSON(%s) is %q", plain, got)
		}
		var back map[string]string
		if err := json.Unmarshal(got, &back); err != nil || back[s] != s {
			t.Errorf("%q became %q: %v", s, back, err)
		}
	})
}

// acted tells whether a terminal could do anything but show the text.
func acted(s string) bool {
	if !utf8.ValidString(s) {
		return true
	}
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
	})
}
