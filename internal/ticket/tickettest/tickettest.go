// Package tickettest makes documents of any shape, for the fuzz tests of the adapters that write them.
package tickettest

import "ticketd/internal/ticket"

// longest bounds a plan: what goes wrong between neighbours does so among few.
const longest = 16

// Doc makes a document as the bytes of a plan say. A byte below 64 begins a block, any other adds a
// span to it; texts and addresses are what spans may hold, at least one of each.
func Doc(plan []byte, texts, addresses []string) ticket.Doc {
	var doc ticket.Doc
	for _, b := range plan[:min(len(plan), longest)] {
		if b < 64 || len(doc) == 0 {
			doc = append(doc, ticket.Block{Kind: ticket.BlockKind(b % 6)})
			continue
		}
		s := ticket.Span{Kind: ticket.SpanKind(b % 4), Text: texts[int(b>>2)%len(texts)]}
		if s.Kind == ticket.Link {
			s.URL = addresses[int(b>>3)%len(addresses)]
		}
		add(&doc[len(doc)-1], s, b >= 160)
	}
	return doc
}

// add adds a span to a block: of a list or a table as an item of its own, or to the item before it.
func add(to *ticket.Block, s ticket.Span, join bool) {
	switch to.Kind {
	case ticket.List, ticket.Table:
		if n := len(to.Items); join && n > 0 {
			to.Items[n-1] = append(to.Items[n-1], s)
			return
		}
		to.Items = append(to.Items, []ticket.Span{s})
	case ticket.Code:
		to.Text += s.Text
	case ticket.Paragraph, ticket.Heading, ticket.Quote:
		to.Spans = append(to.Spans, s)
	}
}
