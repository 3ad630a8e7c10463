package config

import (
	"fmt"
	"reflect"
)

// merge puts a key of an included file into the tree.
func (in *inclusion) merge(name string, n *node) {
	everywhere := map[string]bool{"rule": true, "profile": true, "events": true}
	switch _, known := fieldsOf(reflect.TypeFor[Config]())[name]; {
	case name == "profile" && in.expect(n, table, "a table"):
		in.profiles(n)
	case name == "rule" || name == "events":
		in.list(name, n)
	case name == "include":
		in.bad(n, "an included file includes nothing itself", "name the files in include of "+in.main().name)
	case known && name != "profile":
		in.bad(n, "does not belong into an included file, which holds [[rule]], [profile.NAME] and [[events]]",
			"put it into "+in.main().name)
	case !known:
		in.bad(n, "unknown key", unknownHint(name, everywhere))
	}
}

func (in *inclusion) list(name string, n *node) {
	all := in.root.members[name]
	switch {
	case !in.isList(n):
	case all == nil:
		whole := *n // to which files that follow may add
		in.root.graft(name, &whole)
	case all.kind == array: // else it is reported when it is decoded
		all.items = append(all.items, n.items...)
	}
}

func (in *inclusion) profiles(n *node) {
	all := in.root.members["profile"]
	if all == nil {
		all = &node{kind: table, at: n.at}
		in.root.graft("profile", all)
		all.key, all.in = n.key, n.in
	}
	if all.kind != table {
		return // reported when it is decoded
	}
	for _, name := range n.names {
		child, old := n.members[name], all.members[name]
		if old == nil {
			all.graft(name, child)
			continue
		}
		line, _ := old.in.position(old.at)
		in.bad(child, fmt.Sprintf("is given twice, first in %s:%d", old.in.name, line), "give one of them another name")
	}
}

// isList reports a node that is no list, such as a table with one pair of brackets.
func (d *document) isList(n *node) bool {
	if n.kind == table {
		d.bad(n, "is a table, must be a list", fmt.Sprintf("write [[%s]] with two brackets", n.key))
		return false
	}
	return d.expect(n, array, "a list")
}
