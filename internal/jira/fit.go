package jira

import (
	"sort"

	"ticketd/internal/ticket"
)

const (
	textLimit   = 30_000 // of a description or comment; Jira's own default is 32,767
	adfLimit    = 32_000 // of its serialized form: what Jira counts there is not established
	portalLimit = 2_000  // a longer link is left out of the note
)

// fit shortens a text until it measures at most limit, and says so at its end with a link to the
// whole. measure must not shrink when a text grows.
func fit(doc ticket.Doc, portal string, limit int, measure func(ticket.Doc) int) ticket.Doc {
	if measure(doc) <= limit {
		return doc
	}
	most := min(docUnits(doc), limit) // a form is never shorter than its text, so more cannot fit
	tooLong := sort.Search(most, func(n int) bool { return measure(shorten(doc, n, portal)) > limit })
	return shorten(doc, max(tooLong-1, 0), portal)
}

func docUnits(doc ticket.Doc) int {
	n := 0
	for _, b := range doc {
		n += ticket.Units(b.Text)
		for _, spans := range append([][]ticket.Span{b.Spans}, b.Items...) {
			for _, s := range spans {
				n += ticket.Units(s.Text)
			}
		}
	}
	return n
}

// shorten keeps the first budget units of a text and appends the note.
func shorten(doc ticket.Doc, budget int, portal string) ticket.Doc {
	var out ticket.Doc
	left := budget
	for _, b := range doc {
		if left <= 0 {
			break
		}
		out = append(out, shortenBlock(b, &left))
	}
	note := []ticket.Span{{Text: "[The text was cut here to fit.]"}}
	if portal != "" && len(portal) <= portalLimit {
		note = []ticket.Span{{Text: "[The text was cut here to fit. Read all of it in the "}, {Kind: ticket.Link, Text: "portal", URL: portal}, {Text: ".]"}}
	}
	return append(out, ticket.Para(note...))
}

func shortenBlock(b ticket.Block, left *int) ticket.Block {
	b.Text = take(b.Text, left)
	b.Spans = shortenSpans(b.Spans, left)
	items := b.Items
	b.Items = nil
	for _, item := range items {
		if *left <= 0 {
			break
		}
		b.Items = append(b.Items, shortenSpans(item, left))
	}
	if b.Kind == ticket.Table && len(b.Items)%2 == 1 {
		b.Items = append(b.Items, nil)
	}
	return b
}

func shortenSpans(spans []ticket.Span, left *int) []ticket.Span {
	var out []ticket.Span
	for _, s := range spans {
		if *left <= 0 {
			break
		}
		s.Text = take(s.Text, left)
		out = append(out, s)
	}
	return out
}

func take(s string, left *int) string {
	if n := ticket.Units(s); n <= *left {
		*left -= n
		return s
	}
	s = ticket.CutWords(s, *left)
	*left = 0
	return s
}
