package mapping

import (
	"slices"
	"strings"

	"ticketd/internal/finding"
)

// Subject is what one ticket is about.
type Subject struct {
	Finding finding.Finding   // the finding itself, or what the members add up to ([finding.Merge])
	Members []finding.Finding // of a group or a digest, ordered by key; nil where a finding has the ticket to itself
	More    int               // of a digest: how many members are not listed
	Digest  bool              // the list of those that wait for a ticket of their own
}

// One is the subject of a ticket that holds a single finding.
func One(f finding.Finding) Subject { return Subject{Finding: f} }

// Several is the subject of a ticket that holds a group, of one member or more.
func Several(members []finding.Finding) Subject {
	members = slices.SortedFunc(slices.Values(members), func(a, b finding.Finding) int { return a.Key.Compare(b.Key) })
	return Subject{Finding: finding.Merge(members), Members: members}
}

// The beginnings of the groups that are not the key of a single finding. No [finding.Kind] has
// these names.
const (
	groupPrefix  = "group/"
	digestPrefix = "digest/"
)

// Grouped tells whether a ticket's group holds several findings, or may.
func Grouped(group string) bool { return strings.HasPrefix(group, groupPrefix) }

// DigestGroup names the group of the digest ticket of a rule at a destination.
func DigestGroup(tracker, project, rule string) string {
	return digestPrefix + tracker + "/" + project + "/" + rule
}
