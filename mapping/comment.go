package mapping

import (
	"strings"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// follows says which issue came before. Its URL was built from the configured site.
func follows(previous ticket.Ref) ticket.Block {
	name := ticket.Span{Text: previous.Key}
	if previous.URL != "" {
		name.Kind, name.URL = ticket.Link, previous.URL
	}
	return ticket.Para(ticket.Span{Text: "Follows "}, name)
}

// StateComment says what became of the subject: of a finding with the words of whoever decided it, of
// a group with those of the last decision and with what became of all. A template of the rule is used
// unless it fails or prints nothing: a comment is always said. Of a digest it tells why it closes, or
// opens again.
func (v View) StateComment(s Subject) ticket.Doc {
	f := s.Finding
	if s.Digest {
		return said(digestSentence(s), "")
	}
	if t := v.rule.outcomes[f.Disposition].comment; t != nil {
		if doc, err := t.doc(v.data(s)); err == nil && len(doc) > 0 {
			return doc
		}
	}
	doc := said(stateSentence(f), f.Decided())
	if len(s.Members) > 1 {
		doc = append(doc, ticket.Para(ticket.Text(summary(dispositionsOf(s.Members))+".")...))
		doc = append(doc, v.m.portal.list(s)...)
	}
	return doc
}

func stateSentence(f finding.Finding) string {
	on := ""
	if at := unixTime(f.Status.Time); at != "" {
		on = " on " + formatTime(at, forPeople)
	}
	switch f.Disposition {
	case finding.Open:
		return "Data Theorem reports this open again" + on + "."
	case finding.Fixed:
		return "Data Theorem reports this fixed" + on + "."
	case finding.Resolved:
		return "Data Theorem reports this resolved" + on + "."
	case finding.RiskAccepted:
		return "The risk was accepted in Data Theorem" + on + "."
	case finding.CompensatingControl:
		return "This was closed in Data Theorem" + on + " because of a compensating control."
	case finding.WontFix:
		return "This was marked “won't fix” in Data Theorem" + on + "."
	}
	return "Data Theorem reports this " + string(f.Disposition) + on + "."
}

// NoteComment shows a note with its author and time.
func (View) NoteComment(n finding.Note) ticket.Doc {
	by := "A note in Data Theorem"
	if author := oneLine(n.Author); author != "" {
		by += " by " + author
	}
	if at := oneLine(first(n.Created, unixTime(n.Stamp.Time))); at != "" {
		by += ", " + formatTime(at, forPeople)
	}
	return said(by+":", n.Text)
}

// said is a sentence of ours, and under it somebody's words, if there are any.
func said(sentence, words string) ticket.Doc {
	doc := ticket.Doc{ticket.Para(ticket.Text(sentence)...)}
	if strings.TrimSpace(words) != "" {
		doc = append(doc, ticket.Block{Kind: ticket.Quote, Spans: ticket.Text(words)})
	}
	return doc
}
