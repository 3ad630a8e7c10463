package jira

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"ticketd/internal/ticket"
)

// node is a node of the Atlassian Document Format. Text nodes are inert: nothing in them is parsed,
// so that structure of ours and text of others cannot mix (facts: jira.md section 7).
type node struct {
	Type    string         `json:"type"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content []node         `json:"content,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []mark         `json:"marks,omitempty"`
}

type mark struct {
	Type  string         `json:"type"`
	Attrs map[string]any `json:"attrs,omitempty"`
}

// document is the root of an ADF text.
type document struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	Content []any  `json:"content"` // node, or json.RawMessage of what a person wrote
}

func newDocument(content ...any) document {
	if content == nil {
		content = []any{}
	}
	return document{Type: "doc", Version: 1, Content: content}
}

// anyNodes is a list of nodes as the content of a document.
func anyNodes(nodes []node) []any {
	out := make([]any, 0, len(nodes))
	for _, n := range nodes {
		out = append(out, n)
	}
	return out
}

// adf writes a text as ADF nodes. Blocks that show nothing are left out: Jira refuses empty text
// nodes (400 INVALID_INPUT), empty lists and empty tables.
func adf(doc ticket.Doc) []node {
	var out []node
	for _, b := range doc {
		if n, ok := adfBlock(b); ok {
			out = append(out, n)
		}
	}
	return out
}

func adfBlock(b ticket.Block) (node, bool) {
	switch b.Kind {
	case ticket.Heading:
		content := adfSpans(flat(b.Spans))
		return node{Type: "heading", Attrs: map[string]any{"level": 3}, Content: content}, len(content) > 0
	case ticket.List:
		return adfList(b.Items)
	case ticket.Table:
		return adfTable(b.Items)
	case ticket.Code:
		text := strings.Trim(ticket.Clean(b.Text), "\n")
		return node{Type: "codeBlock", Content: []node{{Type: "text", Text: text}}}, text != ""
	case ticket.Quote:
		content := adfSpans(b.Spans)
		return node{Type: "blockquote", Content: []node{{Type: "paragraph", Content: content}}}, len(content) > 0
	case ticket.Paragraph:
	}
	content := adfSpans(b.Spans)
	return node{Type: "paragraph", Content: content}, len(content) > 0
}

func adfList(items [][]ticket.Span) (node, bool) {
	list := node{Type: "bulletList"}
	for _, item := range items {
		if content := adfSpans(item); len(content) > 0 {
			list.Content = append(list.Content, node{Type: "listItem", Content: []node{{Type: "paragraph", Content: content}}})
		}
	}
	return list, len(list.Content) > 0
}

func adfTable(items [][]ticket.Span) (node, bool) {
	table := node{Type: "table"}
	for i := 0; i+1 < len(items); i += 2 {
		table.Content = append(table.Content, node{Type: "tableRow", Content: []node{
			{Type: "tableHeader", Content: []node{{Type: "paragraph", Content: adfSpans(items[i])}}},
			{Type: "tableCell", Content: []node{{Type: "paragraph", Content: adfSpans(items[i+1])}}},
		}})
	}
	return table, len(table.Content) > 0
}

// adfSpans writes spans as text nodes; a newline becomes a hardBreak, never part of a text node.
func adfSpans(spans []ticket.Span) []node {
	var out []node
	for _, s := range spans {
		for i, line := range strings.Split(spanText(s), "\n") {
			if i > 0 {
				out = append(out, node{Type: "hardBreak"})
			}
			if line != "" {
				out = append(out, node{Type: "text", Text: line, Marks: adfMarks(s)})
			}
		}
	}
	for len(out) > 0 && out[len(out)-1].Type == "hardBreak" {
		out = out[:len(out)-1]
	}
	return out
}

func adfMarks(s ticket.Span) []mark {
	switch s.Kind {
	case ticket.Strong:
		return []mark{{Type: "strong"}}
	case ticket.Mono:
		return []mark{{Type: "code"}}
	case ticket.Link:
		if href, ok := webURL(s.URL); ok {
			return []mark{{Type: "link", Attrs: map[string]any{"href": href}}}
		}
	case ticket.Plain:
	}
	return nil
}

// spanText is what a span shows; a link without words shows its address.
func spanText(s ticket.Span) string {
	text := ticket.Clean(s.Text)
	if text == "" && s.Kind == ticket.Link {
		return ticket.Clean(s.URL)
	}
	return text
}

// flat gives the spans on one line.
func flat(spans []ticket.Span) []ticket.Span {
	out := make([]ticket.Span, len(spans))
	for i, s := range spans {
		s.Text = strings.ReplaceAll(spanText(s), "\n", " ")
		out[i] = s
	}
	return out
}

// webURL gives an absolute http or https address, normalised, and nothing else.
func webURL(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return "", false
	}
	return u.String(), true
}

// adfUnits measures a serialized document.
func adfUnits(nodes []node) int {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // as Jira stores it
	if err := enc.Encode(newDocument(anyNodes(nodes)...)); err != nil {
		return adfLimit + 1 // cannot happen: strings, ints and maps of them
	}
	return ticket.Units(b.String())
}
