package mapping

import (
	"strings"

	"ticketd/internal/ticket"
)

// parseDoc reads what a body or comment template printed. Its literal text is a small part of
// Markdown: paragraphs, in which a line break stays one; "# " to "### " headings; "- " lists; "> "
// quotes; ``` fences; and **strong**, `code` and [text](https://…) within a line; a backslash
// before one of these signs takes its meaning away. Values only ever become text: see [opaque].
func parseDoc(out string, p portal) ticket.Doc {
	skeleton, values := pieces(out)
	m := markup{inline: inline{values: values, portal: p}}
	for line := range strings.Lines(skeleton) {
		m.line(strings.TrimRight(line, "\r\n"))
	}
	m.flush()
	return m.doc
}

// markup reads line by line. The block under way is of one kind.
type markup struct {
	inline
	doc    ticket.Doc
	kind   ticket.BlockKind
	lines  []string // of the block under way
	fenced bool
}

func (m *markup) line(s string) {
	trimmed := strings.TrimSpace(s)
	if strings.HasPrefix(trimmed, "```") {
		m.flush()
		m.fenced = !m.fenced
		return
	}
	if m.fenced {
		m.add(ticket.Code, s)
		return
	}
	if text, ok := heading(trimmed); ok {
		m.flush()
		m.add(ticket.Heading, text)
		m.flush()
		return
	}
	switch {
	case trimmed == "":
		m.flush()
	case trimmed == "-" || strings.HasPrefix(trimmed, "- "):
		m.add(ticket.List, trimmed[1:])
	case trimmed[0] == '>':
		m.add(ticket.Quote, trimmed[1:])
	case m.kind == ticket.List && len(m.lines) > 0 && s != trimmed && (s[0] == ' ' || s[0] == '\t'):
		m.lines[len(m.lines)-1] += " " + trimmed // an indented line goes on with the item
	default:
		m.add(ticket.Paragraph, trimmed)
	}
}

// heading cuts off "# ", "## " or "### ".
func heading(s string) (string, bool) {
	text := strings.TrimLeft(s, "#")
	level := len(s) - len(text)
	return text, level >= 1 && level <= 3 && strings.HasPrefix(text, " ")
}

func (m *markup) add(kind ticket.BlockKind, line string) {
	if m.kind != kind {
		m.flush()
		m.kind = kind
	}
	m.lines = append(m.lines, line)
}

// flush ends the block under way. What has no text is left out.
func (m *markup) flush() {
	lines := m.lines
	m.lines = nil
	switch m.kind {
	case ticket.Code:
		if text := m.verbatim(strings.Join(lines, "\n")); strings.TrimSpace(text) != "" {
			m.doc = append(m.doc, ticket.Block{Kind: ticket.Code, Text: text})
		}
	case ticket.List:
		var items [][]ticket.Span
		for _, l := range lines {
			if spans := unbroken(m.spans(l)); !blank(spans) {
				items = append(items, spans)
			}
		}
		if len(items) > 0 {
			m.doc = append(m.doc, ticket.Block{Kind: ticket.List, Items: items})
		}
	default:
		spans := m.broken(lines)
		if m.kind == ticket.Heading {
			spans = unbroken(spans)
		}
		if !blank(spans) {
			m.doc = append(m.doc, ticket.Block{Kind: m.kind, Spans: spans})
		}
	}
}

// broken joins lines with line breaks and leaves out those without text.
func (m *markup) broken(lines []string) []ticket.Span {
	var all []ticket.Span
	for _, l := range lines {
		spans := m.spans(l)
		if blank(spans) {
			continue
		}
		if len(all) > 0 {
			all = appendText(all, "\n")
		}
		for _, s := range spans {
			all = appendSpan(all, s)
		}
	}
	return all
}

// unbroken puts spans on one line.
func unbroken(spans []ticket.Span) []ticket.Span {
	for i := range spans {
		spans[i].Text = strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, spans[i].Text)
	}
	return spans
}

func blank(spans []ticket.Span) bool {
	for _, s := range spans {
		if strings.TrimSpace(s.Text) != "" {
			return false
		}
	}
	return true
}
