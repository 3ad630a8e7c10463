package github

import (
	"regexp"
	"strings"

	"ticketd/internal/ticket"
)

// block writes one block; "" where it holds nothing to show.
func block(b ticket.Block) string {
	switch b.Kind {
	case ticket.Heading:
		if text := ticket.OneLine(spans(b.Spans)); text != "" {
			return "### " + text
		}
		return ""
	case ticket.List:
		return list(b.Items)
	case ticket.Table:
		return table(b.Items)
	case ticket.Code:
		if strings.TrimSpace(b.Text) == "" {
			return ""
		}
		return codeBlock(b.Text)
	case ticket.Quote:
		return quote(spans(b.Spans))
	case ticket.Paragraph:
	}
	return paragraph(spans(b.Spans))
}

// paragraph keeps line ends, which GitHub shows as such in issues, and at most one empty line.
func paragraph(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func quote(text string) string {
	text = paragraph(text)
	if text == "" {
		return ""
	}
	return "> " + strings.ReplaceAll(text, "\n", "\n> ")
}

// box is how a link begins that might be read as the box of a task.
var box = regexp.MustCompile(`^\[[ xX]\]`)

func list(items [][]ticket.Span) string {
	var lines []string
	for _, item := range items {
		if text := ticket.OneLine(spans(item)); text != "" {
			lines = append(lines, "- "+box.ReplaceAllString(text, zwsp+"$0"))
		}
	}
	return strings.Join(lines, "\n")
}

// table writes pairs of name and value. GitHub wants a header; an empty one shows as a thin line.
func table(items [][]ticket.Span) string {
	lines := []string{"| | |", "|---|---|"}
	for i := 0; i+1 < len(items); i += 2 {
		lines = append(lines, "| "+cell(items[i])+" | "+cell(items[i+1])+" |")
	}
	if len(lines) == 2 {
		return ""
	}
	return strings.Join(lines, "\n")
}

// cell writes a cell. A table is split at every bar before code spans are looked for, so code with a
// bar in it would fall apart: it is shown as plain text. A bar in plain text is an entity, because
// "\\|" is read differently inside and outside tables.
func cell(list []ticket.Span) string {
	safe := make([]ticket.Span, len(list))
	for i, s := range list {
		if s.Kind == ticket.Mono && strings.ContainsAny(s.Text, `|\`) {
			s.Kind = ticket.Plain
		}
		safe[i] = s
	}
	return strings.ReplaceAll(ticket.OneLine(spans(safe)), `\|`, "&#124;")
}
