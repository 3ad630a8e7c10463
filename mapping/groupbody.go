package mapping

import (
	"strconv"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// maxShared bounds a text that all members share, in characters: the list of the members comes after
// it, and a tracker cuts a long description at its end.
const maxShared = 3000

// groupBody tells what the members of a group have in common, and then lists them. What they differ in
// is left out. No time is in it, so that it changes only with the members.
func (p portal) groupBody(s Subject) ticket.Doc {
	f := s.Finding
	doc := text(shorten(f.Get(finding.Description), maxShared))
	doc = append(doc, section("Where", p.place(f))...)
	doc = append(doc, section("How bad", p.weight(f))...)
	doc = append(doc, section("Recommendation", text(shorten(f.Get(finding.Recommendation), maxShared)))...)
	var origin table
	origin.add("Portal", p.page(f))
	origin.add("Finding", mono(f.Parent.Text))
	doc = append(doc, section("In Data Theorem", origin.doc())...)
	list := ticket.Doc{ticket.Para(ticket.Text(summary(dispositionsOf(s.Members)) + ".")...)}
	return append(doc, section("Findings", append(list, p.list(s)...))...)
}

// digestTitle names the list of a rule's findings that wait.
func (v View) digestTitle() string {
	if v.rule.name == "" {
		return "Findings that wait for a ticket of their own"
	}
	return "Findings of rule " + strconv.Quote(v.rule.name) + " that wait for a ticket of their own"
}

// digestBody says why findings wait, and lists them.
func (v View) digestBody(s Subject) ticket.Doc {
	why := "More findings came than tickets are made in an hour."
	if n := v.Policy().MaxNewPerHour; n > 0 {
		why = "More findings came than tickets are made: " + strconv.Itoa(n) + " in an hour at most (max_new_per_hour)."
	}
	doc := ticket.Doc{ticket.Para(ticket.Text(why + " Each of them leaves this list when its own ticket is made, or when it is closed.")...)}
	list := v.m.portal.list(s)
	if len(list) == 0 {
		return append(doc, ticket.Para(ticket.Text(digestSentence(s))...))
	}
	return append(doc, list...)
}

// digestSentence says where a digest stands.
func digestSentence(s Subject) string {
	if len(s.Members)+s.More == 0 {
		return "Every finding of this list has its own ticket or is closed."
	}
	return "Findings wait for a ticket of their own again: they are listed in the description."
}
