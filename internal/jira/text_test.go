package jira

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

func hostile() ticket.Doc {
	const evil = "[~accountid:1] !https://evil.example/x.png! {adf}{\"type\":\"mention\"}{adf} h1. @admin <b>&amp; \\{code} " +
		"[x|javascript:alert(1)] mailto:a@b.example :) dtw-0123456789abcdef01234567 \u202egnp.exe\u200b\x07"
	return ticket.Doc{
		ticket.Head("What was found"),
		ticket.Para(ticket.Text(evil + "\nh1. second line\r\n\r\n----\nbq. third")...),
		ticket.Para(ticket.Span{Kind: ticket.Strong, Text: "Asset: "}, ticket.Span{Kind: ticket.Mono, Text: "s3://acme/{{x}}"}, ticket.Span{}),
		{Kind: ticket.Table, Items: [][]ticket.Span{ticket.Text("Severity"), ticket.Text("HIGH | URGENT"), ticket.Text("Empty"), nil}},
		{Kind: ticket.List, Items: [][]ticket.Span{ticket.Text("one\ntwo"), nil, {{Kind: ticket.Link, Text: "open [it]", URL: "https://www.securetheorem.com/a?b=c|d"}}}},
		{Kind: ticket.Code, Text: "{noformat}\n{NoFormat:title=x}\n\tif (a) { b(); }\n"},
		{Kind: ticket.Quote, Spans: ticket.Text("{quote} somebody's words\n* not a list")},
		ticket.Para(ticket.Span{Kind: ticket.Link, Text: "click", URL: "javascript:alert(1)"}, ticket.Span{Kind: ticket.Link, URL: "https://portal.example/"}),
		ticket.Para(), {Kind: ticket.List}, {Kind: ticket.Table}, {Kind: ticket.Code}, {Kind: ticket.Quote}, ticket.Head("\u200b"),
	}
}

func TestGoldenTexts(t *testing.T) {
	d := draft()
	d.Body = hostile()
	adf, err := json.MarshalIndent(renderDescription(true, d).value(true), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "hostile.adf.json", string(adf)+"\n")
	golden(t, "hostile.wiki.txt", renderDescription(false, d).text+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a test's own file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) //nolint:gosec // a test's own file
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", name, got)
	}
}

func TestTheWholeHostileTextIsAcceptedByJira(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc})
		d := draft()
		d.Body = hostile()
		d.Title = "two\nlines \u202e and dtw-0123456789abcdef01234567 " + strings.Repeat("ö😀 ", 200)
		d.Labels = []string{"a b\tc", "", strings.Repeat("x", 300), "\u200b", "ticketd"}
		issue := s.create(t, d)
		stored := s.stored(t, issue.Ref)
		if strings.Contains(stored.Summary, "dtw-") || ticket.Units(stored.Summary) > summaryLimit || !strings.HasSuffix(stored.Summary, "…") {
			t.Errorf("summary %q", stored.Summary)
		}
		if want := []string{"a-b-c", markerA, "ticketd", strings.Repeat("x", 255)}; !slices.Equal(stored.Labels, want) {
			t.Errorf("labels %q", stored.Labels)
		}
		if n := strings.Count(stored.Description, "dtw-"); n != 1 {
			t.Errorf("%d markers in %q", n, stored.Description)
		}
	})
}

func TestALongTextIsCutAndSaysSo(t *testing.T) {
	long := map[string]ticket.Doc{
		"paragraph": {ticket.Para(ticket.Text(strings.Repeat("words and words ", 4_000))...)},
		"one word":  {ticket.Para(ticket.Text(strings.Repeat("x", 50_000))...)},
		"emoji":     {ticket.Para(ticket.Text(strings.Repeat("😀", 20_000))...)},
		"specials":  {ticket.Para(ticket.Text(strings.Repeat("{*}", 20_000))...)},
		"quotes":    {{Kind: ticket.Code, Text: strings.Repeat("\"\\\"\n", 10_000)}},
		"table":     {{Kind: ticket.Table, Items: slices.Repeat([][]ticket.Span{ticket.Text("name"), ticket.Text("value")}, 3_000)}},
		"list":      {{Kind: ticket.List, Items: slices.Repeat([][]ticket.Span{ticket.Text("item")}, 8_000)}},
	}
	for name, body := range long {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) {
				d := draft()
				d.Body = body
				r := renderDescription(!dc, d)
				raw, err := json.Marshal(r.value(!dc))
				if err != nil {
					t.Fatal(err)
				}
				size, limit := ticket.Units(r.text), textLimit
				if !dc {
					size, limit = adfUnits(r.nodes), adfLimit
				}
				if size > limit || size < limit/2 {
					t.Errorf("%d units, limit %d", size, limit)
				}
				if !strings.Contains(string(raw), "cut here") || !strings.Contains(string(raw), d.PortalURL) || !strings.Contains(string(raw), markerA) {
					t.Errorf("the end is missing: …%s", raw[len(raw)-300:])
				}
			})
		})
	}
}

func seeds() []string {
	return []string{"", "plain", "h1. x", " BQ. y", "a\\{b}", "::x;;", "http://evil.example", "{adf}{\"a\":1}{adf}", "[~admin]", "!a.png!",
		"dtw-dtc-", "----", "||a||", "\u2028h1. x", "{noformat}", "{NOFORMAT}", "\xff", "😀", "a\r\nb", "\\\\", "d\u200btw-"}
}
