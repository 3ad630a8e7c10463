package mapping

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// The reference holds its tables between "<!-- name -->" and "<!-- end -->".
func TestTheReferenceHasTheTablesOfTheCode(t *testing.T) {
	path := filepath.Join("..", "docs", "mapping.md")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(file)
	for name, table := range map[string]string{"fields": fieldTable(), "expressions": expressionTable(), "functions": functionsTable(), "types": typeTable()} {
		before, rest, found := strings.Cut(want, "<!-- "+name+" -->\n")
		_, after, ended := strings.Cut(rest, "<!-- end -->\n")
		if !found || !ended {
			t.Fatalf("docs/mapping.md has no place for the %s", name)
		}
		want = before + "<!-- " + name + " -->\n" + table + "<!-- end -->\n" + after
	}
	if want == string(file) {
		return
	}
	if !*update {
		t.Fatal("docs/mapping.md is not what the code says; write it anew with: go test ./mapping -run Reference -args -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

func fieldTable() string {
	out := row("field", "in templates", "what it is", "example, or the words that are known", "products", "source", "for") + row("---", "---", "---", "---", "---", "---", "---")
	for _, f := range Fields() {
		example := code(f.Example)
		if len(f.Words) > 0 {
			example = code(strings.Join(f.Words, "` `"))
		}
		uses := "`when`"
		if f.Match {
			uses += " `match`"
		}
		if f.Group {
			uses += " `group_by`"
		}
		out += row(code(f.Name), code("."+memberName(f.Name)), f.Meaning+" ("+f.Type+")", example, strings.Join(f.Products, ", "), string(f.Source), uses)
	}
	return out
}

// memberName gives the member of Data that holds a field.
func memberName(field string) string {
	var d Data
	if member := members()[finding.Field(field)]; member != nil {
		*member(&d) = "here"
		v := reflect.ValueOf(d)
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.String && v.Field(i).String() == "here" {
				return v.Type().Field(i).Name
			}
		}
	}
	switch field {
	case fieldUUID:
		return "UUID"
	default:
		return strings.ToUpper(field[:1]) + field[1:]
	}
}

func expressionTable() string {
	out := row("form", "what it says", "example") + row("---", "---", "---")
	for _, d := range Expressions() {
		out += row(code(d.Form), strings.ReplaceAll(d.Meaning, "|", `\|`), code(d.Example))
	}
	return out
}

func functionsTable() string {
	out := row("function", "what it gives", "example", "prints") + row("---", "---", "---", "---")
	for _, f := range Functions() {
		out += row(code(f.Name+" "+f.Arguments), f.Meaning, code(f.Example), code(f.Result))
	}
	return out
}

func typeTable() string {
	samples := map[ticket.FieldType][2]string{
		ticket.TextField:        {`"found in {{ .AssetName }}"`, "one line of text"},
		ticket.ParagraphField:   {`"{{ .Recommendation }}"`, "text of several lines, with the markup of a body"},
		ticket.NumberField:      {`"7.5"`, "a number"},
		ticket.SelectField:      {`"Payments"`, "one of the options, by name or id"},
		ticket.MultiSelectField: {`["iOS", "Android"]`, "several of the options"},
		ticket.CascadingField:   {`["Technical", "Transport"]`, "an option and the one below it"},
		ticket.UserField:        {`"557058:0f1e2d3c"`, "a person: account id (Cloud) or user name (Data Center)"},
		ticket.DateField:        {`"2026-12-31"`, "a day"},
		ticket.LabelsField:      {`["pci", "{{ .Platform }}"]`, "labels"},
		ticket.URLField:         {`"{{ .PortalURL }}"`, "an address, http or https"},
		ticket.JSONField:        {`'{"value": "{{ .Severity }}"}'`, "anything, as Jira's API wants it; values are written so that they stay text"},
	}
	out := row("value", "what it is") + row("---", "---")
	for _, kind := range ticket.FieldTypes() {
		out += row(code("{ "+string(kind)+" = "+samples[kind][0]+" }"), samples[kind][1])
	}
	return out
}
