package finding

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// Merge gives what findings that share a ticket add up to: open while one of them is, and otherwise
// closed as the one that closed last. Attributes and members of event.data on which all agree are
// kept; of severity, relevance and priority the worst of those that count, which are the open ones
// while there are any. It depends on nothing but the set of the findings: order does not matter.
// Merging one finding gives that finding; merging none the zero Finding.
func Merge(members []Finding) Finding {
	if len(members) < 2 {
		return first(members)
	}
	all := slices.SortedFunc(slices.Values(members), func(a, b Finding) int { return a.Key.Compare(b.Key) })
	counting := slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Disposition.Closed() })
	if len(counting) == 0 {
		counting = all
	}
	last := slices.MaxFunc(counting, func(a, b Finding) int { return a.Status.Compare(b.Status) })
	m := Finding{
		Key: all[0].Key, Disposition: last.Disposition, Status: last.Status,
		Fields: make(map[Field]Value), Data: make(map[string]Member),
	}
	for _, f := range counting {
		if f.Opened.Compare(m.Opened) > 0 {
			m.Opened = f.Opened
		}
	}
	if agree(all, func(f Finding) string { return f.Parent.Text }) {
		m.Parent = all[0].Parent
	}
	for name, v := range all[0].Fields {
		if agree(all, func(f Finding) string { return f.Get(name) }) {
			m.Fields[name] = v
		}
	}
	for _, name := range []Field{Severity, Relevance, Priority} {
		if v := worst(counting, name); v.Text != "" {
			m.Fields[name] = v
		}
	}
	for _, name := range []Field{Explanation, ExplainedAt} { // of whoever decided last, see Decided
		delete(m.Fields, name)
		if v, told := last.Fields[name]; told {
			m.Fields[name] = v
		}
	}
	for name, v := range all[0].Data {
		if !slices.ContainsFunc(all, func(f Finding) bool { return !sameJSON(f.Data[name].JSON, v.JSON) }) {
			m.Data[name] = v
		}
	}
	return m
}

func first(members []Finding) Finding {
	if len(members) == 0 {
		return Finding{}
	}
	return members[0]
}

func agree(all []Finding, text func(Finding) string) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return text(f) != text(all[0]) })
}

func sameJSON(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// CompareWeight orders findings by severity, then relevance, then priority, the worst first.
func CompareWeight(a, b Finding) int {
	for _, name := range []Field{Severity, Relevance, Priority} {
		if c := compareWords(a.Get(name), b.Get(name)); c != 0 {
			return c
		}
	}
	return 0
}

func compareWords(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) }

// worst gives the value that asks for the most attention.
func worst(all []Finding, name Field) Value {
	return slices.MinFunc(all, func(a, b Finding) int { return compareWords(a.Get(name), b.Get(name)) }).Fields[name]
}

// rank orders severities, relevances and priorities, the worst first (facts: datatheorem.md 1). A
// word that is not known comes after all that are, and no word last.
func rank(word string) int {
	known := []string{"CRITICAL", "URGENT", "P0", "HIGH", "P1", "IMPORTANT", "P2", "MEDIUM", "P3", "LOW", "PROACTIVE", "P4"}
	switch i := slices.Index(known, word); {
	case i >= 0:
		return i
	case word == "":
		return len(known) + 1
	}
	return len(known)
}
