package mapping

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestTheFunctionsOfTemplates(t *testing.T) {
	f := richTarget()
	f.Data = map[string]finding.Member{"a": {JSON: json.RawMessage(`{"b":["x",2,true]}`)}}
	f.Fields[finding.DateCreated] = finding.Value{Text: "2021-01-19T12:04:15.714371+02:00"}
	f.Fields[finding.ExternalID] = finding.Value{Text: "  äöü  "}
	tests := map[string]string{
		`{{lower .Severity}} {{upper .AppName}}`:                                     "high MYBANK",
		`[{{trim .ExternalID}}]`:                                                     "[äöü]",
		`{{.ExternalID | trim | trunc 2}} {{trunc -4 .Platform}}`:                    "äö ROID",
		`{{trunc 99 .AppID}}{{trunc -99 .AppID}}{{trunc 0 .AppID}}`:                  "1313",
		`{{.AssetName | default "none"}} {{default "none" .AppName}}`:                "none MyBank",
		`{{replace "MEDIUM" "x" .Severity}} {{.Platform | replace "AN" "an"}}`:       "HIGH anDROID",
		`{{date "2 Jan 2006 15:04" .DateCreated}}`:                                   "19 Jan 2021 10:04",
		`{{date "2006" .ChangedAt}} {{date "2006" .AppName}} {{date "2006" .Title}}`: "2021 MyBank Private key in the app",
		`{{.Path "a.b"}}|{{.Path "a.c"}}|{{.Path ""}}|{{.Field "severity"}}`:         "x, 2, true|||HIGH",
		`{{printf "%s-%03d" .Kind 7}} {{print 1 2}}{{println}}{{len .AppID}}`:        "target-007 1 2⏎2",
		`{{if and (eq .Kind "target") (not .AssetName)}}yes{{else}}no{{end}}`:        "yes",
		`{{.Key}} {{.UUID}} {{.Parent}} {{.Disposition}}`:                            "target/924f1fb0-ebaa-4dfd-9297-390c0df18b44 924f1fb0-ebaa-4dfd-9297-390c0df18b44 6f1c5a0e-0000-4000-8000-0000000000f1 open",
		`{{.Headline}}`: "Private key in the app · MyBank",
	}
	for text, want := range tests {
		if got := dump(body(t, text, f)); got != "P "+want+"\n" {
			t.Errorf("%s: got %s", text, got)
		}
	}
}

func TestTimesAreReadAsDataTheoremSendsThem(t *testing.T) {
	for in, want := range map[string]string{
		"2021-01-19T12:04:15.714371+00:00": "19 January 2021, 12:04 UTC",
		"2021-01-19T12:04:15+00:00":        "19 January 2021, 12:04 UTC",
		"2021-01-19T12:04:15Z":             "19 January 2021, 12:04 UTC",
		"2021-01-19T12:04:15.7":            "19 January 2021, 12:04 UTC",
		"2021-01-19 12:04:15.7":            "19 January 2021, 12:04 UTC",
		"2021-01-19 12:04:15-02:00":        "19 January 2021, 14:04 UTC",
		"19.1.2021":                        "19.1.2021",
		"":                                 "",
	} {
		if got := formatTime(in, forPeople); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestTooMuchOutputIsCutAndSaid(t *testing.T) {
	const notice = "P … (the text was too long and was cut here)\n"
	f := sampleViolation(finding.Open)
	f.Fields[finding.Description] = finding.Value{Text: strings.Repeat("é", 1<<19)}
	tests := map[string]string{
		"a large value":       "# a\n{{.Description}}",
		"many large values":   "{{.Description}}{{.Description}}",
		"a large fence":       "```\n{{.Description}}\n```\nlast",
		"a cut link":          "{{.Description | trunc 32700}}{{link .Description .PortalURL}}",
		"turns that say much": "{{range $i := len .Description}}abc\n{{end}}",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got := dump(body(t, text, f))
			if !strings.HasSuffix(got, notice) || len(got) > maxOutput+1<<12 || strings.Contains(got, "\uFFFD") || strings.ContainsFunc(got, reserved) {
				t.Errorf("%d bytes, end %q", len(got), got[max(0, len(got)-80):])
			}
		})
	}
}

