package mapping

import (
	"slices"
	"strings"
)

// glob is a pattern in lower case, cut at its stars: the first piece is a prefix, the last a suffix
// and those between follow each other, each as far left as it fits. No choice is ever taken back,
// so that the time is linear in the length of the text, whoever wrote it.
type glob []string

func newGlob(pattern string) glob { return strings.Split(strings.ToLower(pattern), "*") }

// matches tells whether the whole text, which must be in lower case, fits the pattern.
func (g glob) matches(text string) bool {
	first, last := g[0], g[len(g)-1]
	n, ok := fits(text, first)
	if !ok {
		return false
	}
	if len(g) == 1 {
		return n == len(text)
	}
	text = text[n:]
	for _, piece := range g[1 : len(g)-1] {
		if text, ok = after(text, piece); !ok {
			return false
		}
	}
	return endsWith(text, last)
}

// fits tells whether text starts with the piece, and how many bytes of it that takes.
func fits(text, piece string) (int, bool) {
	if !strings.Contains(piece, "?") {
		return len(piece), strings.HasPrefix(text, piece)
	}
	rest := text
	for _, want := range piece {
		if rest == "" {
			return 0, false
		}
		size := firstRune(rest)
		if want != '?' && string(want) != rest[:size] {
			return 0, false
		}
		rest = rest[size:]
	}
	return len(text) - len(rest), true
}

// after gives what follows the leftmost place where the piece fits.
func after(text, piece string) (string, bool) {
	if !strings.Contains(piece, "?") {
		_, rest, ok := strings.Cut(text, piece)
		return rest, ok
	}
	for {
		if n, ok := fits(text, piece); ok {
			return text[n:], true
		}
		if text == "" {
			return "", false
		}
		text = text[firstRune(text):]
	}
}

// endsWith tells whether the piece fits at the end of the text.
func endsWith(text, piece string) bool {
	start := len(text)
	for range piece {
		if start == 0 {
			return false
		}
		start -= lastRune(text[:start])
	}
	n, ok := fits(text[start:], piece)
	return ok && start+n == len(text)
}

// everything tells whether the pattern is nothing but stars.
func (g glob) everything() bool { return len(g) > 1 && strings.Join(g, "") == "" }

// literal gives the one text that the pattern matches, where there is only one.
func (g glob) literal() (string, bool) {
	return g[0], len(g) == 1 && !strings.Contains(g[0], "?")
}

// within tells whether everything that g matches is matched by o, too. It may fail to see that.
func (g glob) within(o glob) bool {
	text := strings.Join(g, "*")
	if text == strings.Join(o, "*") {
		return true
	}
	// The pattern is taken for a text. Its stars must be swallowed by stars of o, which then swallow
	// whatever stands for them; a question mark of o would swallow one, too, and must not.
	if len(g) > 1 && slices.ContainsFunc(o, func(piece string) bool { return strings.Contains(piece, "?") }) {
		return false
	}
	return o.matches(text)
}
