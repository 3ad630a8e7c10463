package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"ticketd/mapping"
)

// enclosing is a table that is being decoded, and the keys that it may hold.
type enclosing struct {
	node   *node
	fields map[string][]int
}

// unknown reports a key that nothing knows here. What was probably meant is then not missed as well.
func (d *document) unknown(n *node, name string, t reflect.Type, fields map[string][]int) {
	wrong := n.members[name]
	if outer, found := outside(d.around[:len(d.around)-1], name); found {
		d.bad(wrong, "unknown key", "it is "+keyOf(outer, n))
		d.blame(spot{wrong.in.name, joinKey(outer.key, name)})
		return
	}
	if inner := within(t, name); len(inner) > 0 {
		d.bad(wrong, "unknown key", "did you mean "+strings.Join(inner, " or ")+"?")
		return
	}
	d.bad(wrong, "unknown key", unknownHint(name, fields))
	if near := nearest(name, slices.Sorted(maps.Keys(fields))); near != "" && n.members[near] == nil {
		d.blame(spot{wrong.in.name, joinKey(n.key, near)})
	}
}

// outside gives the innermost of the tables that knows a key. In TOML all that follows a header belongs
// to it, and it is easily forgotten that a rule does not go on behind [rule.match].
func outside(tables []enclosing, name string) (*node, bool) {
	for _, around := range slices.Backward(tables) {
		if _, known := around.fields[name]; known {
			return around.node, true
		}
	}
	return nil, false
}

// keyOf says where a key belongs that stands in n, but is one of a table around it.
func keyOf(outer, n *node) string {
	switch {
	case outer.key == "":
		return "a key of the file as a whole: write it above the first table"
	case n.sealed || n.dotted:
		return "a key of " + outer.key
	default:
		return fmt.Sprintf("a key of %s: write it above %s", outer.key, header(n.key))
	}
}

// astray warns of a key of a rule that became a field of Jira because it stands below [rule.fields].
// Names that people see have no underscore; of the others mapping knows most.
func (d *document) astray(n *node, name string) {
	outer, found := outside(d.around, name)
	if found && strings.Contains(name, "_") && !n.sealed && !n.dotted {
		d.addAt(n.members[name], Problem{Key: n.members[name].key, Warning: true,
			Text: "is taken for a field of Jira", Hint: "it is also " + keyOf(outer, n)})
	}
}

var index = regexp.MustCompile(`\[[0-9]+\]`)

// header writes the header of a table as it stands in a file.
func header(key string) string {
	name := index.ReplaceAllString(key, "")
	if strings.HasSuffix(key, "]") {
		return "[[" + name + "]]"
	}
	return "[" + name + "]"
}

// within gives the keys of that name in the tables of a table, quoted.
func within(t reflect.Type, name string) []string {
	found := map[reflect.Type]string{} // of tables that are alike the last one: [[rule]], not [defaults]
	for key, index := range fieldsOf(t) {
		inner, path := t.FieldByIndex(index).Type, key
		if inner.Kind() == reflect.Map {
			path += ".NAME"
		}
		if inner == reflect.TypeFor[map[string]mapping.Outcome]() {
			path = key + ".DISPOSITION"
		}
		for slices.Contains([]reflect.Kind{reflect.Map, reflect.Slice, reflect.Pointer}, inner.Kind()) {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct {
			continue
		}
		if _, known := fieldsOf(inner)[name]; known {
			found[inner] = max(found[inner], fmt.Sprintf("%q", path+"."+name))
		}
	}
	return slices.Sorted(maps.Values(found))
}
