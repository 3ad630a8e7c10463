package mapping

import (
	"slices"
	"strconv"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// group names the group of a finding that the rule takes: a digest of the destination and of what
// the finding has in the rule's fields. A finding that has nothing in any of them keeps to itself.
func (r *rule) group(f finding.Finding) string {
	values := make(map[string]string, len(r.groupBy))
	told := false
	for _, name := range r.groupBy {
		values[name] = fieldValue(f, name)
		told = told || values[name] != ""
	}
	if !told {
		return f.Key.String()
	}
	return groupPrefix + digest(struct {
		Destination ticket.Destination
		Values      map[string]string
	}{r.dest, values})[:groupDigits]
}

// groupDigits is how much of a digest names a group: 96 bits, as in a marker.
const groupDigits = 24

// groupFields checks the names of a group_by.
func (c *compiler) groupFields(at place, names Names) {
	fit := fieldList(func(f FieldDoc) bool { return f.Group })
	for i, name := range names {
		at := elementPlace(at, len(names), i)
		switch f, known := fieldOf(name); {
		case !known:
			c.add(at, "a finding has no "+strconv.Quote(name), inReference(name, fit))
		case !f.Group:
			c.add(at, strconv.Quote(name)+" changes while a finding lives, and the finding would change its ticket", `group by what stays, e.g. "parent" or "asset_uuid"; `+seeReference)
		}
	}
}

// endless warns of tickets that will never be closed.
func (c *compiler) endless(r *rule) {
	if r.closesNothing() {
		c.warn(r.place("on", string(finding.Fixed), "comment_only"), "no disposition closes the ticket: every one is comment_only", "leave comment_only out of one of them")
	}
	if len(r.groupBy) > 0 && broad(r.groupBy) && !r.narrow() {
		c.warn(r.place("group_by"), "the group can hardly ever close: new findings keep coming to it", "add a field that tells assets or findings apart, e.g. \"parent\" or \"asset_uuid\"")
	}
}

func (r *rule) closesNothing() bool {
	return !slices.ContainsFunc(finding.Dispositions(), func(d finding.Disposition) bool {
		return d.Closed() && !r.outcomes[d].CommentOnly
	})
}

// broad tells whether all the fields have but few values.
func broad(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		f, known := fieldOf(name)
		return !known || !f.broad
	})
}

// narrow tells whether the rule asks for something that few findings have.
func (r *rule) narrow() bool {
	for _, c := range r.match {
		if len(c.any) > 0 && !broad([]string{c.key}) {
			return true
		}
	}
	return r.when != nil && !broad(r.when.fields)
}
