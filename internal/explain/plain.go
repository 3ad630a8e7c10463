package explain

import (
	"strings"

	"ticketd/internal/ticket"
)

// Plain writes a document as text for people: headings over a line, lists with dashes, tables as
// "name: value". What stands in it is hostile still; line ends inside it stay.
func Plain(d ticket.Doc) string {
	blocks := make([]string, 0, len(d))
	for _, b := range d {
		blocks = append(blocks, plainBlock(b))
	}
	return strings.Join(blocks, "\n\n")
}

func plainBlock(b ticket.Block) string {
	switch b.Kind {
	case ticket.Heading:
		return "## " + plainSpans(b.Spans)
	case ticket.List:
		return plainItems(b.Items)
	case ticket.Table:
		return plainTable(b.Items)
	case ticket.Code:
		return indented("    ", b.Text)
	case ticket.Quote:
		return indented("> ", plainSpans(b.Spans))
	case ticket.Paragraph:
	}
	return plainSpans(b.Spans)
}

func plainItems(items [][]ticket.Span) string {
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = "- " + plainSpans(item)
	}
	return strings.Join(lines, "\n")
}

func plainTable(items [][]ticket.Span) string {
	var lines []string
	for i := 0; i+1 < len(items); i += 2 {
		lines = append(lines, plainSpans(items[i])+": "+plainSpans(items[i+1]))
	}
	return strings.Join(lines, "\n")
}

func plainSpans(spans []ticket.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
		if s.Kind == ticket.Link && s.URL != s.Text {
			b.WriteString(" (" + s.URL + ")")
		}
	}
	return b.String()
}

func indented(by, text string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}
