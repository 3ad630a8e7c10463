package mapping

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// body executes a body template on a finding.
func body(t testing.TB, text string, f finding.Finding) ticket.Doc {
	t.Helper()
	r := jiraRule()
	r.Body = text
	d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Body
}

func TestTheLiteralTextOfATemplateIsASmallMarkdown(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"paragraphs keep their line breaks": {"a\nb\n\n\nc\r\nd", "P a⏎b\nP c⏎d\n"},
		"headings":                          {"# One\n## Two\ntext\n### Three\n#### four\n#five", "# One\n# Two\nP text\n# Three\nP #### four⏎#five\n"},
		"lists":                             {"- a\n- b\n  goes on\n-\nend\n  - c", "- a\n- b goes on\nP end\n- c\n"},
		"quotes":                            {"> a\n>b\n\n> c", "> a⏎b\n> c\n"},
		"fences":                            {"x\n```go\n# a\n\n  - b\n```\ny", "P x\nC # a⏎⏎  - b\nP y\n"},
		"a fence left open":                 {"```\na", "C a\n"},
		"an empty fence":                    {"```\n\n```", ""},
		"marks":                             {"a **b c** `d*e` [f](https://x.example/y?z=1#w) g", "P a *b c* `d*e` <f|https://x.example/y?z=1#w> g\n"},
		"marks in items and headings":       {"- **a**\n# `b`", "- *a*\n# `b`\n"},
		"marks left open":                   {"**a `b [c](d [e] f", "P **a `b [c](d [e] f\n"},
		"a mark does not cross lines":       {"**a\nb**", "P **a⏎b**\n"},
		"escaped marks":                     {`\*\*a** \[b](https://c) \# \\ \x`, "P **a** [b](https://c) # \\ \\x\n"},
		"no HTML, images or bare links":     {"<b>x</b> ![i](https://e.example/i.png) https://e.example", "P <b>x</b> !<i|https://e.example/i.png> https://e.example\n"},
		"links to elsewhere than https":     {"[a](javascript:alert(1)) [b](http://x) [c](//x) [d](https://u@x/) [e](https:///x)", "P a `javascript:alert(1`) b `http://x` c `//x` d `https://u@x/` e `https:///x`\n"},
		"nothing":                           {" \n\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := dump(body(t, tt.text, richTarget())); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestAValueIsOnlyEverText(t *testing.T) {
	const evil = "# x\n- **y** `z` [l](https://e.example)\n\n```\n> q\\"
	f := sampleTarget(finding.Open)
	f.Fields[finding.Title] = finding.Value{Text: evil}
	flat := strings.ReplaceAll(evil, "\n", "⏎")
	one := strings.ReplaceAll(evil, "\n", " ")
	tests := map[string]struct{ text, want string }{
		"in a paragraph":            {"a {{.Title}} b", "P a " + flat + " b\n"},
		"alone on a line":           {"{{.Title}}", "P " + flat + "\n"},
		"in a heading":              {"# {{.Title}}", "# " + one + "\n"},
		"in an item":                {"- {{.Title}}\n- b", "- " + one + "\n- b\n"},
		"in a quote":                {"> {{.Title}}", "> " + flat + "\n"},
		"in a fence":                {"```\n{{.Title}}\n```", "C " + flat + "\n"},
		"strong":                    {"**{{.Title}}**", "P *" + flat + "*\n"},
		"mono":                      {"`{{.Title}}`", "P `" + flat + "`\n"},
		"the text of a link":        {"[{{.Title}}](https://x.example/)", "P <" + flat + "|https://x.example/>\n"},
		"through a variable":        {"{{$x := .Title}}{{$x}}", "P " + flat + "\n"},
		"through functions":         {"{{.Title | printf \"%s\" | trim}}", "P " + flat + "\n"},
		"through a named template":  {`{{define "t"}}{{.}}{{end}}{{template "t" .Title}}`, "P " + flat + "\n"},
		"through a bare template":   {`{{define "t"}}x{{end}}{{template "t"}}{{.Title}}`, "P x" + flat + "\n"},
		"through with and block":    {`{{with .Title}}{{block "b" .}}{{.}}{{end}}{{end}}`, "P " + flat + "\n"},
		"through range":             {`{{range $i := 2}}{{$.Title}}{{end}}`, "P " + flat + flat + "\n"},
		"a literal of the template": {`{{"**x**"}}`, "P **x**\n"},
		"split over two values":     {`{{"**"}}x{{"**"}} {{"["}}a](https://x.example)`, "P **x** [a](https://x.example)\n"},
		"code":                      {`{{code .Title}}`, "P `" + flat + "`\n"},
		"an empty value":            {"a\n{{.Category}}\n- {{.Category}}\n**{{.Category}}**\n# {{.Category}}\n> {{.Category}}", "P a\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := dump(body(t, tt.text, f)); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestALinkNeverLeadsWhereAFindingSays(t *testing.T) {
	const portalURL = "https://www.securetheorem.com/mobile-secure/v2/security/6f1c5a0e"
	tests := map[string]struct{ text, value, want string }{
		"link to the portal":                {`{{link "go" .PortalURL}}`, portalURL, "P <go|" + portalURL + ">\n"},
		"link without words":                {`{{link "" .PortalURL}}`, portalURL, "P <" + portalURL + "|" + portalURL + ">\n"},
		"link elsewhere":                    {`{{link "go" .PortalURL}}`, "https://e.example/", "P go https://e.example/\n"},
		"the whole address":                 {"[go]({{.PortalURL}})", portalURL, "P <go|" + portalURL + ">\n"},
		"the whole address elsewhere":       {"[go]({{.PortalURL}})", "https://e.example/", "P go `https://e.example/`\n"},
		"part of the path":                  {"[go](https://w.example/q/{{.PortalURL}}?a=b)", "x?y&z=1#é/ b", "P <go|https://w.example/q/x%3Fy%26z%3D1%23%C3%A9%2F%20b?a=b>\n"},
		"an escaped step up":                {"[go](https://w.example/q/{{.PortalURL}})", "a/../../x", "P go `https://w.example/q/a/../../x`\n"},
		"a step up":                         {"[go](https://w.example/q/{{.PortalURL}}/x)", "..", "P go `https://w.example/q/../x`\n"},
		"half a step up":                    {"[go](https://w.example/q/.{{.PortalURL}}/x)", ".", "P go `https://w.example/q/../x`\n"},
		"part of the host":                  {"[go](https://{{.PortalURL}}.w.example/)", "e.example/", "P go `https://e.example/.w.example/`\n"},
		"the end of the host":               {"[go](https://w.example{{.PortalURL}})", ".evil.example", "P go `https://w.example.evil.example`\n"},
		"user of the host":                  {"[go](https://w.example:{{.PortalURL}}/)", "x@e.example", "P go `https://w.example:x@e.example/`\n"},
		"the scheme":                        {"[go]({{.PortalURL}}://w.example/)", "https", "P go `https://w.example/`\n"},
		"a closing bracket in the address":  {"[go](https://w.example/{{.PortalURL}})", "a) [x](https://e.example", "P <go|https://w.example/a%29%20%5Bx%5D%28https%3A%2F%2Fe.example>\n"},
		"a closing bracket in the text":     {"[{{.PortalURL}}](https://w.example/)", "x](https://e.example) [y", "P <x](https://e.example) [y|https://w.example/>\n"},
		"no address":                        {"[go]({{.PortalURL}})", "", "P go\n"},
		"two values that make the address":  {"[go]({{.PortalURL}}{{.AppID}})", portalURL, "P go `" + portalURL + "13`\n"},
		"a link in the place of an address": {`[go]({{link "x" .PortalURL}})`, portalURL, "P go `x`\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := sampleTarget(finding.Open)
			f.Fields[finding.PortalURL] = finding.Value{Text: tt.value}
			if got := dump(body(t, tt.text, f)); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// everywhere has a value in every place where structure could begin or end.
const everywhere = "{{.Title}}\n# {{.Title}}\n- {{.Title}}\n- b{{.Title}}\n> {{.Title}}\n\n**{{.Title}}** `{{.Title}}` [{{.Title}}](https://w.example/{{.Title}}) " +
	"{{code .Title}} {{link .Title .Title}}\n\n```\n{{.Title}}\n```\n{{.Title}}"

// shape is the structure of a Doc without its texts, except where links lead.
func shape(doc ticket.Doc) string {
	var b strings.Builder
	spans := func(spans []ticket.Span) {
		for _, s := range spans {
			host, _, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), "/")
			b.WriteString(string(rune('a'+s.Kind)) + host)
		}
		b.WriteByte(';')
	}
	for _, block := range doc {
		b.WriteByte('0' + byte(block.Kind))
		spans(block.Spans)
		for _, item := range block.Items {
			spans(item)
		}
	}
	return b.String()
}

func checkNothingBreaksOut(t interface {
	Helper()
	Fatalf(string, ...any)
}, v View, f finding.Finding, want string) {
	t.Helper()
	d, err := v.Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatalf("executing: %v", err)
	}
	if got := shape(d.Body); got != want {
		t.Fatalf("%q changed the structure to\n%s\n%s", f.Get(finding.Title), got, dump(d.Body))
	}
}

// hostile gives a view whose body has the title everywhere, and the shape that a harmless title has.
func hostile(t testing.TB) (View, string) {
	t.Helper()
	r := jiraRule()
	r.Body = everywhere
	f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Title: "harmless"})
	v := view(t, r, f)
	d, err := v.Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return v, shape(d.Body)
}

func hostileFinding(title string) (finding.Finding, bool) {
	f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Title: title})
	_, vetted := portal{"securetheorem.com"}.vet(title)
	dots := slices.ContainsFunc(strings.Split(strip(title), "/"), func(s string) bool { return strings.Trim(s, ".") == "" && s != "" })
	return f, strings.TrimSpace(strip(title)) != "" && !vetted && !dots && len(strip(title)) < 4<<10 // dots: no link, by intent; a longer text may be cut
}

