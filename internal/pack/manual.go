package main

import (
	"strings"
	"time"

	"ticketd/internal/roff"
)

// manual makes ticketd.toml(5) of the example, which has every key with what it means: comments become
// text, keys are shown as they are, tables are the headings.
func (b builder) manual(example string) []byte {
	page := roff.New(roff.Title{
		Name: "ticketd.toml", Section: 5, Date: b.commit.time.Format(time.DateOnly), Source: "ticketd " + b.stamp, Manual: "File Formats",
	})
	page.Section("Name")
	page.Text("ticketd.toml - configuration of ticketd(1)")
	page.Section("Description")
	head, keys, _ := strings.Cut(example, "\n\n# Part of every marker")
	page.Text("The file is in TOML, by default /etc/ticketd/ticketd.toml.\n\n" + comment(head))
	page.Section("Keys")
	manualKeys(page, "# Part of every marker"+keys)
	page.Section("See also")
	page.Text("ticketd(1), /usr/share/doc/ticketd/README.md, /usr/share/doc/ticketd/docs/mapping.md")
	return []byte(page.String())
}

// manualKeys writes runs of comments and runs of keys in turn.
func manualKeys(page *roff.Page, lines string) {
	var said, shown []string
	told := func() {
		if len(said) > 0 {
			page.Text(comment(strings.Join(said, "\n")))
		}
		said = nil
	}
	keyed := func() {
		if text := strings.TrimSpace(strings.Join(shown, "\n")); text != "" {
			page.Literal(text)
		}
		shown = nil
	}
	for line := range strings.Lines(lines) {
		switch line = strings.TrimRight(line, "\n"); {
		case strings.HasPrefix(line, "# "):
			keyed()
			said = append(said, line)
		case strings.HasPrefix(line, "["): // the comment above it is about the whole table
			keyed()
			page.Subsection(line)
			told()
		default:
			told()
			shown = append(shown, line)
		}
	}
	told()
	keyed()
}

// comment gives the text of a comment.
func comment(lines string) string {
	var text strings.Builder
	for line := range strings.Lines(lines) {
		text.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
	}
	return text.String()
}
