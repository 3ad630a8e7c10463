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

// link writes a link of ours. What cannot be followed is shown as text.
func link(text, to string) string {
	text = ticket.OneLine(inline(text))
	if to = target(to); to == "" {
		return text
	}
	return "[" + text + "](<" + to + ">)"
}

// target writes the address of a link, "" where it is not plainly one of the web.
func target(to string) string {
	u, err := url.Parse(to)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", " ", "%20", "`", "%60", "&", "&amp;", "|", "%7C").Replace(u.String())
}

// spans writes a run of spans. Neighbours that are plain are written as one, so that no form can
// hide half in each, and so are those that are strong; code spans are kept apart, because their
// fences would join.
func spans(list []ticket.Span) string {
	var text string
	glued := false // the text ends with a strong span
	for _, s := range joined(list) {
		next := span(s)
		if next == "" {
			continue
		}
		if glued && !startsInSpace(next) {
			text = strings.TrimSuffix(text, strong) + zwsp + strong
		}
		if glued = s.Kind == ticket.Strong; glued && text != "" && !strings.HasSuffix(text, " ") {
			next = strong + zwsp + strings.TrimPrefix(next, strong)
		}
		if strings.HasSuffix(text, "`") && strings.HasPrefix(next, "`") {
			text += zwsp
		}
		text += next
	}
	return text
}

// strong begins and ends what is strong. Between a word and a punctuation mark it does neither and
// is shown (CommonMark: flanking delimiter runs), so where it touches other text a zero-width space,
// which is no mark, stands on its inner side.
const strong = "**"

func startsInSpace(text string) bool { return text[0] == ' ' || text[0] == '\n' }

// joined gives the spans with neighbours that look alike as one. A link that cannot be followed looks
// like plain text, and so does white space; what shows nothing is left out: it would keep nothing apart.
func joined(list []ticket.Span) []ticket.Span {
	var out []ticket.Span
	for _, s := range list {
		if shown := clean(s.Text); shown == "" {
			continue
		} else if strings.TrimSpace(shown) == "" || s.Kind == ticket.Link && target(s.URL) == "" {
			s = ticket.Span{Text: shown}
		}
		if n := len(out); n > 0 && out[n-1].Kind == s.Kind && (s.Kind == ticket.Plain || s.Kind == ticket.Strong) {
			out[n-1].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

func span(s ticket.Span) string {
	switch s.Kind {
	case ticket.Strong:
		if text := ticket.OneLine(inline(s.Text)); text != "" {
			return strong + text + strong
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
