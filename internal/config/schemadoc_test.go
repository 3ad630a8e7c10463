package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/ticket"
)

// comments are the comments of structs and their fields, by "Struct" and "Struct.Field".
type comments map[string]string

// commentsOf reads them from the source.
func commentsOf(t *testing.T, files ...string) comments {
	t.Helper()
	all := comments{}
	for _, name := range files {
		set := token.NewFileSet()
		source, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range source.Decls {
			declared, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range declared.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					all.add(set, s, declared.Doc)
				}
			}
		}
	}
	return all
}

func (c comments) add(files *token.FileSet, s *ast.TypeSpec, doc *ast.CommentGroup) {
	c[s.Name.Name] = doc.Text()
	body, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	shared, end := "", 0
	for _, f := range body.Fields.List {
		text := f.Doc.Text() + f.Comment.Text()
		if text == "" && files.Position(f.Pos()).Line == end+1 {
			text = shared // a comment above a field stands for those right below it, too
		}
		if end = files.Position(f.End()).Line; f.Comment == nil {
			shared = text
		} else {
			shared = ""
		}
		for _, name := range f.Names {
			c[s.Name.Name+"."+name.Name] = text
		}
	}
}

// seeAlso is what a comment says to readers of Go alone.
var seeAlso = regexp.MustCompile(`;? [Ss]ee [a-z]+\.[A-Z]\w+\.?| \([a-z]+\.[A-Z]\w+ says [^)]*\)| Once loaded it [^.]*\.`)

// listOfWords is how a text begins that is a list of values, or that begins with a key.
var listOfWords = regexp.MustCompile(`^[a-z]+(,|_)`)

// of describes a type, or with a field's Go name that field, in the words of TOML.
func (c comments) of(t reflect.Type, field string) string {
	text := c[t.Name()]
	if field != "" {
		text = c[t.Name()+"."+field]
	}
	text = strings.Join(strings.Fields(text), " ")
	text = strings.ReplaceAll(text, "a type of ticket.FieldTypes", "TYPE being one of "+strings.Join(fieldTypes(), ", "))
	text = seeAlso.ReplaceAllString(text, "")
	text = regexp.MustCompile(`^(`+field+`|`+t.Name()+`) (is|are) `).ReplaceAllString(text, "")
	if t.Kind() == reflect.Struct {
		text = inTOML(t, text)
	}
	if text == "" || listOfWords.MatchString(text) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] // comments begin in ASCII
}

// inTOML writes the names of a struct's fields as keys. One that may be a word of the sentence is
// left where a sentence begins.
func inTOML(t reflect.Type, text string) string {
	for name, index := range fieldsOf(t) {
		goName, before := t.FieldByIndex(index).Name, ""
		switch {
		case slices.Contains([]string{"URL", "ID", "GitHub", "Jira", "App"}, goName):
			continue // hardly ever the key
		case strings.ToLower(goName[1:]) == goName[1:]:
			before = `[a-z,;:] `
		}
		text = regexp.MustCompile(`(`+before+`)\b`+goName+`\b`).ReplaceAllString(text, "${1}"+name)
	}
	return text
}

func fieldTypes() []string {
	var names []string
	for _, t := range ticket.FieldTypes() {
		names = append(names, string(t))
	}
	return names
}

func TestEveryKeyHasAComment(t *testing.T) {
	s := generated(t)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		m, _ := v.(map[string]any)
		properties, _ := m["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			p, _ := properties[name].(map[string]any)
			if text, _ := p["description"].(string); len(text) < 5 {
				t.Errorf("%s.%s has no description", path, name)
			}
			walk(path+"."+name, p)
		}
	}
	walk("", s)
	definitions, _ := s["definitions"].(map[string]any)
	if len(definitions) < 10 {
		t.Fatalf("found %d definitions", len(definitions))
	}
	for name, d := range definitions {
		walk(name, d)
	}
}
