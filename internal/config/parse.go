package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parse builds the tree and reports whether the rest can go on: after a syntax error it cannot,
// after a key that is given twice it can, with the first of the two.
//
// The tree is ours because a decoder stops at the first wrong value, and its messages show the
// lines around it, which may hold a secret.
func (d *document) parse() bool {
	var p unstable.Parser
	p.Reset(d.data)
	current := d.root
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			current = d.header(e)
		case unstable.ArrayTable:
			current = d.item(e)
		default:
			d.assign(current, e)
		}
	}
	if err := p.Error(); err != nil {
		d.syntax(err)
		return false
	}
	if len(d.problems) == 0 {
		d.judge()
	}
	return true
}

// judge has go-toml decode the text once as well: it knows what a scalar may look like, such as the
// days of a month.
func (d *document) judge() {
	var ignored map[string]any
	err := toml.Unmarshal(d.data, &ignored)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		line, column := at.Position()
		n := d.root.before(d.lines[line-1] + column)
		d.addAt(n, Problem{Key: n.key, Text: "is no TOML value: " + sentence(err)})
	case err != nil:
		d.addAt(d.root, Problem{Text: "is no TOML: " + sentence(err)})
	}
}

func (d *document) syntax(err error) {
	p := Problem{File: d.name, Text: "is no TOML: " + sentence(err), Hint: "the rest of the file was not read"}
	if at, ok := errors.AsType[*unstable.ParserError](err); ok {
		p.Line, p.Column = d.position(min(max(0, cap(d.data)-cap(at.Highlight)), len(d.data)))
	}
	d.problems = append(d.problems, p)
}

// quoted is how go-toml shows a character; what follows a colon is a value.
var quoted = regexp.MustCompile(`( but got)? U\+[0-9A-F]+( '.*')?|: .*`)

// sentence gives go-toml's words without any part of the text they speak of.
func sentence(err error) string {
	return quoted.ReplaceAllString(strings.TrimPrefix(err.Error(), "toml: "), "")
}

// header enters [a.b].
func (d *document) header(e *unstable.Node) *node {
	parent, last := d.walk(e)
	name, at := string(last.Data), int(last.Raw.Offset)
	old := parent.members[name]
	switch {
	case old == nil:
		child := &node{kind: table, at: at, defined: true}
		parent.set(name, child)
		return child
	case old.kind == table && !old.defined && !old.sealed:
		old.defined, old.at = true, at
		return old
	case old.kind == array && !old.sealed:
		d.twice(old, at, fmt.Sprintf("use [[%s]] here as well", old.key))
	default:
		d.twice(old, at, "put the keys under one header")
	}
	return detached(old)
}

// item enters a further [[a.b]].
func (d *document) item(e *unstable.Node) *node {
	parent, last := d.walk(e)
	name, at := string(last.Data), int(last.Raw.Offset)
	list := parent.members[name]
	if list == nil {
		list = &node{kind: array, at: at}
		parent.set(name, list)
	}
	child := &node{kind: table, at: at, defined: true}
	if list.kind != array || list.sealed {
		d.twice(list, at, fmt.Sprintf("use [[%s]] everywhere", list.key))
		return detached(list)
	}
	list.push(child)
	return child
}

// walk goes along a header's key to the table that holds its last name.
func (d *document) walk(e *unstable.Node) (*node, *unstable.Node) {
	n := d.root
	keys := e.Key()
	for keys.Next() {
		k := keys.Node()
		if keys.IsLast() {
			return n, k
		}
		n = d.enter(n, k, false)
	}
	return n, nil // a header without a name is no TOML: the parser refuses it
}

// enter goes one name down, through the newest item of a list of tables.
func (d *document) enter(n *node, k *unstable.Node, dotted bool) *node {
	name, at := string(k.Data), int(k.Raw.Offset)
	next := n.members[name]
	switch {
	case next == nil:
		next = &node{kind: table, at: at, defined: dotted, dotted: dotted}
		n.set(name, next)
	case next.sealed, next.kind != table && next.kind != array, dotted && !next.dotted:
		d.twice(next, at, "it cannot be added to")
		return detached(next)
	case next.kind == array:
		return next.items[len(next.items)-1]
	}
	return next
}

// assign adds `a.b = value` to a table.
func (d *document) assign(n *node, e *unstable.Node) {
	keys := e.Key()
	for keys.Next() {
		k := keys.Node()
		if !keys.IsLast() {
			n = d.enter(n, k, true)
			continue
		}
		name, at := string(k.Data), int(k.Raw.Offset)
		if old := n.members[name]; old != nil {
			d.twice(old, at, "remove one of them")
			return
		}
		child := &node{at: at}
		n.set(name, child)
		d.fill(child, e.Value())
	}
}

func (d *document) fill(n *node, v *unstable.Node) {
	n.kind = kindOf(v.Kind)
	n.sealed = n.kind == table || n.kind == array
	n.text = string(v.Data)
	children := v.Children()
	for children.Next() {
		c := children.Node()
		if n.kind == table {
			d.assign(n, c)
			continue
		}
		child := &node{at: n.at}
		if c.Raw.Length > 0 { // lists and inline tables have none
			child.at = int(c.Raw.Offset)
		}
		n.push(child)
		d.fill(child, c)
	}
}

// twice reports a key that is there already.
func (d *document) twice(old *node, at int, hint string) {
	line, _ := d.position(old.at)
	p := Problem{File: d.name, Key: old.key, Text: "is given twice, first in line " + strconv.Itoa(line), Hint: hint}
	p.Line, p.Column = d.position(at)
	d.problems = append(d.problems, p)
}

// detached gives a table to read on in without disturbing the tree.
func detached(n *node) *node { return &node{kind: table, key: n.key} }