func TestATemplateThatSaysNothingEnds(t *testing.T) {
	f := sampleViolation(finding.Open)
	f.Fields[finding.Description] = finding.Value{Text: strings.Repeat("a", 1<<20)}
	for name, text := range map[string]string{
		"nested ranges": "a{{range $i := len .Description}}{{range $j := len $.Description}}{{end}}{{end}}",
		"recursion":     `a{{define "t"}}{{if gt (len .) 99}}{{template "t" .}}{{template "t" .}}{{end}}{{end}}{{template "t" .Description}}`,
	} {
		if got := dump(body(t, text, f)); got != "P a\nP … (the text was too long and was cut here)\n" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestATemplateCannotGrowATextWithoutEnd(t *testing.T) {
	f := sampleViolation(finding.Open)
	f.Fields[finding.Description] = finding.Value{Text: strings.Repeat("a", 1<<20)}
	for _, text := range []string{
		`{{replace "a" .Description .Description}}`,
		`{{$x := .Description}}{{range $i := 64}}{{$x = print $x $x}}{{end}}`,
		`{{$x := .Description}}{{range $i := 64}}{{$x = printf "%s%s" $x $x}}{{end}}`,
	} {
		r := jiraRule()
		r.Body = text
		m, problems := Compile(twoTrackers(r))
		if m == nil { // the samples are enough for some
			if !strings.Contains(problems[0].Text, errValue.Error()) {
				t.Errorf("%s: %+v", text, problems)
			}
			continue
		}
		route, _ := m.Route(f)
		if _, err := m.For(One(f), route.Destination, route.Rule).Draft(One(f), "dtw-1", ticket.Ref{}); err == nil {
			t.Errorf("%s: executed", text)
		}
	}
}

func FuzzTemplates(f *testing.F) {
	for _, seed := range []string{everywhere, `{{define "template"}}x{{end}}`, `{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`, "{{range .Title}}{{else}}{{break}}{{end}}",
		"{{range $i, $x := 3}}{{continue}}{{end}}", "{{(print 1).X}}", "{{$x := $}}{{$x.Title}}", "{{/* c */ -}} a", "{{nil}}", "{{.}}", "{{.Field}}", "{{1 | 2}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := jiraRule()
		r.Body, r.Title = text, text
		m, problems := Compile(twoTrackers(r))
		if m == nil && len(problems) == 0 {
			t.Error("refused without a reason")
		}
		for _, p := range problems {
			if !p.Warning && (p.Inside < 1 || p.Inside > len(text)+1) {
				t.Errorf("no place in the text: %d %s", p.Inside, p.Text)
			}
		}
	})
}

// declaredFields reads the constants of type Field from the package that declares them.
func declaredFields(t *testing.T) map[finding.Field]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/finding/finding.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[finding.Field]string)
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && len(s.Values) == 1 {
			if id, ok := s.Type.(*ast.Ident); ok && id.Name == "Field" {
				value, _ := strconv.Unquote(s.Values[0].(*ast.BasicLit).Value)
				out[finding.Field(value)] = s.Names[0].Name
			}
		}
		return true
	})
	return out
}

func TestTemplatesSeeEveryAttributeUnderItsName(t *testing.T) {
	declared := declaredFields(t)
	if len(declared) < 30 || len(declared) != len(members()) {
		t.Errorf("%d declared, %d known", len(declared), len(members()))
	}
	f := seen(finding.Violation, finding.Open, nil)
	for name, goName := range declared {
		if name == finding.Explanation || name == finding.ExplainedAt {
			continue // only with the decision they belong to
		}
		f.Fields = map[finding.Field]finding.Value{name: {Text: "the value"}}
		if got := dump(body(t, "{{."+goName+"}}", f)); got != "P the value\n" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestTheFunctionFieldKnowsEveryNameThatRulesUse(t *testing.T) {
	f := seen(finding.Target, finding.WontFix, map[finding.Field]string{})
	f.Parent.Text = "the parent"
	for _, doc := range Fields() {
		f.Fields[finding.Field(doc.Name)] = finding.Value{Text: "the " + doc.Name, Stamp: f.Status}
		got := dump(body(t, `{{.Field "`+doc.Name+`"}}`, f))
		if want := "P " + fieldValue(f, doc.Name) + "\n"; got != want || got == "P \n" {
			t.Errorf("%s: got %q", doc.Name, got)
		}
	}
}

func TestWhatWasWrittenWithAnEarlierDecisionIsNoFieldAnyMore(t *testing.T) {
	f := seen(finding.Violation, finding.WontFix, map[finding.Field]string{})
	for _, name := range []finding.Field{finding.Explanation, finding.ExplainedAt} {
		f.Fields[name] = finding.Value{Text: "2021-01-26", Stamp: f.Status}
	}
	const all = `{{.Explanation}}|{{.ExplainedAt}}|{{.Field "explanation"}}|{{.Field "explained_at"}}`
	if got := dump(body(t, all, f)); got != "P 2021-01-26|2021-01-26|2021-01-26|2021-01-26\n" {
		t.Errorf("got %q", got)
	}
	f.Disposition, f.Status.Time = finding.Open, f.Status.Time+1
	if got := dump(body(t, all, f)); got != "P |||\n" {
		t.Errorf("open again: got %q", got)
	}
	f.Disposition = finding.RiskAccepted
	if got := dump(body(t, all, f)); got != "P |||\n" {
		t.Errorf("decided anew: got %q", got)
	}
}
