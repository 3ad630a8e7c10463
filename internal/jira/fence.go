package jira

import (
	"encoding/json"
	"strings"

	"ticketd/internal/ticket"
)

// Our part of a description ends with a rule and the line "Reference dtw-…". It has no visible
// beginning: what stands before our first word is told apart by the digest of what we wrote. So
// a person may write above and below, and only an edit inside our part makes it theirs.
const referenceWord = "Reference "

// rendered is a text in the form of one deployment, with the digest that finds it again.
type rendered struct {
	nodes []node // Cloud
	text  string // Data Center
	fence string
}

// renderDescription writes the fenced part of a description within Jira's limits.
func renderDescription(cloud bool, d ticket.Draft) rendered {
	if cloud {
		footer := []node{{Type: "rule"}, {Type: "paragraph", Content: []node{{Type: "text", Text: referenceWord + d.Marker}}}}
		whole := func(doc ticket.Doc) []node { return append(adf(doc), footer...) }
		nodes := whole(fit(d.Body, d.PortalURL, adfLimit, func(doc ticket.Doc) int { return adfCost(whole(doc)) }))
		return rendered{nodes: nodes, fence: ticket.FenceDigest(nodesText(nodes))}
	}
	whole := func(doc ticket.Doc) string {
		return strings.Join(append(wiki(doc), "----\n"+referenceWord+d.Marker), "\n\n")
	}
	text := whole(fit(d.Body, d.PortalURL, textLimit, func(doc ticket.Doc) int { return ticket.Units(whole(doc)) }))
	return rendered{text: text, fence: ticket.FenceDigest(text)}
}

// renderText writes the body of a comment, or a field of several lines, within Jira's limits.
func renderText(cloud bool, body ticket.Doc) any {
	if cloud {
		fitted := fit(body, "", adfLimit, func(doc ticket.Doc) int { return adfCost(adf(doc)) })
		return newDocument(anyNodes(adf(fitted))...)
	}
	whole := func(doc ticket.Doc) string { return strings.Join(wiki(doc), "\n\n") }
	return whole(fit(body, "", textLimit, func(doc ticket.Doc) int { return ticket.Units(whole(doc)) }))
}

// adfCost measures nodes so that both limits hold: that of the serialized form and, scaled to it,
// that of the text.
func adfCost(nodes []node) int {
	return max(adfUnits(nodes), ticket.Units(nodesText(nodes))*adfLimit/textLimit)
}

// value is the description as a field of Jira's API.
func (r rendered) value(cloud bool) any {
	if cloud {
		return newDocument(anyNodes(r.nodes)...)
	}
	return r.text
}

// within puts our part in place of the one that stands in a description. ok is false when that one
// is not as written any more (fence is its digest): a person changed or removed it.
func (r rendered) within(cloud bool, current json.RawMessage, marker, fence string) (value any, ok bool) {
	if cloud {
		return r.withinADF(current, marker, fence)
	}
	return r.withinWiki(current, marker, fence)
}

func (r rendered) withinADF(current json.RawMessage, marker, fence string) (any, bool) {
	var doc struct {
		Content []json.RawMessage `json:"content"`
	}
	if json.Unmarshal(current, &doc) != nil {
		return nil, false
	}
	nodes := make([]node, len(doc.Content))
	texts := make([]string, len(doc.Content))
	for i, raw := range doc.Content {
		if json.Unmarshal(raw, &nodes[i]) != nil {
			return nil, false
		}
		texts[i] = nodesText(nodes[i : i+1])
	}
	start, end, ok := findFence(texts, marker, fence, func(i int) bool { return nodes[i].Type == "rule" })
	if !ok {
		return nil, false
	}
	var content []any
	for _, raw := range doc.Content[:start] {
		content = append(content, raw)
	}
	content = append(content, anyNodes(r.nodes)...)
	for _, raw := range doc.Content[end:] {
		content = append(content, raw)
	}
	return newDocument(content...), true
}

func (r rendered) withinWiki(current json.RawMessage, marker, fence string) (any, bool) {
	var text string
	if json.Unmarshal(current, &text) != nil {
		return nil, false
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	start, end, ok := findFence(lines, marker, fence, func(i int) bool { return strings.TrimSpace(lines[i]) == "----" })
	if !ok {
		return nil, false
	}
	parts := append(append(lines[:start:start], strings.Split(r.text, "\n")...), lines[end:]...)
	return strings.Join(parts, "\n"), true
}

// footLimit bounds how many footers are tried: one is ours, more are copies.
const footLimit = 8

// findFence finds the pieces [start, end) that are our part. Of several beginnings that fit the
// latest is taken, so that nothing of a person's above it is replaced.
func findFence(pieces []string, marker, fence string, isRule func(int) bool) (start, end int, ok bool) {
	tried := 0
	for foot := 1; foot < len(pieces) && tried < footLimit; foot++ {
		if strings.TrimSpace(pieces[foot]) != referenceWord+marker || !isRule(foot-1) {
			continue
		}
		tried++
		size := 0
		for start := foot - 1; start >= 0 && size <= 4*adfLimit; start-- {
			size += len(pieces[start])
			if ticket.FenceDigest(strings.Join(pieces[start:foot+1], "\n")) == fence {
				return start, foot + 1, true
			}
		}
	}
	return 0, 0, false
}

// nodesText gives the words of nodes. A node of a kind that we never write stands for itself by its
// name, so that an image or a mention that a person put into our part is seen as an edit.
func nodesText(nodes []node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch n.Type {
		case "text":
			b.WriteString(n.Text)
		case "paragraph", "heading", "bulletList", "listItem", "table", "tableRow", "tableHeader", "tableCell",
			"codeBlock", "blockquote", "rule", "hardBreak":
			b.WriteByte('\n')
		default:
			b.WriteString(n.Type)
		}
		b.WriteString(nodesText(n.Content))
	}
	return b.String()
}
