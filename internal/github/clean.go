package github

import (
	"regexp"
	"strings"

	"ticketd/internal/ticket"
)

// zwsp, after the sign that starts a mention, a reference or a URL, is the one thing that keeps
// GitHub from linking, beside code: backslashes and entities do not stop it (github/cmark-gfm#181,
// #389; facts: github.md section 5).
const zwsp = ticket.ZeroWidthSpace

// clean is [ticket.Clean], and breaks up the beginning of an HTML comment, which could hold a marker.
func clean(s string) string { return strings.ReplaceAll(ticket.Clean(s), "<!--", "<"+zwsp+"!--") }

// Forms that GitHub makes live (docs: autolinked references), where they begin or where they can be
// broken. Custom autolinks (ABC-123) stay: they lead where the repository's own people configured.
var (
	mention   = regexp.MustCompile(`@`)
	reference = regexp.MustCompile(`#(?:[\pL\pN]|$)`)
	ghNumber  = regexp.MustCompile(`(?i)gh-(?:\pN|$)`)
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
