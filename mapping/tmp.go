package mapping

import (
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

type titleTemplate struct{}
type docTemplate struct{}

func (v View) title(f finding.Finding) string { return f.Key.String() }
func (v View) body(f finding.Finding) (ticket.Doc, error) {
	return ticket.Doc{ticket.Para(ticket.Text(f.Get(finding.Description))...)}, nil
}
func follows(r ticket.Ref) ticket.Block {
	return ticket.Para(ticket.Span{Text: "Follows "}, ticket.Span{Kind: ticket.Link, Text: r.Key, URL: r.URL})
}

// StateComment says what became of the finding.
func (v View) StateComment(f finding.Finding) ticket.Doc {
	return ticket.Doc{ticket.Para(ticket.Text("Data Theorem reports this " + string(f.Disposition))...)}
}

// NoteComment shows a note.
func (v View) NoteComment(n finding.Note) ticket.Doc {
	return ticket.Doc{ticket.Para(ticket.Text(n.Text)...)}
}