func TestNoTitleBreaksOutOfATemplate(t *testing.T) {
	v, want := hostile(t)
	pieces := rapid.SampledFrom([]string{"*", "**", "`", "```", "\n", "\r\n", "#", "# ", "- ", "> ", "[", "](", ")", "https://e.example/", "\\",
		"\uE000", "\uE001", "\uE002", "\U000F0000", "\U000F0001", "{{", "}}", " ", "\x00", "\u2028", "x", "é", "\xff", "..", "/"})
	rapid.Check(t, func(t *rapid.T) {
		f, ok := hostileFinding(strings.Join(rapid.SliceOfN(pieces, 1, 12).Draw(t, "title"), ""))
		if !ok {
			t.Skip("no title, or one that is a link by intent")
		}
		checkNothingBreaksOut(t, v, f, want)
	})
}

func FuzzValuesInTemplates(f *testing.F) {
	v, want := hostile(f)
	for _, seed := range []string{"**a**", "```\n# x", "](https://e.example)", "\uE001\n# x\n\uE000", "\U000F0000", "\\", "a\n\n- b", strings.Repeat("\xe6", 3<<10)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, title string) {
		if fd, ok := hostileFinding(title); ok {
			checkNothingBreaksOut(t, v, fd, want)
		}
	})
}

func FuzzMarkup(f *testing.F) {
	for _, seed := range []string{everywhere, "a\n# b\n- c\n> d\n```\ne", "**[`\\", "[a](https://b/\uE000c\uE001)", "\uE000x\uE002"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, block := range parseDoc(strings.ToValidUTF8(text, ""), nil) {
			if len(block.Spans)+len(block.Items) == 0 && block.Text == "" {
				t.Errorf("an empty block of kind %d", block.Kind)
			}
			for _, s := range block.Spans {
				if s.Kind == ticket.Link && !strings.HasPrefix(s.URL, "https://") && !strings.ContainsRune(text, divider) {
					t.Errorf("a link to %q", s.URL)
				}
			}
		}
	})
}
