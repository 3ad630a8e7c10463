package datatheorem

import (
	"fmt"
	"maps"
	"slices"

	"ticketd/internal/finding"
)

// The classes of entries beside those of finding.Class.
const (
	classStatus      = string(finding.Status)
	classNoteCreated = string(finding.NoteCreated)
	classNoteDeleted = string(finding.NoteDeleted)
	classPersonal    = "personal" // about a person: counted, then erased
	classIgnored     = "ignored"  // known, and nothing to be done
)

// Table is the compiled table of event types. It is safe for concurrent use.
type Table struct {
	exact    map[string]Entry
	patterns []Entry
}

// EntryError is a mistake in an entry of the configuration.
type EntryError struct {
	Index int    // of the entry, from 0
	Key   string // which key, as TOML names it: "type", "fields.title"
	Text  string // what is wrong
}

// Error gives the mistake in one line.
func (e *EntryError) Error() string {
	return fmt.Sprintf("event entry %d: %s: %s", e.Index+1, e.Key, e.Text)
}

// NewTable makes the table of the built-in entries and the extra ones. An exact name comes before a
// pattern, and among each an extra entry before a built-in one; only the built-in pattern of user
// events comes before the extra ones, lest a pattern that is too wide keep personal data. Every
// error is an [*EntryError]; an entry with a mistake is left out.
func NewTable(extra []Entry) (*Table, []error) {
	t := &Table{exact: map[string]Entry{}}
	t.add(Entry{Type: "*__USER_*", Class: classPersonal})
	var errs []error
	for i, e := range extra {
		if wrong := e.check(i); len(wrong) > 0 {
			errs = append(errs, wrong...)
			continue
		}
		t.add(e)
	}
	for _, e := range builtin() {
		t.add(e)
	}
	return t, errs
}

func (t *Table) add(e Entry) {
	e = e.complete()
	if isPattern(e.Type) {
		t.patterns = append(t.patterns, e)
		return
	}
	if _, taken := t.exact[e.Type]; !taken {
		t.exact[e.Type] = e
	}
}

func (t *Table) lookup(name string) (Entry, bool) {
	if e, ok := t.exact[name]; ok {
		return e, true
	}
	for _, e := range t.patterns {
		if glob(e.Type, name) {
			return e, true
		}
	}
	return Entry{}, false
}

// complete fills in what an entry leaves out.
func (e Entry) complete() Entry {
	if e.Name == "" {
		e.Name = e.Type
	}
	switch e.Class {
	case classStatus:
		e.UUID = orDefault(e.UUID, idPaths(e.Kind))
		if e.Kind == finding.Target {
			e.Parent = orDefault(e.Parent, parentPaths())
		}
	case classNoteCreated, classNoteDeleted:
		if e.Kind == "" {
			e.Kind = finding.Parent
		}
		e.UUID = orDefault(e.UUID, noteIDPaths())
		e.Parent = orDefault(e.Parent, subjectPaths(e.Kind))
	}
	merged := fieldPaths(e.Kind)
	for name, paths := range e.Fields {
		merged[name] = slices.Concat(paths, merged[name])
	}
	e.Fields = merged
	return e
}

func orDefault(paths, otherwise []string) []string {
	if len(paths) > 0 {
		return paths
	}
	return otherwise
}

// check gives every mistake of an entry of the configuration.
func (e Entry) check(index int) []error {
	var errs []error
	wrong := func(key, format string, args ...any) {
		errs = append(errs, &EntryError{Index: index, Key: key, Text: fmt.Sprintf(format, args...)})
	}
	if e.Type == "" {
		wrong("type", "is missing")
	}
	switch e.Class {
	case classStatus:
		if !slices.Contains([]finding.Kind{finding.Target, finding.Violation, finding.Service}, e.Kind) {
			wrong("kind", "%q is not one of target, violation, service", e.Kind)
		}
		if e.Disposition != "" && !slices.Contains(finding.Dispositions(), e.Disposition) {
			wrong("disposition", "%q is not one of %q", e.Disposition, finding.Dispositions())
		}
	case classNoteCreated, classNoteDeleted:
		if !slices.Contains([]finding.Kind{"", finding.Target, finding.Violation, finding.Service, finding.Parent}, e.Kind) {
			wrong("kind", "%q is not one of parent, target, violation, service", e.Kind)
		}
	case classPersonal, classIgnored:
	default:
		wrong("class", "%q is not one of status, note_created, note_deleted, personal, ignored", e.Class)
	}
	if e.Disposition != "" && e.Class != classStatus {
		wrong("disposition", "makes sense only with class status")
	}
	known := knownFields()
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		if !slices.Contains(known, name) {
			wrong("fields."+string(name), "is not an attribute of a finding; there are %q", known)
		}
	}
	return errs
}

func isPattern(name string) bool {
	for _, c := range name {
		if c == '*' || c == '?' {
			return true
		}
	}
	return false
}

// glob tells whether a pattern covers all of name: * is any run of bytes, ? is one.
func glob(pattern, name string) bool {
	p, n := 0, 0
	star, resume := -1, 0 // the last * and where the name goes on if it takes one more byte
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
