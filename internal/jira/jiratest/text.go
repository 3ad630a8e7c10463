package jiratest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

const textLimit = 32767 // Jira's own default

func utf16Len(s string) int { return len(utf16.Encode([]rune(s))) }

// adfNode is a node of an ADF text.
type adfNode struct {
	Type    string           `json:"type"`
	Version int              `json:"version,omitempty"`
	Attrs   map[string]any   `json:"attrs,omitempty"`
	Content []adfNode        `json:"content,omitempty"`
	Text    *string          `json:"text,omitempty"`
	Marks   []map[string]any `json:"marks,omitempty"`
}

// text checks a text as the API version wants it and gives it as it is stored: ADF on Cloud, a
// string on Data Center. problem is Jira's word about what is wrong.
func (s *Server) text(c *call, raw json.RawMessage) (stored json.RawMessage, problem string) {
	if string(raw) == "null" || len(raw) == 0 {
		return nil, ""
	}
	if len(utf16.Encode([]rune(string(raw)))) > 2*textLimit {
		return nil, "CONTENT_LIMIT_EXCEEDED"
	}
	if c.version == 2 {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, "Operation value must be a string"
		}
		if utf16Len(text) > textLimit {
			return nil, "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
		}
		if s.o.DataCenter {
			return raw, ""
		}
		return document(text), ""
	}
	var doc adfNode
	if json.Unmarshal(raw, &doc) != nil || doc.Type != "doc" || doc.Version != 1 {
		return nil, "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
	}
	if !validADF(doc, "") {
		return nil, "INVALID_INPUT"
	}
	return raw, ""
}

// children says which nodes may stand in which; "" is the outside.
func children() map[string][]string {
	blocks := []string{"paragraph", "heading", "bulletList", "orderedList", "table", "codeBlock", "blockquote", "rule", "panel", "mediaSingle"}
	inline := []string{"text", "hardBreak", "mention", "emoji", "inlineCard"}
	return map[string][]string{
		"": {"doc"}, "doc": blocks, "paragraph": inline, "heading": inline, "codeBlock": {"text"},
		"bulletList": {"listItem"}, "orderedList": {"listItem"}, "listItem": {"paragraph", "bulletList", "codeBlock"},
		"table": {"tableRow"}, "tableRow": {"tableHeader", "tableCell"}, "tableHeader": blocks, "tableCell": blocks,
		"blockquote": {"paragraph", "bulletList", "codeBlock"}, "panel": {"paragraph"}, "mediaSingle": {"media"},
	}
}

func validADF(n adfNode, parent string) bool {
	switch {
	case !slices.Contains(children()[parent], n.Type):
		return false
	case n.Type == "text":
		if n.Text == nil || *n.Text == "" || (parent != "codeBlock" && strings.Contains(*n.Text, "\n")) {
			return false
		}
		return parent != "codeBlock" || len(n.Marks) == 0
	case n.Type == "bulletList", n.Type == "table", n.Type == "tableRow", n.Type == "listItem", n.Type == "blockquote":
		if len(n.Content) == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(n.Content, func(child adfNode) bool { return !validADF(child, n.Type) })
}

// document makes ADF of plain text, one paragraph a line.
func document(text string) json.RawMessage {
	doc := adfNode{Type: "doc", Version: 1}
	for line := range strings.SplitSeq(text, "\n") {
		p := adfNode{Type: "paragraph"}
		if line != "" {
			p.Content = []adfNode{{Type: "text", Text: &line}}
		}
		doc.Content = append(doc.Content, p)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil // cannot happen: strings and lists of them
	}
	return raw
}

// readable gives a stored text as a person reads it.
func readable(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return readableWiki(text)
	}
	var doc adfNode
	if json.Unmarshal(raw, &doc) != nil {
		return ""
	}
	var blocks []string
	for _, n := range doc.Content {
		blocks = append(blocks, readableBlock(n))
	}
	return strings.Join(blocks, "\n\n")
}

func readableBlock(n adfNode) string {
	switch n.Type {
	case "rule":
		return "────"
	case "bulletList", "orderedList":
		var lines []string
		for _, item := range n.Content {
			lines = append(lines, "• "+inlineText(item))
		}
		return strings.Join(lines, "\n")
	case "table":
		var lines []string
		for _, row := range n.Content {
			var cells []string
			for _, cell := range row.Content {
				cells = append(cells, inlineText(cell))
			}
			lines = append(lines, strings.Join(cells, ": "))
		}
		return strings.Join(lines, "\n")
	case "blockquote":
		return "> " + strings.ReplaceAll(inlineText(n), "\n", "\n> ")
	}
	return inlineText(n)
}

func inlineText(n adfNode) string {
	switch {
	case n.Type == "hardBreak":
		return "\n"
	case n.Text != nil:
		return *n.Text
	}
	var b strings.Builder
	for _, child := range n.Content {
		b.WriteString(inlineText(child))
	}
	return b.String()
}

// readableWiki takes the markup that ticketd writes away from wiki text.
func readableWiki(s string) string {
	var lines []string
	verbatim := false
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		switch {
		case strings.TrimSpace(line) == "{noformat}":
			verbatim = !verbatim
			continue
		case strings.TrimSpace(line) == "{quote}":
			continue
		case !verbatim:
			line = readableWikiLine(line)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func readableWikiLine(line string) string {
	if line == "----" {
		return "────"
	}
	line = strings.TrimPrefix(line, "h3. ")
	if rest, is := strings.CutPrefix(line, "* "); is {
		line = "• " + rest
	}
	if rest, is := strings.CutPrefix(line, "||"); is {
		line = strings.Replace(strings.TrimSuffix(rest, "|"), "|", ": ", 1)
	}
	line = regexp.MustCompile(`\[((?:[^\]|\\]|\\.)*)\|([^\]|]*)\]`).ReplaceAllString(line, "$1 <$2>")
	line = regexp.MustCompile(`(^|[^\\])\*((?:[^*\\]|\\.)*)\*`).ReplaceAllString(line, "$1$2")
	line = strings.NewReplacer("{{", "", "}}", "").Replace(line)
	line = regexp.MustCompile(`\\([-#*_+?^~|%{}\[\]()!@])`).ReplaceAllString(line, "$1")
	return strings.ReplaceAll(line, "\u29F5", `\`)
}
