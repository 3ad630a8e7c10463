package mapping

import (
	"fmt"
	"maps"
	"slices"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// MembersComment tells how the members of a group changed while its ticket stays open: which came,
// which were closed and as what, which opened again, which left. told and now are their dispositions
// before and after, by [finding.Key.String]; s, which has the names, may be newer. It is empty where
// nothing changed, and depends on nothing but its arguments.
func (v View) MembersComment(s Subject, told, now map[string]finding.Disposition) ticket.Doc {
	items := changes(told, now, v.m.portal.naming(s.Members))
	if len(items) == 0 {
		return nil
	}
	if hidden := len(items) - maxListed; hidden > 0 {
		items = append(items[:maxListed], ticket.Text(fmt.Sprintf("… and %d more changes", hidden)))
	}
	doc := ticket.Doc{
		ticket.Para(ticket.Text("The findings of this ticket changed in Data Theorem:")...),
		{Kind: ticket.List, Items: items},
	}
	if len(now) > 0 {
		doc = append(doc, ticket.Para(ticket.Text("Now "+summary(slices.Collect(maps.Values(now)))+".")...))
	}
	return doc
}

// naming gives the function that names a member in a comment, by its key; one that is not among the
// members by the key itself.
func (p portal) naming(members []finding.Finding) func(key string) []ticket.Span {
	r := newRoll(p, members, false)
	known := make(map[string]finding.Finding, len(members))
	for _, f := range members {
		known[f.Key.String()] = f
	}
	return func(key string) []ticket.Span {
		if f, ok := known[key]; ok {
			return r.spans(f)
		}
		return mono(key)
	}
}

// changes lists what changed: what came or opened again first, then what was closed, then what left;
// each by key.
func changes(told, now map[string]finding.Disposition, name func(key string) []ticket.Span) [][]ticket.Span {
	var opened, closed, left [][]ticket.Span
	item := func(key, what string) []ticket.Span {
		spans := []ticket.Span{{Kind: ticket.Strong, Text: what}}
		for _, s := range append(ticket.Text(" · "), name(key)...) {
			spans = appendSpan(spans, s)
		}
		return spans
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		before, known := told[key]
		switch d := now[key]; {
		case known && before == d:
		case !known && !d.Closed():
			opened = append(opened, item(key, "new"))
		case !d.Closed():
			opened = append(opened, item(key, "open again"))
		case !known:
			closed = append(closed, item(key, "new, "+stateWords(d)))
		default:
			closed = append(closed, item(key, stateWords(d)))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(told)) {
		if _, still := now[key]; !still {
			left = append(left, item(key, "no longer here"))
		}
	}
	return slices.Concat(opened, closed, left)
}
