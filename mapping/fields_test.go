package mapping

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/finding"
)

func TestTheTableHasEveryFieldThatAFindingCanHave(t *testing.T) {
	want := []string{"kind", "uuid", "parent", "disposition"}
	for name := range declaredFields(t) {
		want = append(want, string(name))
	}
	got := fieldList(anyField)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("table  %v\nfields %v", got, want)
	}
}

func TestTheTableAndTheTemplatesKnowTheSameFields(t *testing.T) {
	for _, doc := range Fields() {
		switch doc.Name {
		case "kind", "uuid", "parent", "disposition":
			if member := strings.ToUpper(doc.Name[:1]) + doc.Name[1:]; doc.Name != "uuid" && !slices.Contains(dataNames(), member) {
				t.Errorf("a template has no .%s", member)
			}
		default:
			if _, known := members()[finding.Field(doc.Name)]; !known {
				t.Errorf("a template does not know %s", doc.Name)
			}
		}
	}
	if !slices.Contains(dataNames(), "UUID") {
		t.Error("a template has no .UUID")
	}
}

func TestTheTableTellsWhichFieldsAreKeysOfMatch(t *testing.T) {
	var want []string
	for f := range reflect.TypeFor[Match]().Fields() {
		if f.Type == reflect.TypeFor[Patterns]() {
			want = append(want, f.Tag.Get("toml"))
		}
	}
	var asked []string
	for _, a := range (Match{}).attributes() {
		asked = append(asked, a.key)
	}
	got := fieldList(func(f FieldDoc) bool { return f.Match })
	for _, names := range [][]string{want, asked, got} {
		slices.Sort(names)
	}
	if !slices.Equal(got, want) || !slices.Equal(asked, want) {
		t.Errorf("table %v\nMatch %v\nasked %v", got, want, asked)
	}
}

func TestEveryRowOfTheTableIsFilled(t *testing.T) {
	types := []string{"word", "text", "name", "UUID", "id", "URL", "time"}
	sources := []Source{Published, FromREST, Expected, Derived}
	for _, f := range Fields() {
		if f.Example == "" || f.Meaning == "" || len(f.Products) == 0 || !slices.Contains(types, f.Type) || !slices.Contains(sources, f.Source) {
			t.Errorf("%+v", f)
		}
		if len(f.Words) > 0 && (f.Type != "word" || !slices.Contains(f.Words, f.Example)) {
			t.Errorf("%s: %q is none of %v", f.Name, f.Example, f.Words)
		}
		if f.Match && !f.Group {
			t.Errorf("%s: what a rule matches must not change while a finding lives", f.Name)
		}
	}
}
