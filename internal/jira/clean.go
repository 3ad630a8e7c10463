package jira

import (
	"strings"

	"ticketd/internal/ticket"
)

const (
	summaryLimit = 250 // "Summary must be less than 255 characters."
	labelLimit   = 255
)

// summary makes the one line of a ticket's title.
func summary(title string) string {
	s := ticket.OneLine(ticket.Clean(title))
	if s == "" {
		return "Finding without a title"
	}
	if ticket.Units(s) <= summaryLimit {
		return s
	}
	return ticket.CutWords(s, summaryLimit-1) + "…"
}

// label makes a text a valid label: Jira refuses white space ("The label 'x' contains spaces which
// is invalid.") and more than 255 characters. It may come out empty.
func label(s string) string {
	joined := ticket.Clean(strings.Join(strings.Fields(ticket.Clean(s)), "-")) // "dtw 01…" has become a marker only now
	return ticket.CutWords(joined, labelLimit)
}
