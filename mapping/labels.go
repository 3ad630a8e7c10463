package mapping

import (
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/ticket"
)

// spaces says what becomes of white space in labels: Rule.LabelSpaces. Empty is dash on Jira, which
// takes none and never keeps it, and keep on GitHub.
type spaces string

// The policies.
const (
	spacesDash       spaces = "dash"
	spacesUnderscore spaces = "underscore"
	spacesRemove     spaces = "remove"
	spacesKeep       spaces = "keep"
)

func spacePolicies() []string {
	return []string{string(spacesDash), string(spacesUnderscore), string(spacesRemove), string(spacesKeep)}
}

// write gives the label with its white space as the policy and the tracker want it.
func (s spaces) write(label string, service Service) string {
	between := "-"
	switch {
	case service == GitHub && (s == "" || s == spacesKeep):
		return label
	case s == spacesUnderscore:
		between = "_"
	case s == spacesRemove:
		between = ""
	}
	return strings.Join(strings.Fields(label), between)
}

// Longest labels, in UTF-16 units (facts/jira.md 3, facts/github.md 5).
const (
	maxJiraLabel   = 255
	maxGitHubLabel = 50
)

// labelTemplates compiles labels; it is nil where none were given.
func (c *compiler) labelTemplates(at place, labels []string) []lineTemplate {
	if labels == nil {
		return nil
	}
	out := make([]lineTemplate, 0, len(labels))
	for i, text := range labels {
		if t := c.line(at.key(strconv.Itoa(i)), text); t != nil {
			out = append(out, *t)
		}
	}
	return out
}

// labels executes the labels and writes them as the tracker takes them. One that comes out empty,
// fails or looks like a marker is left out: a label is not worth holding a ticket up.
func (v View) labels(labels []lineTemplate, d Data) []string {
	var out []string
	for _, t := range labels {
		text, err := t.line(d)
		if err != nil {
			continue
		}
		if !fixed(t.Template) {
			text = tame(text, v.service())
		}
		text = v.rule.labelSpaces.write(text, v.service())
		if text != "" && !likeMarker(text) && !slices.ContainsFunc(out, func(l string) bool { return strings.EqualFold(l, text) }) {
			out = append(out, text)
		}
	}
	return out
}

// labelOfRefusal is Policy.RefusedLabel.
func (r *rule) labelOfRefusal(service Service) string {
	return r.labelSpaces.write(first(r.refusedLabel, DefaultRefusedLabel), service)
}

// tame makes a label of what may come from a finding: without what cannot be seen, of the length
// that the tracker takes, and without the comma, which parts labels where GitHub is asked for them.
func tame(text string, service Service) string {
	text = strings.ReplaceAll(ticket.Clean(text), ticket.ZeroWidthSpace, "")
	limit := maxJiraLabel
	if service == GitHub {
		text, limit = strings.ReplaceAll(text, ",", " "), maxGitHubLabel
	}
	return ticket.CutWords(ticket.OneLine(text), limit)
}

// likeMarker tells whether a text begins like a marker of a ticket or a comment.
func likeMarker(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, markerPrefix) || strings.HasPrefix(text, commentMarkerPrefix)
}
