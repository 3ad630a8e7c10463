package github

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"ticketd/internal/ticket"
)

// A reading is what GitHub would make of a text. goldmark, which shares no code with this package,
// reads it; what GitHub's own filters link after that is said by autolinked and ordered.
type reading struct {
	kinds map[ast.NodeKind]int
	links []string // where links lead
	texts []string // each run of text outside code, without escapes and entities: what filters look at
	code  []string // each run of text inside code
}

func read(t testing.TB, source string) reading {
	t.Helper()
	md := markdown()
	root := md.Parser().Parse(text.NewReader([]byte(source)))
	r := reading{kinds: make(map[ast.NodeKind]int)}
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			r.kinds[n.Kind()]++
			if l, ok := n.(*ast.Link); ok {
				r.links = append(r.links, string(l.Destination))
			}
		}
		return ast.WalkContinue, nil
	})
	var page bytes.Buffer
	if err == nil {
		err = md.Renderer().Render(&page, []byte(source), root)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.split(page.String())
	return r
}

// markdown is GitHub's Markdown, with footnotes.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))
})

var tag = regexp.MustCompile(`</?([a-z0-9]*)[^>]*>`)

// split takes a page apart at its tags.
func (r *reading) split(page string) {
	coded, from := 0, 0
	for _, m := range tag.FindAllStringSubmatchIndex(page, -1) {
		r.add(page[from:m[0]], coded > 0)
		from = m[1]
		if page[m[2]:m[3]] != "code" {
			continue
		}
		if page[m[0]+1] == '/' {
			coded--
		} else {
			coded++
		}
	}
	r.add(page[from:], coded > 0)
}

func (r *reading) add(run string, coded bool) {
	run = html.UnescapeString(run)
	switch {
	case run == "":
	case coded:
		r.code = append(r.code, run)
	default:
		r.texts = append(r.texts, run)
	}
}

// letters is what a reader sees of some texts, without white space and without what is invisible.
func letters(texts ...string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || string(r) == ticket.ZeroWidthSpace {
			return -1
		}
		return r
	}, strings.Join(texts, ""))
}

// What GitHub links in text outside code (docs: "Autolinked references and URLs", "Basic writing and
// formatting syntax", "Referencing and mentioning"). Where it is known to look at what comes before
// a sign, this does not: what is broken everywhere is broken there.
var (
	mentioned = regexp.MustCompile(`@[\pL\pN_-]`)                                             // @user, @org/team, user@sha, mail
	numbered  = regexp.MustCompile(`(?i)#\pN|\bgh-\pN`)                                       // #26, org/repo#26, GH-26
	committed = regexp.MustCompile(`(?i)(?:^|[^\pL\pN_])[0-9a-f]{7,40}(?:$|[^\pL\pN_])`)      // SHA, repo@SHA
	addressed = regexp.MustCompile(`(?i)(?:https?|ftp)://[^\s\x{200b}]|\bwww\.[^\s\x{200b}]`) // URLs, also of issues
)

// autolinked gives what GitHub would link in a run of text, "" for nothing.
func autolinked(run string) string {
	for _, form := range []*regexp.Regexp{mentioned, numbered, committed, addressed} {
		if m := form.FindString(run); m != "" {
			return m
		}
	}
	return ""
}

// commanded is what a ChatOps robot obeys in a raw body.
var commanded = regexp.MustCompile(`(?m)^[\pZ>]*/[\w-]+(?:\s|$)`)

// forged is what could pass for a marker of ours, or begin one.
var forged = regexp.MustCompile(`(?i)dt[wc]-|<!--`)

// only sees to it that a text holds no node but those of some kinds, and nothing live.
func (r reading) only(t testing.TB, source string, allowed ...ast.NodeKind) {
	t.Helper()
	for kind, n := range r.kinds {
		ok := kind == ast.KindDocument || kind == ast.KindText || kind == ast.KindString
		for _, a := range allowed {
			ok = ok || a == kind
		}
		if !ok {
			t.Errorf("%d × %v in %q", n, kind, source)
		}
	}
	for _, run := range r.texts {
		if m := autolinked(run); m != "" {
			t.Errorf("%q is live in %q", m, source)
		}
	}
	for _, run := range r.code { // for robots, and for replies by mail, code is no code
		if m := mentioned.FindString(run) + numbered.FindString(run); m != "" && !copyable.MatchString(strings.TrimSpace(run)) {
			t.Errorf("%q is live in %q", m, source)
		}
	}
	for _, run := range slices.Concat(r.texts, r.code) {
		if m := forged.FindString(run); m != "" {
			t.Errorf("%q could be a marker in %q", m, source)
		}
	}
	if m := commanded.FindString(source); m != "" || strings.Contains(source, "<!--") {
		t.Errorf("%q is obeyed, or a comment, in %q", m, source)
	}
}
