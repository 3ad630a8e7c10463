package config

import (
	"strings"
	"unicode/utf8"
)

// inside finds where byte i of a string's value, counted from 0, stands in the TOML that the value
// was read from, quotes included: the offset of the character or of the escape that gave it. Past
// the value's end it is the closing quote.
func inside(raw string, i int) int {
	at, end := content(raw)
	if raw[0] == '\'' {
		return character(raw, min(at+i, end))
	}
	for value := 0; at < end; {
		width, gives := element(raw[at:end])
		if i < value+gives {
			break
		}
		at, value = at+width, value+gives
	}
	return character(raw, at)
}

// content gives the offsets at which a string's content begins, behind the line break that follows
// three quotes, and ends.
func content(raw string) (from, to int) {
	if len(raw) < 6 || raw[1] != raw[0] || raw[2] != raw[0] {
		return 1, len(raw) - 1
	}
	from = 3
	for _, lineBreak := range []string{"\n", "\r\n"} {
		if strings.HasPrefix(raw[from:], lineBreak) {
			return from + len(lineBreak), len(raw) - 3
		}
	}
	return from, len(raw) - 3
}

// element measures what a basic string goes on with, a byte or an escape: how many bytes of TOML it
// is, and how many of the value it gives.
func element(raw string) (width, gives int) {
	if raw[0] != '\\' {
		return 1, 1
	}
	switch raw[1] {
	case 'x':
		return escaped(raw, 2)
	case 'u':
		return escaped(raw, 4)
	case 'U':
		return escaped(raw, 8)
	case ' ', '\t', '\r', '\n': // the line goes on after all white space
		return len(raw) - len(strings.TrimLeft(raw[1:], " \t\r\n")), 0
	default:
		return 2, 1
	}
}

// escaped measures an escape that names its character by so many hexadecimal digits.
func escaped(raw string, digits int) (width, gives int) {
	var r rune
	for _, c := range strings.ToLower(raw[2 : 2+digits]) {
		r = r<<4 | rune(strings.IndexRune("0123456789abcdef", c))
	}
	return 2 + digits, utf8.RuneLen(r)
}

// character goes back to the beginning of the character that an offset is in.
func character(s string, at int) int {
	for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}
