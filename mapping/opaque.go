package mapping

import (
	"errors"
	"fmt"
	"strings"

	"ticketd/internal/ticket"
)

// The runes that mark a value in the output of a template: opening TEXT closing, opening TEXT
// divider closing for fixed width, opening TEXT divider URL closing for a link. They are taken out
// of every value and refused in the source of a template, so that they are always ours.
const (
	opening = '\uE000'
	closing = '\uE001'
	divider = '\uE002'
)

// placeholder is the first of the runes that stand for values while the literal text is parsed
// (a supplementary private-use plane; maxWrites keeps us within it).
const placeholder = '\U000F0000'

func sentinel(r rune) bool { return r >= opening && r <= divider }

// reserved tells whether a template's source must not hold the rune.
func reserved(r rune) bool { return sentinel(r) || r >= placeholder }

// opaque is the escaper of bodies and comments.
func opaque(v any) (string, error) {
	s, ok := v.(styled)
	if !ok {
		text, err := written(v)
		if err != nil {
			return "", err
		}
		s = styled{text: text}
	}
	return wrap(s), nil
}

// plain is the escaper of titles and of whatever else is one line: nothing there can become
// structure.
func plain(v any) (string, error) { return written(v) }

// What is printed has to be text.
var (
	errWhole   = errors.New("a finding as a whole is no text: name one of its members, e.g. .Headline")
	errMembers = errors.New("the members are a list: use {{range .Members}}…{{end}}")
)

// written gives a value as text: of a list of texts all, with commas.
func written(v any) (string, error) {
	switch v := v.(type) {
	case Data:
		return "", errWhole
	case []Data:
		return "", errMembers
	case []string:
		return strings.Join(v, ", "), nil
	}
	return fmt.Sprint(v), nil
}

// wrap puts the runes around a value that pieces finds it by.
func wrap(s styled) string {
	text := cut(strip(s.text), maxOutput)
	switch s.kind {
	case ticket.Mono:
		return string(opening) + text + string(divider) + string(closing)
	case ticket.Link:
		return string(opening) + text + string(divider) + strip(s.url) + string(closing)
	case ticket.Plain, ticket.Strong:
	}
	return string(opening) + text + string(closing)
}

func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if sentinel(r) {
			return -1
		}
		return r
	}, s)
}

// cut shortens to at most n bytes, at a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// pieces takes the values out of a template's output: what remains has one rune for each.
func pieces(out string) (skeleton string, values []styled) {
	var b strings.Builder
	for {
		literal, rest, found := strings.Cut(out, string(opening))
		b.WriteString(literal)
		if !found {
			return b.String(), values
		}
		value, after, whole := strings.Cut(rest, string(closing))
		if !whole { // the output was cut here, perhaps within a URL
			value, _, _ = strings.Cut(value, string(divider))
		}
		b.WriteRune(placeholder + rune(len(values)))
		values = append(values, unwrap(value))
		out = after
	}
}

func unwrap(value string) styled {
	text, url, isStyled := strings.Cut(value, string(divider))
	switch {
	case url != "":
		return styled{kind: ticket.Link, text: text, url: url}
	case isStyled:
		return styled{kind: ticket.Mono, text: text}
	}
	return styled{text: text}
}
