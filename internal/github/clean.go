package github

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
)

// zwsp is a zero-width space. After the sign that starts a mention, a reference or a URL it is the
// one thing that keeps GitHub from linking, beside code: backslashes and entities do not stop it
// (github/cmark-gfm#181, #389; facts: github.md section 5).
const zwsp = "\u200b"

// clean removes from a foreign text what nobody can see: control, bidirectional, zero-width and tag
// characters, invalid UTF-8. Line ends become "\n". What could be taken for a marker of ours, or for
// the HTML comment that holds one, is broken up.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\t", " ").
		Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) ||
			r >= 0xE0100 && r <= 0xE01EF { // variation selectors that can carry hidden text
			return -1
		}
		return r
	}, s)
	s = markerLike.ReplaceAllString(s, "${1}"+zwsp+"${2}")
	return strings.ReplaceAll(s, "<!--", "<"+zwsp+"!--")
}

var markerLike = regexp.MustCompile(`(?i)(d)(t[wc]-)`)

// Forms that GitHub makes live (docs: autolinked references), where they begin or where they can be
// broken. Custom autolinks (ABC-123) stay: they lead where the repository's own people configured.
var (
	mention   = regexp.MustCompile(`@`)
	reference = regexp.MustCompile(`#(?:[0-9A-Za-z]|$)`)
	ghNumber  = regexp.MustCompile(`(?i)gh-(?:[0-9]|$)`)
	scheme    = regexp.MustCompile(`://`)
	www       = regexp.MustCompile(`(?i)www\.`)
	hexRun    = regexp.MustCompile(`[0-9a-fA-F]{7,}`)
	command   = regexp.MustCompile(`(?m)^([\pZ>]*)(/[\w-]+)(\s|$)`) // "/close", but no path
)

// defuse breaks up every form that acts also inside code: e-mail replies are parsed as plain text,
// and ChatOps robots read raw bodies (dependabot-core#3157). text is clean.
func defuse(text string) string {
	text = breakAfter(mention, 1, text)
	text = breakAfter(reference, 1, text)
	text = breakAfter(ghNumber, len("GH-"), text)
	return command.ReplaceAllString(text, "${1}"+zwsp+"${2}${3}")
}

// breakAfter puts a zero-width space after the first n bytes of every match.
func breakAfter(form *regexp.Regexp, n int, text string) string {
	return form.ReplaceAllStringFunc(text, func(m string) string { return m[:n] + zwsp + m[n:] })
}

// defuseAll breaks up URLs and commit hashes too, which are live outside code only.
func defuseAll(text string) string {
	text = breakAfter(scheme, len(":/"), defuse(text))
	text = breakAfter(www, len("www"), text)
	return hexRun.ReplaceAllStringFunc(text, func(run string) string {
		var b strings.Builder
		for len(run) > 6 {
			b.WriteString(run[:6] + zwsp)
			run = run[6:]
		}
		return b.String() + run
	})
}

// oneLine joins the lines and words of a text by single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// units counts UTF-16 code units, as GitHub counts characters.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut shortens a text to at most limit UTF-16 units, at a word where one ends in the last fifth.
func cut(s string, limit int) string {
	if units(s) <= limit {
		return s
	}
	end, n := 0, 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > limit {
			end = i
			break
		}
	}
	if space := strings.LastIndexAny(s[:end], " \n"); space >= end*4/5 && space > 0 {
		end = space
	}
	return strings.TrimRightFunc(s[:end], unicode.IsSpace)
}
