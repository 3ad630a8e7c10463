package jira

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// adfSchema is Atlassian's own schema of the format (testdata/adf-schema/README.md), which remembers what
// it found valid: its alternatives take milliseconds to try.
type adfSchema struct {
	*jsonschema.Schema

	seen map[string]bool
}

func newSchema(t testing.TB) adfSchema {
	t.Helper()
	raw, err := os.ReadFile("testdata/adf-schema/full.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("adf.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("adf.json")
	if err != nil {
		t.Fatal(err)
	}
	return adfSchema{compiled, map[string]bool{}}
}

// valid gives a document as Jira gets it, after a look by the schema at each of its blocks of a shape
// that was not seen yet.
func (s adfSchema) valid(t *testing.T, document any) map[string]any {
	t.Helper()
	tree := jsonTree(t, document)
	content, _ := tree["content"].([]any)
	for _, block := range append([]any{nil}, content...) {
		one := map[string]any{"type": tree["type"], "version": tree["version"], "content": []any{block}}
		if block == nil {
			one["content"] = []any{}
		}
		shape := shape(one)
		if s.seen[shape] {
			continue
		}
		if err := s.Validate(one); err != nil {
			t.Fatalf("%v\n%v", one, err)
		}
		s.seen[shape] = true
	}
	return tree
}

func jsonTree(t *testing.T, document any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	tree, _ := read.(map[string]any)
	return tree
}

// shape tells what of a tree the schema looks at: of a text or an address that it is not empty, of a
// list which elements it has, in whatever order and however often.
func shape(value any) string {
	var parts []string
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			parts = append(parts, shape(v))
		}
	case map[string]any:
		for name, v := range value {
			if s, ok := v.(string); ok && s != "" && (name == "text" || name == "href") {
				v = "x"
			}
			parts = append(parts, name+":"+shape(v))
		}
	default:
		return fmt.Sprintf("%T %v", value, value)
	}
	slices.Sort(parts)
	return fmt.Sprintf("%T(%s)", value, strings.Join(slices.Compact(parts), ","))
}

func TestTheSchemaSeesWhatJiraRefuses(t *testing.T) {
	s := newSchema(t)
	text := func(s string, marks ...mark) node { return node{Type: "text", Text: s, Marks: marks} }
	for name, n := range map[string]any{
		"an empty text":           map[string]any{"type": "paragraph", "content": []any{map[string]any{"type": "text", "text": ""}}},
		"an empty list":           node{Type: "bulletList"},
		"text in a list":          node{Type: "bulletList", Content: []node{text("x")}},
		"text in a quote":         node{Type: "blockquote", Content: []node{text("x")}},
		"a mark in code":          node{Type: "codeBlock", Content: []node{text("x", mark{Type: "strong"})}},
		"a break in code":         node{Type: "codeBlock", Content: []node{{Type: "hardBreak"}}},
		"a link without address":  node{Type: "paragraph", Content: []node{text("x", mark{Type: "link"})}},
		"a cell without a row":    node{Type: "table", Content: []node{{Type: "tableCell"}}},
		"a heading without level": node{Type: "heading", Content: []node{text("x")}},
		"an unknown node":         node{Type: "script"},
	} {
		if tree := jsonTree(t, newDocument(n)); s.Validate(tree) == nil {
			t.Errorf("%s is valid: %v", name, tree)
		}
	}
}

// An adfReading is what Jira would make of a document.
type adfReading struct {
	shown     strings.Builder
	links     int
	addresses []string // where links may lead
}

// read looks at a node and what it holds. A node that acts, loads or notifies is none of ours.
func (r *adfReading) read(t *testing.T, n map[string]any, code bool) {
	t.Helper()
	kind, _ := n["type"].(string)
	if kind != "text" {
		r.shown.WriteByte('\n')
	}
	switch kind {
	case "doc", "paragraph", "heading", "bulletList", "listItem", "table", "tableRow", "tableHeader", "tableCell", "codeBlock", "blockquote", "rule", "hardBreak":
	case "text":
		text, _ := n["text"].(string)
		if strings.Contains(text, "\n") && !code {
			t.Errorf("a line break inside a text: %q", text)
		}
		r.shown.WriteString(text)
	default:
		t.Errorf("a live node: %v", n)
	}
	marks, _ := n["marks"].([]any)
	for _, m := range marks {
		mark, _ := m.(map[string]any)
		switch mark["type"] {
		case "strong", "code":
		case "link":
			r.links++
			attributes, _ := mark["attrs"].(map[string]any)
			if href, _ := attributes["href"].(string); !leads(href, r.addresses) {
				t.Errorf("a link to %q", href)
			}
		default:
			t.Errorf("a live mark: %v", mark)
		}
	}
	content, _ := n["content"].([]any)
	for _, inner := range content {
		if node, ok := inner.(map[string]any); ok {
			r.read(t, node, kind == "codeBlock")
		}
	}
}
