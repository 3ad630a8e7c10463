package mapping

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"

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

// FunctionDoc tells of one function that templates can call, beside those of Go's templates (and,
// or, not, eq, ne, lt, le, gt, ge, len, index, slice). Names and the order of arguments are those of
// sprig, so that the piped value comes last. None of them knows the network, the environment or the
// clock.
type FunctionDoc struct {
	Name      string
	Arguments string // "N TEXT"
	Meaning   string
	Example   string // a template
	Result    string // what it prints
}

// Functions lists them in the order in which documents name them.
func Functions() []FunctionDoc {
	var docs []FunctionDoc
	for _, f := range functionTable(nil) {
		docs = append(docs, f.FunctionDoc)
	}
	return docs
}

// functions are what templates can call, where links may lead to the portal.
func functions(p portal) template.FuncMap {
	funcs := make(template.FuncMap)
	for _, f := range functionTable(p) {
		funcs[f.Name] = f.call
	}
	return funcs
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

func titled(text string) string {
	begins := true
	return strings.Map(func(r rune) rune {
		wasFirst := begins
		begins = unicode.IsSpace(r)
		if wasFirst {
			return unicode.ToTitle(r)
		}
		return r
	}, text)
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

func abbrev(n int, text string) string {
	const dots = "..."
	if runes := []rune(text); n > len(dots) && len(runes) > n {
		return string(runes[:n-len(dots)]) + dots
	}
	return text
}

func ternary(yes, no any, condition bool) any {
	if condition {
		return yes
	}
	return no
}

// Bounds of what a function makes, so that a template cannot grow a text or a list without end.
const (
	maxValue = 4 << 20 // bytes; a whole event has 1 MiB
	maxParts = 10_000
)

var (
	errValue = errors.New("the text becomes too long")
	errParts = errors.New("the list becomes too long")
)

func replace(old, replacement, text string) (string, error) {
	n := strings.Count(text, old)
	if grown := len(text) + n*(len(replacement)-len(old)); grown > maxValue {
		return "", errValue
	}
	return strings.ReplaceAll(text, old, replacement), nil
}

func splitList(separator, text string) ([]string, error) {
	if strings.Count(text, separator) >= maxParts {
		return nil, errParts
	}
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, separator), nil
}

func join(separator string, list []string) (string, error) {
	total := len(separator) * len(list)
	for _, part := range list {
		total += len(part)
	}
	if total > maxValue {
		return "", errValue
	}
	return strings.Join(list, separator), nil
}

func printed(values []any, write func(...any) string) (string, error) {
	for _, v := range values {
		switch v.(type) {
		case Data:
			return "", errWhole
		case []Data:
			return "", errMembers
		}
	}
	text := write(values...)
	if len(text) > maxValue {
		return "", errValue
	}
	return text, nil
}
