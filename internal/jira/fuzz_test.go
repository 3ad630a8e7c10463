package jira

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ticketd/internal/ticket"
	"ticketd/internal/ticket/tickettest"
)

// forged is what could pass for a marker of ours where it is read, and forgedEscaped where it is written
// as wiki text, whose backslash is not shown.
var (
	forged        = regexp.MustCompile(`(?i)dt[wc]-`)
	forgedEscaped = regexp.MustCompile(`(?i)dt[wc]\\?-`)
)

func FuzzWikiInline(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := wikiInline(in)
		for what := range readWiki(out).found {
			t.Errorf("%s in %q", what, out)
		}
		if m := forgedEscaped.FindString(out); m != "" || strings.Contains(out, "\n") || strings.HasSuffix(out, `\`) {
			t.Errorf("a marker %q, a line break, or a backslash that would void what comes next in %q", m, out)
		}
		fence := wikiFence(in)
		if r := readWiki(fence); r.found["code"] != 1 || len(r.found) != 1 || forged.MatchString(fence) {
			t.Errorf("%v in %q", r.found, fence)
		}
	})
}

// addresses are what links of a document may try to lead to. An adapter follows what is plainly an
// address of the web and nothing else; that it is a good one is the mapping's business.
func addresses(foreign string) []string {
	return []string{"https://portal.example/x?a=1|b", "http://portal.example/" + foreign, foreign, "//" + foreign, "javascript:" + foreign, "https://u@portal.example/"}
}

// leads tells whether an address leads where one of some others does, as a browser reads it.
func leads(to string, others []string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && slices.ContainsFunc(others, func(other string) bool {
		o, err := url.Parse(other)
		return err == nil && o.Scheme == u.Scheme && o.Host == u.Host
	})
}

// letters is what a digest looks at too: what no escape changes, in order of its code points, because
// a reading collects code apart.
func letters(text string) string {
	var kept []rune
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			kept = append(kept, r)
		}
	}
	slices.Sort(kept)
	return string(kept)
}

// expect says by the words of [ticket.Doc] what a document shows, and how much of each kind there can
// be in it. A link without words shows its address.
func expect(doc ticket.Doc) (shown string, most map[string]int) {
	most = make(map[string]int)
	kinds := map[ticket.BlockKind]string{ticket.Paragraph: "paragraph", ticket.Heading: "head", ticket.List: "list", ticket.Table: "table", ticket.Code: "code", ticket.Quote: "quote"}
	marks := map[ticket.SpanKind]string{ticket.Plain: "plain", ticket.Strong: "strong", ticket.Mono: "mono", ticket.Link: "link"}
	for _, b := range doc {
		most[kinds[b.Kind]]++
		items := append([][]ticket.Span{b.Spans}, b.Items...)
		switch b.Kind {
		case ticket.Table:
			items = items[:1+len(b.Items)/2*2] // a name without a value is no row
			most["row"] += len(b.Items) / 2
		case ticket.List:
			most["bullet"] += len(b.Items)
		case ticket.Code:
			shown += ticket.Clean(b.Text)
		case ticket.Paragraph, ticket.Heading, ticket.Quote:
		}
		for _, s := range slices.Concat(items...) {
			if s.Kind == ticket.Link && ticket.Clean(s.Text) == "" {
				s.Text = s.URL
			}
			text := ticket.Clean(s.Text)
			most[marks[s.Kind]] += 1 + strings.Count(text, "\n") // ADF marks each line of a text
			shown += text
		}
	}
	return letters(shown), most
}

// plans begin a fuzzing of documents with some of every block and every span.
func plans(f *testing.F) {
	f.Helper()
	for i, s := range seeds() {
		all := []byte{0, 64, 69, 70, 75, 1, 68, 81, 2, 70, 231, 75, 3, 70, 75, 231, 78, 101, 4, 80, 5, 67, 71, byte(i) | 64}
		f.Add(all, s, seeds()[(i+7)%len(seeds())], seeds()[(i+3)%len(seeds())])
	}
	f.Add([]byte{0, 67, 64, 64}, "a\n----\nReference "+markerA, markerA, "x")
	f.Add([]byte{}, "", "", "")
	for _, plan := range [][]byte{{0, 96, 81, 84}, {0, 96, 82, 84}, {0, 96, 87}} { // "http:", then nothing, or a link to nowhere
		f.Add(plan, "\u200b", "//evil.example", "")
	}
}

// fuzzed gives a draft whose body is made of hostile texts, small enough that nothing is cut.
func fuzzed(plan []byte, a, b, foreign string) (ticket.Draft, bool) {
	d := draft()
	d.Body = tickettest.Doc(plan, []string{a, b, a + b, " " + b + " ", "http:"}, addresses(foreign))
	return d, len(a)+len(b)+len(foreign) <= 1<<10
}

// mended keeps halves of a character in two texts from becoming one where they meet.
func mended(s string) string { return strings.ToValidUTF8(s, "?") }

func FuzzWikiDocument(f *testing.F) {
	plans(f)
	f.Fuzz(func(t *testing.T, plan []byte, a, b, foreign string) {
		a, b, foreign = mended(a), mended(b), mended(foreign)
		d, small := fuzzed(plan, a, b, foreign)
		if !small {
			return
		}
		shown, most := expect(d.Body)
		r := renderDescription(false, d)
		body, ours := strings.CutSuffix(r.text, "----\n"+referenceWord+d.Marker)
		if !ours {
			t.Fatalf("our own end is missing in\n%s", r.text)
		}
		got := readWiki(body)
		most["quote"] *= 2 // a beginning and an end
		for what, n := range got.found {
			if n > most[what] {
				t.Errorf("%d × %s, and %d were written, in\n%s", n, what, most[what], r.text)
			}
		}
		for _, to := range got.links {
			if !leads(to, addresses(foreign)) {
				t.Errorf("a link to %q in\n%s", to, r.text)
			}
		}
		if got := letters(got.shown.String()); got != shown {
			t.Errorf("shown %q, not %q, of\n%s", got, shown, r.text)
		}
		if n := len(forged.FindAllString(got.shown.String(), -1)); n > 0 {
			t.Errorf("%d markers beside ours in\n%s", n, r.text)
		}
		found(t, false, plan, r)
	})
}

// found sees to it that our own part is found again in what Jira was given. The search tries every
// beginning, so long documents are left out.
func found(t *testing.T, cloud bool, plan []byte, r rendered) {
	t.Helper()
	if len(plan) > 8 {
		return
	}
	raw, err := json.Marshal(r.value(cloud))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.within(cloud, raw, markerA, r.fence); !ok {
		t.Errorf("our own part is not found in %s", raw)
	}
}

func FuzzADF(f *testing.F) {
	plans(f)
	schema := newSchema(f)
	f.Fuzz(func(t *testing.T, plan []byte, a, b, foreign string) {
		a, b, foreign = mended(a), mended(b), mended(foreign)
		d, small := fuzzed(plan, a, b, foreign)
		if !small {
			return
		}
		shown, most := expect(d.Body)
		r := renderDescription(true, d)
		got := adfReading{addresses: addresses(foreign)}
		got.read(t, schema.valid(t, r.value(true)), false)
		if want := letters(shown + referenceWord + d.Marker); letters(got.shown.String()) != want {
			t.Errorf("shown %q, not %q", letters(got.shown.String()), want)
		}
		if n := len(forged.FindAllString(got.shown.String(), -1)); n != 1 {
			t.Errorf("%d markers in %q", n, got.shown.String())
		}
		if got.links > most["link"] {
			t.Errorf("%d links, and %d were written", got.links, most["link"])
		}
		found(t, true, plan, r)
		schema.valid(t, renderText(true, d.Body))
	})
}
