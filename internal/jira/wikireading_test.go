package jira

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A wikiReading is what Jira would make of wiki text: how often each construct occurs, where links
// lead, and what a reader sees. It knows the grammar of the constructs that ticketd writes; any other
// sign that can begin something live, and is not escaped, is told as live (facts: jira.md section 7;
// docs: "Text Formatting Notation Help"). What never begins never ends.
type wikiReading struct {
	found map[string]int
	links []string
	shown strings.Builder
}

// wikiSigns begin what is live within a line: a macro, a link, an image, a cell, an emphasis, a list, a
// mention, an emoticon. A backslash makes one of them ordinary unless it follows a backslash, as
// Jira's BackslashEscapeRendererComponent has it.
const wikiSigns = `-#*_+?^~|%{}[]()!@`

func readWiki(text string) *wikiReading {
	r := &wikiReading{found: make(map[string]int)}
	code := false
	for line := range strings.SplitSeq(text, "\n") {
		r.shown.WriteByte('\n')
		ends := strings.Contains(strings.ToLower(line), "{noformat")
		switch {
		case code && ends && line != "{noformat}":
			r.live("end of code in " + line)
			code = false
		case line == "{noformat}":
			if code = !code; code {
				r.found["code"]++
			}
		case code:
			r.shown.WriteString(line)
		case line == "{quote}":
			r.found["quote"]++
		default:
			r.line(line)
		}
	}
	if code {
		r.live("code without an end")
	}
	return r
}

func (r *wikiReading) live(what string) { r.found["live "+what]++ }

// line reads a line that is no code.
func (r *wikiReading) line(line string) {
	for prefix, name := range map[string]string{"h3. ": "head", "* ": "bullet", "||": "row"} {
		rest, ours := strings.CutPrefix(line, prefix)
		if !ours {
			continue
		}
		r.found[name]++
		bars := 0
		if name == "row" {
			rest, bars = strings.TrimSuffix(rest, "|"), 1
		}
		r.inline(rest, bars)
		return
	}
	head := strings.TrimLeftFunc(line, unicode.IsSpace)
	if len(head) > 2 && head[2] == '.' && (strings.EqualFold(head[:2], "bq") || strings.EqualFold(head[:1], "h") && unicode.IsDigit(rune(head[1]))) {
		r.live("heading or quotation " + head[:3])
	}
	r.inline(line, 0)
}

// inline reads what is within a line, which may hold some bars between cells.
func (r *wikiReading) inline(text string, bars int) {
	for i := 0; i < len(text); {
		rest := text[i:]
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case c == '\\' && len(rest) > 1 && strings.IndexByte(wikiSigns, rest[1]) >= 0 && (i == 0 || text[i-1] != '\\'):
			size = 2
		case c == '\\':
			r.live("line break")
		case c == '|' && bars > 0:
			bars--
		case c < utf8.RuneSelf && strings.ContainsRune(wikiSigns, c):
			if size = r.construct(rest); size == 0 {
				r.live(string(c) + " in " + text)
				size = 1
			}
		case c == ':' || c == ';':
			if next := rest[1:]; next != "" && !strings.ContainsRune("\\*{[\u200b", firstRune(next)) && !unicode.IsSpace(firstRune(next)) && (next[0] != '|' || bars == 0) {
				r.live("address or emoticon " + string(c) + string(firstRune(next)))
			}
		default:
			r.shown.WriteRune(c)
		}
		i += size
	}
}

func firstRune(s string) rune {
	c, _ := utf8.DecodeRuneInString(s)
	return c
}

// construct reads a construct of ours at the beginning of a text and gives its length, 0 where there
// is none.
func (r *wikiReading) construct(text string) int {
	for _, c := range []struct{ name, open, end string }{{"mono", "{{", "}}"}, {"strong", "*", "*"}, {"link", "[", "]"}} {
		inner, opens := strings.CutPrefix(text, c.open)
		end := unescaped(inner, c.end)
		if !opens || end < 1 {
			continue
		}
		for strings.HasPrefix(inner[end+1:], c.end) && c.name == "mono" { // "}}}" ends with its last two
			end++
		}
		length := len(c.open) + end + len(c.end)
		if c.name == "strong" && strings.HasPrefix(text[length:], c.open) {
			return 0 // marks that meet are shown
		}
		inner = inner[:end]
		if c.name == "link" {
			bar := unescaped(inner, "|")
			if bar < 0 {
				return 0
			}
			r.links = append(r.links, inner[bar+1:])
			inner = inner[:bar]
		}
		r.found[c.name]++
		r.inline(inner, 0)
		return length
	}
	return 0
}

// unescaped gives where a sign stands that no backslash precedes, -1 for nowhere.
func unescaped(text, sign string) int {
	for i := 0; i+len(sign) <= len(text); i++ {
		if strings.HasPrefix(text[i:], sign) && (i == 0 || text[i-1] != '\\') {
			return i
		}
	}
	return -1
}
