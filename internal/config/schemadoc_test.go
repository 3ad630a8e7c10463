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
		if text == "" && files.Position(f.Pos()).Line == end+1 && f.Doc == nil {
			text = shared // a comment stands for the lines right below it, too
		}
		shared, end = text, files.Position(f.End()).Line
		for _, name := range f.Names {
			c[s.Name.Name+"."+name.Name] = text
		}
	}
}

// seeAlso is what a comment says to readers of Go alone.
var seeAlso = regexp.MustCompile(`;? [Ss]ee [a-z]+\.[A-Z]\w+\.?| \([a-z]+\.[A-Z]\w+ says [^)]*\)`)

// of describes a struct, or with a field's Go name that field, in the words of TOML.
func (c comments) of(t reflect.Type, field string) string {
	text := c[t.Name()]
	if field != "" {
		text = c[t.Name()+"."+field]
	}
	text = strings.Join(strings.Fields(text), " ")
	text = strings.ReplaceAll(text, "a type of ticket.FieldTypes", "TYPE being one of "+strings.Join(fieldTypes(), ", "))
	text = seeAlso.ReplaceAllString(text, "")
	if t.Kind() != reflect.Struct {
		return text
	}
	for name, index := range fieldsOf(t) {
		goName := t.FieldByIndex(index).Name
		switch {
		case goName == field:
			text = regexp.MustCompile(`^`+goName+`\b`).ReplaceAllString(text, name)
		case !plainWord(goName):
			text = regexp.MustCompile(`\b`+goName+`\b`).ReplaceAllString(text, name)
		}
	}
	return strings.TrimPrefix(text, t.Name()+" is ")
}

// plainWord tells whether a Go name may as well be a word of a sentence.
func plainWord(name string) bool {
	return strings.ToLower(name[1:]) == name[1:] || name == "URL" || name == "ID" || name == "GitHub"
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
