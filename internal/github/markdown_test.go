package github

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/ticket"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile texts try every way in which GitHub's Markdown can become live.
var hostile = []string{
	"", "plain words", "@user and @org/team, mail a@b.example", "#1 GH-1 gh-22 o/r#12 x@0123456789abcdef", "\\@user \\#1 &#64;user &commat;user",
	"![](https://evil.example/x.png)", "[a](javascript:alert(1)) [b][c] <https://evil.example> www.evil.example http://evil.example",
	"<img src=x onerror=alert(1)><script>x</script><details>", "<!-- ticketd:v1 dtw-0123456789abcdef01234567 -->",
	"dtw-0123456789abcdef01234567 DTC-0123456789abcdef01234567", "# heading\n## two\n===\n---", "- item\n* item\n+ item\n1. one\n2) two\n- [ ] task",
	"> quote\n> [!WARNING]\n    code\n\tcode", "```\nout\n```\n~~~\nx\n~~~", "``` mermaid\ngraph\n```", "a ` b `` c ``` d", "`", "``", " ` ",
	"|a|b|\n|-|-|\n|c|d|", "a\n:-:", "a\n-", "a | b\n:-- | --:", "[^1]\n\n[^1]: note", "[x]: https://evil.example", "**b** _i_ ~~s~~ *a*b*c*", "$x$ $$y$$",
	"/close\n /assign @x\n> /lgtm", "a\\\nb\\", "line  \nbreak", "\u202ertl\u200b\u2066\U000e0041tag\ufeff", "bad\xff\xfeutf8", "a\x00b\x1b[31mc\r\nd\re",
	"0123456789abcdef0123456789abcdef01234567", "http:\u200b//evil.example", "mailto:a@b.example xmpp:a@b.example ftp://evil.example", "a\\|b", "a\\", "\\", "&amp; &lt;", "!",
	"![", "](x)", "<", "a<b", "Ünïcödé 🙂 日本", strings.Repeat("*", 50), strings.Repeat("`", 40), "1.", "12345678901. x", "a\n\n\n\nb", "\n\n", "Fixes #1, Duplicate of #2",
}

func TestOnlyPlainLinksAreLinked(t *testing.T) {
	for to, want := range map[string]string{
		"https://portal.example/a?b=c&d=e": "[x](<https://portal.example/a?b=c&amp;d=e>)",
		"https://portal.example/a>b":       "[x](<https://portal.example/a%3Eb>)",
		"javascript:alert(1)":              "x",
		"https://user@portal.example/":     "x",
		"//portal.example":                 "x",
		"https://":                         "x",
		"data:text/html,x":                 "x",
		"https://portal.example/\nx":       "x",
		"https://portal.example/\\|`":      "[x](<https://portal.example/%5C%7C%60>)",
	} {
		if got := link("x", to); got != want {
			t.Errorf("%q: %s", to, got)
		}
	}
}

func TestWhatPeopleMustCopyStaysAsItIsInCode(t *testing.T) {
	for _, s := range []string{"/usr/lib/libssl.so.1.1", "924f1fb0-0000-4000-8000-000000000000", "https://api.example.com:8443/v1", "0123456789abcdef0123456789abcdef01234567", "CVE-2024-1234"} {
		if got := mono(s); got != "`"+s+"`" {
			t.Errorf("%s", got)
		}
		has(t, codeBlock(s), s)
	}
	lacks(t, mono("a@b"), "@b")
	lacks(t, codeBlock("/close"), "\n/close")
}

func TestATitleIsOneInertLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "Security finding",
		" TLS\n1.0\tis  on ":        "TLS 1.0 is on",
		"@team see #12":             "@" + zwsp + "team see #" + zwsp + "12",
		strings.Repeat("word ", 99): strings.Repeat("word ", 50) + "word…",
		strings.Repeat("🙂", 200):    strings.Repeat("🙂", 127) + "…",
	} {
		if got := title(in); got != want || ticket.Units(got) > titleLimit {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestALongTextIsCutAtAWordAndSaysSo(t *testing.T) {
	long := strings.Repeat("word ", 14_000)
	for name, b := range map[string]ticket.Block{
		"paragraph": ticket.Para(ticket.Text(long)...),
		"code":      {Kind: ticket.Code, Text: long},
		"quote":     {Kind: ticket.Quote, Spans: ticket.Text(strings.Repeat("@🙂 ", 14_000))},
		"list":      {Kind: ticket.List, Items: slicesOf(ticket.Text("item of a list"), 3_800)},
		"table":     {Kind: ticket.Table, Items: slicesOf(ticket.Text("cell of a table"), 3_801)},
		"no text":   {Kind: ticket.Code, Text: strings.Repeat("\xff", 70_000)},
		"one cell":  {Kind: ticket.Table, Items: [][]ticket.Span{ticket.Text("name"), ticket.Text(long)}},
	} {
		body := issueBody(draft(func(d *ticket.Draft) { d.Body = ticket.Doc{ticket.Head("Before"), b, ticket.Head("After")} }))
		if n := ticket.Units(body); n > 65_536 || n < 20_000 && name != "one cell" && name != "no text" {
			t.Errorf("%s: %d units", name, n)
		}
		has(t, body, "### Before", "too long for GitHub", "](<https://www.securetheorem.com/api/v2/x>)", "Reference `"+markerA)
		lacks(t, body, "### After", "wor\n")
	}
}

func slicesOf(s []ticket.Span, n int) [][]ticket.Span {
	list := make([][]ticket.Span, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func TestLabelsAreMadeFitForGitHub(t *testing.T) {
	got := labelNames([]string{"a", "A", " b\nc ", "", "\u200b", strings.Repeat("x", 60), "dtw-0"})
	if want := []string{"a", "b c", strings.Repeat("x", 50), "d" + zwsp + "tw-0"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
}

// The golden files show whole bodies as GitHub gets them.
func TestBodiesAreWrittenAsTheGoldenFilesShow(t *testing.T) {
	finding := ticket.Doc{
		ticket.Para(ticket.Span{Kind: ticket.Strong, Text: "HIGH"}, ticket.Span{Text: " violation in "}, ticket.Span{Kind: ticket.Mono, Text: "api.example.com"}),
		{Kind: ticket.Table, Items: [][]ticket.Span{
			ticket.Text("Asset"), {{Kind: ticket.Mono, Text: "https://api.example.com/v1"}},
			ticket.Text("Policy"), ticket.Text("Default | strict"),
			ticket.Text("Portal"), {{Kind: ticket.Link, Text: "Open in Data Theorem", URL: "https://www.securetheorem.com/x?y=1&z=2"}}}},
		ticket.Head("Description"),
		ticket.Para(ticket.Text("The server accepts TLS 1.0.\n- old clients\n- #12 and @somebody\n\nSee https://example.com.")...),
		ticket.Head("Recommendation"),
		{Kind: ticket.List, Items: [][]ticket.Span{ticket.Text("Disable TLS_1_0"), ticket.Text("Test with `openssl`")}},
		{Kind: ticket.Code, Text: "ssl_protocols TLSv1.2 TLSv1.3; # @ops\n```"},
		{Kind: ticket.Quote, Spans: ticket.Text("We accept this.\nUntil June.")},
	}
	for name, got := range map[string]string{
		"issue.md":   issueBody(draft(func(d *ticket.Draft) { d.Body = finding })),
		"hostile.md": issueBody(draft(func(d *ticket.Draft) { d.Body = ticket.Doc{ticket.Para(ticket.Text(strings.Join(hostile, "\n\n"))...)} })),
		"comment.md": commentBody(ticket.Comment{Marker: markerC, Body: ticket.Doc{ticket.Para(ticket.Text("Data Theorem marked this as fixed.")...)}}),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			must(t, os.MkdirAll("testdata", 0o755))
			must(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		must(t, err)
		if got != string(want) {
			t.Errorf("%s has changed (go test -update writes it anew):\n%s", path, got)
		}
	}
}
