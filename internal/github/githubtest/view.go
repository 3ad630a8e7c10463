package githubtest

import (
	"html"
	"regexp"
	"strings"
)

// part is a block of a text as the page shows it. The page is for people who try ticketd out; it
// understands the Markdown that ticketd writes and shows any other as it is.
type part struct {
	Kind  string // heading, code, quote, list, table, paragraph
	Text  string // of code
	Spans []run
	Rows  [][][]run // of a list (one cell a row) and of a table
}

// run is a piece of a line.
type run struct {
	Text         string
	URL          string
	Strong, Code bool
}

var (
	hiddenLine = regexp.MustCompile(`(?m)^<!--.*-->\s*$`)
	fenceLine  = regexp.MustCompile("^(`{3,})text$")
	styled     = regexp.MustCompile("(`+)(.+?)(`+)" + `|\*\*(.+?)\*\*|\[((?:\\.|[^\]\\])*)\]\(<(https?://[^>]*)>\)`)
	escape     = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
)

// view takes a body apart.
func view(body string) []part {
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\u200b", "")
	lines := strings.Split(hiddenLine.ReplaceAllString(body, ""), "\n")
	var parts []part
	for i := 0; i < len(lines); {
		from := i
		switch m := fenceLine.FindStringSubmatch(lines[i]); {
		case lines[i] == "":
			i++
			continue
		case m != nil:
			for i++; i < len(lines) && lines[i] != m[1]; i++ {
			}
			parts = append(parts, part{Kind: "code", Text: strings.Join(lines[from+1:min(i, len(lines))], "\n")})
			i++
			continue
		}
		for i < len(lines) && lines[i] != "" && (i == from || !fenceLine.MatchString(lines[i])) {
			i++
		}
		parts = append(parts, paragraph(lines[from:i]))
	}
	return parts
}

// paragraph finds out what neighbouring lines are.
func paragraph(lines []string) part {
	strip := func(prefix string) []string {
		rest := make([]string, len(lines))
		for i, line := range lines {
			rest[i] = strings.TrimPrefix(line, prefix)
		}
		return rest
	}
	switch first := lines[0]; {
	case strings.HasPrefix(first, "### "):
		return part{Kind: "heading", Spans: runs(strings.Join(strip("### "), " "))}
	case strings.HasPrefix(first, "> "):
		return part{Kind: "quote", Spans: runs(strings.Join(strip("> "), "\n"))}
	case strings.HasPrefix(first, "- "):
		p := part{Kind: "list"}
		for _, item := range strip("- ") {
			p.Rows = append(p.Rows, [][]run{runs(item)})
		}
		return p
	case first == "| | |" && len(lines) > 2:
		p := part{Kind: "table"}
		for _, line := range lines[2:] {
			name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
			p.Rows = append(p.Rows, [][]run{runs(name), runs(value)})
		}
		return p
	}
	return part{Kind: "paragraph", Spans: runs(strings.Join(lines, "\n"))}
}

// runs takes a line apart into plain text, code, strong text and links.
func runs(line string) []run {
	var list []run
	for line != "" {
		m := styled.FindStringSubmatchIndex(line)
		for m != nil && m[0] > 0 && line[m[0]-1] == '\\' { // an escaped sign begins nothing
			next := styled.FindStringSubmatchIndex(line[m[0]+1:])
			if next == nil {
				m = nil
				break
			}
			shift := m[0] + 1
			for i := range next {
				if next[i] >= 0 {
					next[i] += shift
				}
			}
			m = next
		}
		if m == nil {
			return append(list, run{Text: plain(line)})
		}
		if m[0] > 0 {
			list = append(list, run{Text: plain(line[:m[0]])})
		}
		switch {
		case m[4] >= 0:
			list = append(list, run{Text: strings.TrimSpace(line[m[4]:m[5]]), Code: true})
		case m[8] >= 0:
			list = append(list, run{Text: plain(line[m[8]:m[9]]), Strong: true})
		default:
			list = append(list, run{Text: plain(line[m[10]:m[11]]), URL: html.UnescapeString(line[m[12]:m[13]])})
		}
		line = line[m[1]:]
	}
	return list
}

// plain takes the escapes away.
func plain(s string) string { return html.UnescapeString(escape.ReplaceAllString(s, "$1")) }
