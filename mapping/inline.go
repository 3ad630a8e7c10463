package mapping

import (
	"net/url"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

// inline reads what is within a line.
type inline struct {
	values []styled
	portal portal
}

// spans reads a line of the skeleton.
func (x inline) spans(line string) []ticket.Span {
	var out []ticket.Span
	line = strings.TrimSpace(line)
	for line != "" {
		spans, rest, ok := x.marked(line)
		if !ok {
			n := unmarked(line)
			out, line = appendText(out, line[:n]), line[n:]
			continue
		}
		for _, s := range spans {
			out = appendSpan(out, s)
		}
		line = rest
	}
	return out
}

// unmarked gives the bytes up to the next character that may begin a mark or be a value. The first
// did not.
func unmarked(line string) int {
	n := firstRune(line)
	if i := strings.IndexFunc(line[n:], func(r rune) bool { return strings.ContainsRune("\\*`[", r) || r >= placeholder }); i >= 0 {
		return n + i
	}
	return len(line)
}

// marked reads the mark or the value that the line starts with, if it does.
func (x inline) marked(line string) (spans []ticket.Span, rest string, ok bool) {
	switch {
	case line[0] == '\\' && len(line) > 1 && strings.IndexByte("\\`*[]()#->_!", line[1]) >= 0:
		return ticket.Text(line[1:2]), line[2:], true
	case strings.HasPrefix(line, "**"):
		if inner, rest, ok := strings.Cut(line[2:], "**"); ok {
			return []ticket.Span{{Kind: ticket.Strong, Text: x.verbatim(inner)}}, rest, true
		}
	case line[0] == '`':
		if inner, rest, ok := strings.Cut(line[1:], "`"); ok {
			return []ticket.Span{{Kind: ticket.Mono, Text: x.verbatim(inner)}}, rest, true
		}
	case line[0] == '[':
		text, rest, opened := strings.Cut(line[1:], "](")
		address, rest, closed := strings.Cut(rest, ")")
		if opened && closed {
			return x.link(x.verbatim(text), address), rest, true
		}
	default:
		if v, n := x.value(line); n > 0 {
			return []ticket.Span{{Kind: v.kind, Text: v.text, URL: v.url}}, line[n:], true
		}
	}
	return nil, line, false
}

// value gives the value whose placeholder the text starts with, and the bytes of that.
func (x inline) value(text string) (styled, int) {
	n := firstRune(text)
	for _, r := range text[:n] {
		if i := int(r - placeholder); i >= 0 && i < len(x.values) {
			return x.values[i], n
		}
	}
	return styled{}, 0
}

// verbatim puts the plain texts of the values back.
func (x inline) verbatim(text string) string {
	return x.expand(text, func(v styled) string { return v.text })
}

func (x inline) expand(text string, show func(styled) string) string {
	var b strings.Builder
	for text != "" {
		v, n := x.value(text)
		if n > 0 {
			b.WriteString(show(v))
		} else {
			n = firstRune(text)
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// link makes the link of [text](address). Where the address is one value, it must lead to the
// portal; else it is the template's own, and a value in it can only fill what follows the host.
func (x inline) link(text, address string) []ticket.Span {
	if v, n := x.value(address + " "); n > 0 && n == len(address) {
		return x.portal.link(text, v.text)
	}
	if target, ok := x.address(address, "https"); ok {
		return []ticket.Span{{Kind: ticket.Link, Text: text, URL: target}}
	}
	return []ticket.Span{{Text: text + " "}, {Kind: ticket.Mono, Text: x.verbatim(address)}}
}

// printedAddress gives the address that a template printed: one that is the template's own as for a
// link, by http as well, and any other if it leads to the portal.
func printedAddress(out string, p portal) (string, bool) {
	skeleton, values := pieces(strings.TrimSpace(out))
	x := inline{values: values, portal: p}
	if target, ok := x.address(skeleton, "https", "http"); ok {
		return target, true
	}
	return p.vet(strings.TrimSpace(x.verbatim(skeleton)))
}

func (x inline) address(skeleton string, schemes ...string) (string, bool) {
	scheme, host, ok := strings.Cut(skeleton, "://")
	if !ok || !slices.Contains(schemes, scheme) {
		return "", false
	}
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if host == "" || strings.ContainsFunc(host, func(r rune) bool { return r >= placeholder }) {
		return "", false
	}
	u, err := url.Parse(x.expand(skeleton, func(v styled) string {
		return strings.ReplaceAll(url.QueryEscape(v.text), "+", "%20")
	}))
	if err != nil || u.User != nil || u.Hostname() == "" {
		return "", false
	}
	for step := range strings.SplitSeq(u.Path, "/") {
		if step == "." || step == ".." {
			return "", false
		}
	}
	return u.String(), true
}

func appendText(spans []ticket.Span, s string) []ticket.Span {
	return appendSpan(spans, ticket.Span{Text: s})
}

// appendSpan joins plain text with plain text before it and leaves out what is empty.
func appendSpan(spans []ticket.Span, s ticket.Span) []ticket.Span {
	if s.Text == "" {
		return spans
	}
	if n := len(spans); n > 0 && s.Kind == ticket.Plain && spans[n-1].Kind == ticket.Plain {
		spans[n-1].Text += s.Text
		return spans
	}
	return append(spans, s)
}
