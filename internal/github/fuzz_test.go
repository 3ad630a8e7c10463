package github

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"ticketd/internal/ticket"
	"ticketd/internal/ticket/tickettest"
)

func FuzzInlineTextIsShownLetterByLetter(f *testing.F) {
	for _, s := range append([]string{"fixed in 0123456", "GH-1", "/close"}, hostile...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := inline(s)
		r := read(t, got)
		r.only(t, got, ast.KindParagraph)
		if want := letters(clean(s)); letters(r.texts...) != want {
			t.Errorf("%q is written as %q and shown as %q", want, got, r.texts)
		}
		name := title(s)
		if m := autolinked(name) + forged.FindString(name); m != "" || strings.Contains(name, "\n") || ticket.Units(name) > titleLimit {
			t.Errorf("%q is live in the title %q", m, name)
		}
	})
}

func FuzzCodeCannotBeLeft(f *testing.F) {
	for _, s := range append([]string{"fixed in 0123456", "GH-1", "/close"}, hostile...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := letters(clean(s))
		block := codeBlock(s)
		r := read(t, block)
		r.only(t, block, ast.KindFencedCodeBlock)
		if r.kinds[ast.KindFencedCodeBlock] != 1 || letters(r.code...) != want || letters(r.texts...) != "" {
			t.Errorf("%q is shown as code %q and text %q", block, r.code, r.texts)
		}
		code := mono(s)
		if code == "" {
			if want != "" {
				t.Errorf("nothing is shown of %q", s)
			}
			return
		}
		r = read(t, code)
		r.only(t, code, ast.KindParagraph, ast.KindCodeSpan)
		if r.kinds[ast.KindCodeSpan] != 1 || letters(r.code...) != want || letters(r.texts...) != "" {
			t.Errorf("%q is shown as code %q and text %q", code, r.code, r.texts)
		}
	})
}

// addresses are what links of a document may try to lead to. An adapter follows what is plainly an
// address of the web and nothing else; that it is a good one is the mapping's business.
func addresses(foreign string) []string {
	return []string{"https://portal.example/x?a=1&b=(2)", "http://portal.example/" + foreign, foreign, "//" + foreign, "javascript:" + foreign, "https://u@portal.example/"}
}

// mended keeps halves of a character in two texts from becoming one where they meet.
func mended(s string) string { return strings.ToValidUTF8(s, "?") }

func FuzzADocumentShowsItsTextsAndLeadsNowhereElse(f *testing.F) {
	for i, s := range hostile {
		f.Add([]byte{byte(i), byte(i*37) | 64, byte(i*11) | 64, 3, 70, 75, 231, 78, 101, 2, 111, 4, 80, 5, 67, 71}, s, hostile[(i*7+3)%len(hostile)], hostile[(i*5+1)%len(hostile)])
	}
	for _, plan := range [][]byte{{0, 96, 81, 84}, {0, 96, 82, 84}, {0, 96, 87}} { // "http:", then nothing, or a link to nowhere
		f.Add(plan, "\u200b", "//evil.example", "")
	}
	f.Fuzz(func(t *testing.T, plan []byte, a, b, foreign string) {
		if len(a)+len(b)+len(foreign) > 1<<10 {
			return // nothing is to be cut
		}
		a, b, foreign = mended(a), mended(b), mended(foreign)
		doc := tickettest.Doc(plan, []string{a, b, a + b, " " + b + " ", "http:"}, addresses(foreign))
		source := render(doc, bodyLimit, "")
		r := read(t, source)
		r.only(t, source, ast.KindHeading, ast.KindParagraph, ast.KindTextBlock, ast.KindBlockquote, ast.KindList,
			ast.KindListItem, ast.KindLink, ast.KindCodeSpan, ast.KindEmphasis, ast.KindFencedCodeBlock,
			extast.KindTable, extast.KindTableHeader, extast.KindTableRow, extast.KindTableCell)
		e := expect(doc)
		for kind, most := range e.most {
			if r.kinds[kind] > most {
				t.Errorf("%d × %v, and %d were written, in\n%s", r.kinds[kind], kind, most, source)
			}
		}
		for _, to := range r.links {
			if !leads(to, addresses(foreign)) {
				t.Errorf("a link to %q in\n%s", to, source)
			}
		}
		if got := letters(slices.Concat(r.texts, r.code)...); len(got) != len(e.letters) || !sameLetters(got, e.letters) {
			t.Errorf("shown %q, not %q, of\n%s", got, e.letters, source)
		}
		if markerOf(source) != "" {
			t.Errorf("a marker in\n%s", source)
		}
	})
}

// leads tells whether an address leads where one of some others does, as a browser reads it.
func leads(to string, others []string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && slices.ContainsFunc(others, func(other string) bool {
		o, err := url.Parse(other)
		return err == nil && o.Scheme == u.Scheme && o.Host == u.Host
	})
}

// sameLetters tells whether two texts have the same letters; code is collected apart, so not their order.
func sameLetters(a, b string) bool {
	x, y := []rune(a), []rune(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// expected is what a reading of a document may find.
type expected struct {
	letters string
	most    map[ast.NodeKind]int
}

// expect says by the words of [ticket.Doc] what a document shows.
func expect(doc ticket.Doc) expected {
	e := expected{most: map[ast.NodeKind]int{ast.KindHeading: 0, ast.KindBlockquote: 0, ast.KindFencedCodeBlock: 0, ast.KindList: 0,
		ast.KindListItem: 0, extast.KindTable: 0, extast.KindTableRow: 0, ast.KindLink: 0, ast.KindEmphasis: 0, ast.KindCodeSpan: 0}}
	for _, b := range doc {
		items := append([][]ticket.Span{b.Spans}, b.Items...)
		switch b.Kind {
		case ticket.Heading:
			e.most[ast.KindHeading]++
		case ticket.Quote:
			e.most[ast.KindBlockquote]++
		case ticket.Code:
			e.most[ast.KindFencedCodeBlock]++
			e.letters += letters(clean(b.Text))
		case ticket.List:
			e.most[ast.KindList]++
			e.most[ast.KindListItem] += len(b.Items)
		case ticket.Table:
			e.most[extast.KindTable]++
			e.most[extast.KindTableRow] += len(b.Items) / 2
			items = items[:1+len(b.Items)/2*2] // a name without a value is no row
		case ticket.Paragraph:
		}
		for _, s := range slices.Concat(items...) {
			e.span(s)
		}
	}
	return e
}

func (e *expected) span(s ticket.Span) {
	e.letters += letters(clean(s.Text))
	switch s.Kind {
	case ticket.Link:
		e.most[ast.KindLink]++
	case ticket.Strong:
		e.most[ast.KindEmphasis]++
	case ticket.Mono:
		e.most[ast.KindCodeSpan]++
	case ticket.Plain:
	}
}
