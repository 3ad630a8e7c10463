package github

import (
	"net/url"
	"regexp"
	"strings"

	"ticketd/internal/ticket"
)

// copyable is what a person may have to copy exactly and what can do no harm in a code span: paths,
// host names, hashes, identifiers. Anything else gets its signs broken up even there.
var copyable = regexp.MustCompile(`^[\w./:+-]+$`)

// punctuation is escaped wherever it stands; lineStart only where it can begin a block.
const (
	punctuation = "\\`*_[]<>#|~&$!"
	lineStart   = "-+=:(){}^\"'%,.;?@/"
)

var ordinal = regexp.MustCompile(`^([0-9]{1,9})([.)])`)

// inline writes a foreign text so that GitHub's Markdown shows it letter by letter: nothing in it
// can be markup, a mention, a reference, a link, an image or HTML. Newlines stay.
func inline(s string) string {
	lines := strings.Split(defuseAll(clean(s)), "\n")
	for i, line := range lines {
		lines[i] = inlineLine(strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func inlineLine(line string) string {
	var b strings.Builder
	if m := ordinal.FindStringSubmatch(line); m != nil {
		b.WriteString(m[1] + `\`)
		line = line[len(m[1]):]
		b.WriteByte(line[0])
		line = line[1:]
	} else if line != "" && strings.IndexByte(lineStart, line[0]) >= 0 {
		b.WriteByte('\\')
		b.WriteByte(line[0])
		line = line[1:]
	}
	for _, r := range line {
		if r < 0x80 && strings.IndexByte(punctuation, byte(r)) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// mono writes a foreign text as inline code on one line.
func mono(s string) string {
	text := ticket.OneLine(clean(s))
	if text == "" {
		return ""
	}
	if !copyable.MatchString(text) {
		text = defuse(text)
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeBlock writes a foreign text as a code block that it cannot leave. The info string is always
// "text": others choose diagrams, maps and mathematics.
func codeBlock(s string) string {
	text := clean(s)
	if !copyable.MatchString(text) || command.MatchString(text) {
		text = defuse(text)
	}
	fence := strings.Repeat("`", max(longestRun(text)+1, 3))
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// link writes a link of ours. A URL that is not plainly one is shown as text.
func link(text, to string) string {
	u, err := url.Parse(to)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ticket.OneLine(inline(text))
	}
	target := strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", " ", "%20", "`", "%60", "&", "&amp;", "|", "%7C").Replace(u.String())
	return "[" + ticket.OneLine(inline(text)) + "](<" + target + ">)"
}

// spans writes a run of spans. Neighbours that are plain are written as one, so that no form can
// hide half in each; code spans are kept apart, because their fences would join.
func spans(list []ticket.Span) string {
	var text string
	for i := 0; i < len(list); i++ {
		s := list[i]
		for s.Kind == ticket.Plain && i+1 < len(list) && list[i+1].Kind == ticket.Plain {
			i++
			s.Text += list[i].Text
		}
		next := span(s)
		if strings.HasSuffix(text, "`") && strings.HasPrefix(next, "`") {
			text += zwsp
		}
		text += next
	}
	return text
}

func span(s ticket.Span) string {
	switch s.Kind {
	case ticket.Strong:
		if text := ticket.OneLine(inline(s.Text)); text != "" {
			return "**" + text + "**"
		}
		return ""
	case ticket.Mono:
		return mono(s.Text)
	case ticket.Link:
		return link(s.Text, s.URL)
	case ticket.Plain:
	}
	return plain(s.Text)
}

// plain keeps the white space at the ends of a span, which separates it from the next.
func plain(s string) string {
	text := inline(s)
	if text == "" {
		if strings.TrimSpace(s) == "" && s != "" {
			return " "
		}
		return ""
	}
	if strings.HasPrefix(s, " ") {
		text = " " + text
	}
	if strings.HasSuffix(s, " ") {
		text += " "
	}
	return text
}
