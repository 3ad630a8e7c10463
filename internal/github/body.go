package github

import (
	"regexp"
	"strings"

	"ticketd/internal/ticket"
)

// Limits of GitHub in UTF-16 units. A body may have 65,536; the rest is room for what a person adds
// and for what we write around it (facts: github.md section 5).
const (
	titleLimit = 256
	bodyLimit  = 60_000
	labelLimit = 50
)

// The lines that mark what is ours in the body of an issue.
const (
	fenceBegin = "<!-- ticketd:begin -->"
	fenceEnd   = "<!-- ticketd:end -->"
)

// marked is the first line of a body or comment of ours.
var marked = regexp.MustCompile(`^<!-- ticketd:v1 (dt[wc]-[0-9a-f]{24}) -->\r?(?:\n|$)`)

func markerLine(marker string) string { return "<!-- ticketd:v1 " + marker + " -->\n" }

// markerOf gives the marker in the first line of a body; "" where there is none. Text that is not
// ours never stands in the first line.
func markerOf(body string) string {
	m := marked.FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}

// title makes a title that GitHub takes and that links to nothing.
func title(s string) string {
	text := defuseAll(ticket.OneLine(clean(s)))
	if text == "" {
		return "Security finding"
	}
	if ticket.Units(text) > titleLimit {
		return ticket.CutWords(text, titleLimit-1) + "…"
	}
	return text
}

// issueBody writes the whole body of a new issue.
func issueBody(d ticket.Draft) string {
	return markerLine(d.Marker) + fenceBegin + fenced(d, bodyLimit) + fenceEnd + "\n"
}

// fenced writes our part of a body, its text within a limit of UTF-16 units.
func fenced(d ticket.Draft, limit int) string {
	return "\n\n" + strings.TrimLeft(render(d.Body, limit, d.PortalURL)+"\n\nReference `"+d.Marker+"`", "\n") + "\n\n"
}

// commentBody writes a comment.
func commentBody(c ticket.Comment) string {
	return markerLine(c.Marker) + "\n" + render(c.Body, bodyLimit, "") + "\n"
}

// splitFence finds our part of a body as it stands, and what is around it.
func splitFence(body string) (before, inside, after string, ok bool) {
	before, rest, ok := strings.Cut(body, fenceBegin)
	if !ok {
		return "", "", "", false
	}
	inside, after, ok = strings.Cut(rest, fenceEnd)
	return before, inside, after, ok
}

// render writes a text within a limit of UTF-16 units. What is too long is cut at a word and says
// so, with a link to the whole.
func render(doc ticket.Doc, limit int, portal string) string {
	var parts []string
	note := cutNote(portal)
	left := limit - ticket.Units(note) - 2 // the note must fit whatever came before it
	for _, b := range doc {
		text, fits := within(b, left-2)
		if !fits {
			if text := shortened(b, left-2); text != "" {
				parts = append(parts, text)
			}
			return strings.Join(append(parts, note), "\n\n")
		}
		if text != "" {
			parts, left = append(parts, text), left-ticket.Units(text)-2
		}
	}
	return strings.Join(parts, "\n\n")
}

// within writes a block if it fits into a limit. One whose bare text does not fit is not even
// written: escaping makes it longer, and a finding can be a megabyte.
func within(b ticket.Block, limit int) (text string, fits bool) {
	bare := ticket.Units(b.Text)
	for _, spans := range append([][]ticket.Span{b.Spans}, b.Items...) {
		for _, s := range spans {
			bare += ticket.Units(s.Text)
		}
	}
	if bare > limit {
		return "", false
	}
	text = block(b)
	return text, ticket.Units(text) <= limit
}

// cutNote says that a text was cut. A link that is as long as a text is left out of it.
func cutNote(portal string) string {
	note := "*This text was too long for GitHub and is cut here.*"
	if portal == "" {
		return note
	}
	if to := " " + link("The whole text is in the portal.", portal); ticket.Units(to) <= fenceLeast/2 {
		note += to
	}
	return note
}

// shortened writes as much of a block as fits into limit, "" when nothing useful does. What is
// written can be several times longer than its text, so the text is halved until it fits.
func shortened(b ticket.Block, limit int) string {
	if b.Kind == ticket.List || b.Kind == ticket.Table {
		for n := len(b.Items); n > 0; n /= 2 {
			kept := b
			kept.Items = b.Items[:n] // a table leaves out a name without a value
			if text, fits := within(kept, limit); fits {
				return text
			}
		}
		return ""
	}
	for size := limit; size >= 64; size /= 2 {
		kept := b
		kept.Text = ticket.CutWords(b.Text, size)
		kept.Spans = cutSpans(b.Spans, size)
		if text, fits := within(kept, limit); fits {
			return text
		}
	}
	return ""
}

// cutSpans keeps the spans that fit into limit, the last of them cut.
func cutSpans(list []ticket.Span, limit int) []ticket.Span {
	var kept []ticket.Span
	for _, s := range list {
		n := ticket.Units(s.Text)
		if n > limit {
			s.Text = ticket.CutWords(s.Text, limit)
			return append(kept, s)
		}
		kept, limit = append(kept, s), limit-n
	}
	return kept
}
