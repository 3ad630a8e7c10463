// Package roff writes manual pages.
package roff

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Title is what stands at the head and the foot of a page.
type Title struct {
	Name    string // e.g. "ticketd"
	Section int    // 1: commands, 5: files
	Date    string // year-month-day, "" where it is not known
	Source  string // what it belongs to, e.g. "ticketd v1.2.3"
	Manual  string // e.g. "User Commands"
}

// Page is a manual page, written from top to bottom in the macros of man(7).
type Page struct{ b strings.Builder }

// New begins a page.
func New(t Title) *Page {
	p := new(Page)
	p.line(".TH", quoted(strings.ToUpper(t.Name)), strconv.Itoa(t.Section), quoted(t.Date), quoted(t.Source), quoted(t.Manual))
	p.line(".nh") // names of files and commands are not divided
	p.line(".ad l")
	return p
}

// Section begins a section, which is set in capitals by custom.
func (p *Page) Section(title string) { p.line(".SH", quoted(strings.ToUpper(title))) }

// Subsection begins a part of a section.
func (p *Page) Subsection(title string) { p.line(".SS", quoted(title)) }

// Text writes paragraphs, which empty lines divide. What stands in `backquotes` is shown in bold.
func (p *Page) Text(text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		p.line(".PP")
		p.prose(paragraph)
	}
}

// Term writes an entry of a list: an option with what it does.
func (p *Page) Term(term, text string) {
	p.line(".TP")
	p.line(bold(term))
	p.prose(text)
}

// Literal shows text as it is.
func (p *Page) Literal(text string) {
	p.line(".PP")
	p.line(".RS 4")
	p.line(".EX")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		p.line(escape(line))
	}
	p.line(".EE")
	p.line(".RE")
}

// String gives the page so far.
func (p *Page) String() string { return p.b.String() }

func (p *Page) prose(text string) {
	text = strings.Join(strings.Fields(text), " ")
	out, end := "", 0
	for _, at := range regexp.MustCompile("`[^`]+`").FindAllStringIndex(text, -1) {
		out += escape(text[end:at[0]]) + bold(text[at[0]+1:at[1]-1])
		end = at[1]
	}
	p.line(cmp.Or(out+escape(text[end:]), `\&`)) // an empty line would be a paragraph of its own
}

func (p *Page) line(words ...string) { fmt.Fprintln(&p.b, strings.Join(words, " ")) }

func bold(text string) string { return `\fB` + escape(text) + `\fP` }

func quoted(text string) string { return `"` + escape(text) + `"` }

// escape writes text so that roff shows it as it is, its typewriter's marks included. A line that begins
// with a point would be a command.
func escape(text string) string {
	text = strings.NewReplacer(
		`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `"`, `\(dq`, `^`, `\(ha`, `~`, `\(ti`,
	).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
