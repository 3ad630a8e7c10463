package mapping

import (
	"slices"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// printedBy gives what a template of a title prints for a finding.
func printedBy(t *testing.T, text string, f finding.Finding) string {
	t.Helper()
	r := jiraRule()
	r.Title = text
	d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d.Title
}

func TestEveryDocumentedFunctionDoesWhatItsExampleSays(t *testing.T) {
	docs := Functions()
	if n := len(docs); n < 20 || n > 30 {
		t.Errorf("%d functions", n)
	}
	for _, f := range docs {
		if f.Arguments == "" || f.Meaning == "" {
			t.Errorf("%s is not documented", f.Name)
		}
		if got := printedBy(t, f.Example, sampleViolation(finding.Open)); got != f.Result {
			t.Errorf("%s: %s gives %q, documented %q", f.Name, f.Example, got, f.Result)
		}
		if _, ok := functions(nil)[f.Name]; !ok || slices.Contains(builtins(), f.Name) {
			t.Errorf("%s cannot be called", f.Name)
		}
	}
}

func TestFunctionsAtTheirEdges(t *testing.T) {
	for text, want := range map[string]string{
		`{{abbrev 5 "größe"}} {{abbrev 4 "größe"}} {{abbrev 3 "größe"}}`: "größe g... größe",
		`{{title "ä-b  cd"}}`:     "Ä-b Cd",
		`{{coalesce "" ""}}x`:     "x",
		`{{ternary 1 "no" true}}`: "1",
		`[{{splitList "," "" | first}}{{splitList "," "" | last}}]{{len (splitList "," "")}}`: "[]0",
		`{{splitList "" "äb" | join "-"}}`:                                                    "ä-b",
		`{{splitList "." "a.b"}}`:                                                             "a, b",
		`{{printf "%v %d" (splitList "." "a.b") 2}}`:                                          "[a b] 2",
		`{{contains "" ""}}`:                                                                  "true",
	} {
		if got := printedBy(t, text, sampleViolation(finding.Open)); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsNoTextCannotBePrinted(t *testing.T) {
	for text, want := range map[string]string{
		`{{.}}`:                               "rule.0.title@3: a finding as a whole is no text: name one of its members, e.g. .Headline",
		`a {{print "b" .}}`:                   "rule.0.title@5: error calling print: a finding as a whole is no text: name one of its members, e.g. .Headline",
		`{{.Members}}`:                        "rule.0.title@3: the members are a list: use {{range .Members}}…{{end}}",
		`{{printf "%d" .Members}}`:            "rule.0.title@3: error calling printf: the members are a list: use {{range .Members}}…{{end}}",
		`{{.Members.Title}}`:                  `rule.0.title@11: ".Members" is a list (write {{range .Members}}{{.Title}}{{end}})`,
		`{{range .Members}}{{.Titel}}{{end}}`: `rule.0.title@21: a finding has no ".Titel" (did you mean "Title"?)`,
		`{{range .Members}}{{.}}{{end}}`:      "rule.0.title@21: a finding as a whole is no text: name one of its members, e.g. .Headline",
		`{{range .Title}}{{end}}`:             "rule.0.title@9: range can't iterate over ",
		`{{join "," .Title}}`:                 "rule.0.title@12: wrong type for value; expected []string; got string",
		`{{len .Members | lower}}`:            "rule.0.title@18: wrong type for value; expected string; got int",
		`{{(index .Members 0).Title}}`:        "rule.0.title@4: error calling index: slice index out of range",
	} {
		r := jiraRule()
		r.Title = text
		_, problems := Compile(twoTrackers(r))
		if len(problems) != 1 || problem(problems[0]) != want {
			t.Errorf("%s: got %+v", text, problems)
		}
	}
}

func TestAListCannotGrowWithoutEnd(t *testing.T) {
	if _, err := splitList(",", string(make([]byte, 10))); err != nil {
		t.Error(err)
	}
	long := make([]byte, maxParts+1)
	for i := range long {
		long[i] = ','
	}
	if _, err := splitList(",", string(long)); err == nil {
		t.Error("split")
	}
	if _, err := join(string(long), make([]string, maxValue/maxParts+1)); err == nil {
		t.Error("joined")
	}
}
