package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"ticketd/internal/ticket"
)

// builtins are the functions of text/template that stay. html, js and urlquery do not: what a
// template prints is made safe without them. call has nothing to call, and print has a bound here.
func builtins() []string {
	return []string{"and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or", "slice"}
}

// callable are all the names that a template may call.
func callable(funcs template.FuncMap) []string {
	names := slices.AppendSeq(builtins(), maps.Keys(funcs))
	slices.Sort(names)
	return names
}

// functions are what templates can call, by the names and with the order of arguments of sprig, so
// that the piped value comes last:
//
//	lower, upper, trim TEXT    as they say
//	trunc N TEXT               the first N characters, the last -N where N is negative
//	default D TEXT             D where the text is empty
//	replace OLD NEW TEXT       every OLD
//	date LAYOUT TIME           a time as Data Theorem sends it in Go's layout, in UTC; what is no
//	                           time stays as it is
//	link TEXT URL              a link where the URL leads to Data Theorem's portal, else both as text
//	code TEXT                  in fixed width
//
// print, printf and println are those of Go, with a bound.
func functions(p portal) template.FuncMap {
	return template.FuncMap{
		"lower":   strings.ToLower,
		"upper":   strings.ToUpper,
		"trim":    strings.TrimSpace,
		"trunc":   trunc,
		"default": func(fallback, text string) string { return first(text, fallback) },
		"replace": replace,
		"date":    func(layout, text string) string { return formatTime(text, layout) },
		"link":    func(text, url string) styled { return newLink(p, text, url) },
		"code":    func(text string) styled { return styled{kind: ticket.Mono, text: text} },
		"print":   func(a ...any) (string, error) { return bounded(fmt.Sprint(a...)) },
		"println": func(a ...any) (string, error) { return bounded(fmt.Sprintln(a...)) },
		"printf":  func(format string, a ...any) (string, error) { return bounded(fmt.Sprintf(format, a...)) },
	}
}

// styled is what link and code give.
type styled struct {
	kind      ticket.SpanKind
	text, url string
}

// String is what a title shows.
func (s styled) String() string { return s.text }

func newLink(p portal, text, raw string) styled {
	if vetted, ok := p.vet(raw); ok {
		return styled{kind: ticket.Link, text: first(text, vetted), url: vetted}
	}
	return styled{text: strings.TrimSpace(text + " " + raw)}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func trunc(n int, text string) string {
	runes := []rune(text)
	switch {
	case n >= 0 && n < len(runes):
		return string(runes[:n])
	case n < 0 && -n < len(runes):
		return string(runes[len(runes)+n:])
	}
	return text
}

// maxValue bounds what a function makes, so that a template cannot grow a text without end.
const maxValue = 4 << 20 // bytes; a whole event has 1 MiB

var errValue = errors.New("the text becomes too long")

func replace(old, replacement, text string) (string, error) {
	n := strings.Count(text, old)
	if grown := len(text) + n*(len(replacement)-len(old)); grown > maxValue {
		return "", errValue
	}
	return strings.ReplaceAll(text, old, replacement), nil
}

func bounded(s string) (string, error) {
	if len(s) > maxValue {
		return "", errValue
	}
	return s, nil
}
