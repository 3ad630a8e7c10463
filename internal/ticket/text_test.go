package ticket_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ticketd/internal/ticket"
)

func TestCleanTakesAwayWhatHidesOrForges(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"plain":                            "plain",
		"well-known":                       "well-known",
		"a\r\nb\rc\u2028d\u0085e":          "a\nb\nc\nd\ne",
		"a\u2029b\n\nc":                    "a\nb\n\nc",
		"tab\there":                        "tab    here",
		"\x1b[31mred\x00\x7f":              "[31mred",
		"c1\u009b31m":                      "c131m",
		"\u202eevil\u2066x\u2069":          "evilx",
		"zero\u200bwidth\ufeff":            "zerowidth",
		"soft\u00adhyphen":                 "softhyphen",
		"tag\U000e0041\U000e007f":          "tag",
		"unassigned\U000e0000\U000e0fff":   "unassigned",
		"selector\U000e0100\U000e01ef":     "selector",
		"filler\u115f\u3164\uffa0\u034f":   "filler",
		"none\ufdd0\ufffe\uffff\U0010ffff": "none",
		"bad\xff\xfeutf8":                  "bad\uFFFDutf8",
		"half\xed\xa0\x80":                 "half\uFFFD",
		"DTW-1 dtc-2 d\u200btw-3":          "D\u200bTW-1 d\u200btc-2 d\u200btw-3",
		"d\u3164tw-4 dt\U000e0100w-5":      "d\u200btw-4 d\u200btw-5",
		"d tw-6 dt\nw-7":                   "d tw-6 dt\nw-7",
		"familie 👍 Größe 日本語":              "familie 👍 Größe 日本語",
		"heart ❤\ufe0f":                    "heart ❤\ufe0f",
	} {
		if got := ticket.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOneLineKeepsTheZeroWidthSpacesOfOurs(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" a\n\n b\tc\u00a0d\u2028e\r\n", "a b c d e"},
		{"@" + ticket.ZeroWidthSpace + "x", "@" + ticket.ZeroWidthSpace + "x"},
	} {
		if got := ticket.OneLine(c.in); got != c.want {
			t.Errorf("OneLine(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestUnitsAreCountedAsTheTrackersCountThem(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "Größe": 5, "日本": 2, "👍": 2, "\xff\xfe": 2} {
		if got := ticket.Units(in); got != want {
			t.Errorf("Units(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestATextIsCutAtAWordNearTheLimit(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"fits", 4, "fits"},
		{"fits ", 5, "fits "},
		{"", 0, ""},
		{"nothing", 0, ""},
		{"nothing", -1, ""},
		{"one two three", 12, "one two thre"}, // the word would cost too much
		{"eleven words", 9, "eleven wo"},
		{"eleven words", 7, "eleven"},
		{"word word word word x", 18, "word word word"},
		{"a long line\nmore", 13, "a long line"},
		{"ends in space\u00a0\u00a0x", 15, "ends in space"},
		{"👍👍👍", 5, "👍👍"},
		{"👍👍👍", 1, ""},
	} {
		if got := ticket.CutWords(c.in, c.limit); got != c.want {
			t.Errorf("CutWords(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestWhatIsCutFitsAndIsABeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab \n\u00a0é日👍"))).Draw(t, "text")
		limit := rapid.IntRange(0, 40).Draw(t, "limit")
		got := ticket.CutWords(s, limit)
		switch {
		case ticket.Units(s) <= limit:
			if got != s {
				t.Errorf("%q fits into %d, but became %q", s, limit, got)
			}
		case ticket.Units(got) > limit, !strings.HasPrefix(s, got), strings.TrimRightFunc(got, unicode.IsSpace) != got:
			t.Errorf("CutWords(%q, %d) = %q", s, limit, got)
		case !strings.ContainsAny(s, " \n\u00a0") && ticket.Units(got) < limit-1:
			t.Errorf("CutWords(%q, %d) = %q, and there was no word to end at", s, limit, got)
		}
	})
}

// markerPrefix is how every marker begins, however it is written.
var markerPrefix = regexp.MustCompile(`(?i)dt[wc]-`)

func FuzzACleanTextIsValidVisibleAndNoMarker(f *testing.F) {
	for _, s := range []string{"", "plain", "dtw-0123456789abcdef01234567", "d\u200btw-", "d\u3164tc-", "\xff\xfe", "a\r\nb\tc", "\U000e0041\U000e0100\ufdd0\uffff", "❤\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(checkClean[*testing.T])
}

func TestACleanTextIsValidVisibleAndNoMarkerWhateverItIsMadeOf(t *testing.T) {
	parts := rapid.OneOf(
		rapid.SampledFrom([]string{"d", "D", "t", "T", "w", "c", "W", "C", "-", "dtw-", "dtc-", "\u200b", "\u200d", "\u00ad", "\u3164", "\U000e0041", "\U000e0100", "\ufdd0", "\xff", "\xe2", "\r", "\n", "\t", "\u0085", "\u2028", "\ufe0f", "👍"}),
		rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		checkClean(t, strings.Join(rapid.SliceOf(parts).Draw(t, "parts"), ""))
	})
}

func checkClean[T interface{ Errorf(string, ...any) }](t T, s string) {
	got := ticket.Clean(s)
	if !utf8.ValidString(got) {
		t.Errorf("%q became %q, which is not valid", s, got)
	}
	if again := ticket.Clean(got); again != got {
		t.Errorf("%q became %q, and that %q", s, got, again)
	}
	if m := markerPrefix.FindString(got); m != "" {
		t.Errorf("%q became %q, which holds %q", s, got, m)
	}
	broken := regexp.MustCompile(`(?i)(d)\x{200b}(t[wc]-)`).ReplaceAllString(got, "$1$2") // the one invisible character of ours
	for _, r := range broken {
		if hides(r) {
			t.Errorf("%q became %q, which holds %U", s, got, r)
		}
	}
	for _, r := range s { // nothing that a reader sees is lost
		if (unicode.IsLetter(r) || unicode.IsNumber(r)) && !hides(r) && !strings.ContainsRune(got, r) {
			t.Errorf("%q became %q, without %q", s, got, r)
		}
	}
}

// hides says by Unicode's own properties what must not be left. Variation_Selector beyond the basic
// plane is the block that can carry a text; the common selectors belong to emoji.
func hides(r rune) bool {
	switch {
	case r == '\n':
		return false
	case r == '\u2028', r == '\u2029', utf16.IsSurrogate(r):
		return true
	case r > 0xFFFF && unicode.Is(unicode.Variation_Selector, r):
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}
