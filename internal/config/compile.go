package config

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/datatheorem"
	"ticketd/mapping"
)

// compile hands the parts that others understand to them.
func (d *document) compile(c *Config) {
	var errs []error
	c.Table, errs = datatheorem.NewTable(c.Events)
	for _, err := range errs {
		d.event(err)
	}
	if d.gaps {
		return // rules would be told wrong for what stands in the files that could not be read
	}
	spec := c.Spec()
	d.misreadTrackers(spec.Trackers)
	var mistakes []mapping.Problem
	c.Mapping, mistakes = mapping.Compile(spec)
	misread := d.misreadRules()
	for _, m := range mistakes {
		if m.Warning && misread || d.consequence(m.Path) {
			continue
		}
		d.add(m.Path, m.Inside, Problem{Text: m.Text, Hint: m.Hint, Warning: m.Warning})
	}
}

// event reports a mistake of an [[events]] entry at its key.
func (d *document) event(err error) {
	path, what := []string{"events"}, err.Error()
	if at, ok := errors.AsType[*datatheorem.EntryError](err); ok {
		path = append(path, strconv.Itoa(at.Index))
		path, what = append(path, strings.SplitN(at.Key, ".", 2)...), at.Text
	}
	d.problem(path, what, "")
}

// misreadTrackers adds the trackers that are there but could not be read, so that no rule is blamed.
func (d *document) misreadTrackers(trackers map[string]mapping.Service) {
	for _, service := range []mapping.Service{mapping.Jira, mapping.GitHub} {
		named := d.root.members[string(service)]
		if named == nil {
			continue
		}
		for _, name := range named.names {
			if _, read := trackers[name]; !read {
				trackers[name] = service
			}
		}
	}
}

// misreadRules tells whether a part of the rules could not be read. What they come to is then not
// what was meant, and a warning about it is not worth reading.
func (d *document) misreadRules() bool {
	return slices.ContainsFunc(d.problems[:d.settled], func(p Problem) bool {
		section, _, _ := strings.Cut(p.Key, ".")
		section, _, _ = strings.Cut(section, "[")
		return !p.Warning && slices.Contains([]string{"rule", "defaults", "profile"}, section)
	})
}

// consequence tells whether the mapping misses a key of a rule that is given, but could not be read:
// in the defaults or a profile, or because the profiles that the rule extends could not.
func (d *document) consequence(path []string) bool {
	rule, missing := d.find(path)
	if len(missing) != 1 || len(path) != 3 || path[0] != "rule" {
		return false
	}
	if d.faulty(spot{rule.in.name, joinKey(rule.key, "extends")}) {
		return true
	}
	from := []*node{d.root.members["defaults"], d.root.members["profile"]}
	if profiles := from[1]; profiles != nil {
		for _, name := range profiles.names {
			from = append(from, profiles.members[name])
		}
	}
	return slices.ContainsFunc(from, func(n *node) bool {
		return n != nil && (d.faulty(spot{n.in.name, n.key}) || d.faulty(spot{n.in.name, joinKey(n.key, missing[0])}))
	})
}
