package jira

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
)

// zwsp is a zero width space: it breaks a word for a parser and not for a reader.
const zwsp = "\u200b"

var reForgedMarker = regexp.MustCompile(`(?i)(d)(t[wc]-)`)

// clean makes foreign text fit to be shown: valid, without control characters, without characters
// that reorder or hide others, and without anything that looks like a marker of ours. Line ends
// become \n. Every untrusted text passes here first, whatever form it is then written in.
func clean(s string) string {
	if harmless(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\t", "    ")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case invisible(r):
			return -1
		}
		return r
	}, s)
	return reForgedMarker.ReplaceAllString(s, "${1}"+zwsp+"${2}")
}

// harmless tells whether clean has nothing to do: most texts are short and plain, and a long one is
// measured many times while it is cut to size.
func harmless(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '-' {
			return false
		}
	}
	return true
}

// invisible tells whether a character shows nothing itself but changes how others show: controls,
// bidirectional overrides (Atlassian warns of them, KB 1086419461), zero width, tags.
func invisible(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return true
	case r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF: // not characters at all
		return true
	}
	return r >= 0xE0000 && r <= 0xE007F
}

// oneLine cleans a text and makes one line of it.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// units counts a text as Jira does: Java characters, of which an emoji is two.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// cutWords cuts a text to at most limit units, at a word where one ends near the limit.
func cutWords(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += max(utf16.RuneLen(r), 1); n <= limit {
			continue
		}
		head := s[:i]
		if at := strings.LastIndexAny(head, " \n"); at > len(head)*3/4 {
			head = head[:at]
		}
		return strings.TrimRight(head, " \n")
	}
	return s
}

const (
	summaryLimit = 250 // "Summary must be less than 255 characters."
	labelLimit   = 255
)

// summary makes the one line of a ticket's title.
func summary(title string) string {
	s := oneLine(title)
	if s == "" {
		return "Finding without a title"
	}
	if units(s) <= summaryLimit {
		return s
	}
	return cutWords(s, summaryLimit-1) + "…"
}

// label makes a text a valid label: Jira refuses white space ("The label 'x' contains spaces which
// is invalid.") and more than 255 characters. It may come out empty.
func label(s string) string {
	joined := clean(strings.Join(strings.Fields(clean(s)), "-")) // "dtw 01…" has become a marker only now
	return cutWords(joined, labelLimit)
}
