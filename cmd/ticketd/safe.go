package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// safe makes a text that came from a finding, a tracker or a file harmless for a terminal: line
// ends, escape sequences, direction marks, whatever else has no look of its own, and bytes that are
// no UTF-8 are shown as Go would write them, "\x1b" and "\u202e". The result is one line.
func safe(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// safeLines is safe for a text of several lines, which it leaves as lines.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = safe(line)
	}
	return strings.Join(lines, "\n")
}

// safeJSON is safe for a JSON document, whose meaning stays the same: what a terminal could act on
// occurs only inside strings, where it can be written as an escape.
func safeJSON(document []byte) []byte {
	out := make([]byte, 0, len(document))
	for _, r := range string(document) {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := surrogates(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// surrogates gives the two halves by which JSON writes a character beyond U+FFFF.
func surrogates(r rune) (high, low rune) {
	r -= 0x10000
	return 0xd800 + r>>10, 0xdc00 + r&0x3ff
}
