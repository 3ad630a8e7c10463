package ticket

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
)

// ZeroWidthSpace breaks a word for a parser and not for a reader.
const ZeroWidthSpace = "\u200b"

var forgedMarker = regexp.MustCompile(`(?i)(d)(t[wc]-)`)

// Clean makes foreign text fit to be shown: valid UTF-8, without control characters, without
// characters that reorder, hide or carry others, and with everything that looks like a marker of
// ours broken by a ZeroWidthSpace. Line ends become "\n", a tab four spaces. Every untrusted text
// passes here before an adapter writes it in its tracker's form.
func Clean(s string) string {
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
	return forgedMarker.ReplaceAllString(s, "${1}"+ZeroWidthSpace+"${2}")
}

// harmless tells whether Clean has nothing to do: most texts are short and plain, and a long one is
// measured many times while it is cut to size.
func harmless(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '-' {
			return false
		}
	}
	return true
}

// invisible tells whether a character shows nothing itself but changes how others show or can carry
// a text that nobody sees: controls, bidirectional overrides (Atlassian warns of them, KB
// 1086419461), zero widths, fillers, tags, supplementary variation selectors, non-characters. The
// sixteen common variation selectors stay: emoji need them.
func invisible(r rune) bool {
	switch {
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point):
		return true
	case r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF: // not characters at all
		return true
	}
	return r >= 0xE0000 && r <= 0xE0FFF // the whole block is to be ignored by default
}

// OneLine joins the lines and words of a text by single spaces. It does not clean: a text may hold
// zero-width spaces of ours by then.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Units counts a text in UTF-16 code units, as both trackers count characters: an emoji is two.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// CutWords cuts a text to at most limit units (see [Units]), at a word where one ends in the last
// quarter. What it cuts does not end in white space; a text that fits stays as it is.
func CutWords(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n <= limit {
			continue
		}
		head := s[:i]
		if at := strings.LastIndexAny(head, " \n"); at > len(head)*3/4 {
			head = head[:at]
		}
		return strings.TrimRightFunc(head, unicode.IsSpace)
	}
	return s
}
