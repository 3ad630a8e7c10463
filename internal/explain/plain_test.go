package explain_test

import (
	"testing"

	"ticketd/internal/explain"
	"ticketd/internal/ticket"
)

func TestEveryBlockOfADocumentIsWrittenForPeople(t *testing.T) {
	doc := ticket.Doc{
		ticket.Head("Where"),
		ticket.Para(ticket.Span{Text: "See "}, ticket.Span{Kind: ticket.Link, Text: "the portal", URL: "https://p.example"}, ticket.Span{Kind: ticket.Mono, Text: "!"}),
		{Kind: ticket.List, Items: [][]ticket.Span{ticket.Text("one"), ticket.Text("two")}},
		{Kind: ticket.Table, Items: [][]ticket.Span{ticket.Text("Asset"), ticket.Text("shop"), ticket.Text("left over")}},
		{Kind: ticket.Code, Text: "a\nb"},
		{Kind: ticket.Quote, Spans: ticket.Text("c\nd")},
		ticket.Para(ticket.Span{Kind: ticket.Link, Text: "https://p.example", URL: "https://p.example"}),
	}
	want := "## Where\n\nSee the portal (https://p.example)!\n\n- one\n- two\n\nAsset: shop\n\n    a\n    b\n\n> c\n> d\n\nhttps://p.example"
	if got := explain.Plain(doc); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
