package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parse builds the tree and reports whether the rest can go on: after a syntax error it cannot,
// after a key that is given twice it can, with the first of the two.
//
// The tree is ours because a decoder stops at the first wrong value, and its messages show the
// lines around it, which may hold a secret.
func (f *file) parse() bool {
	var p unstable.Parser
	p.Reset(f.data)
	current := f.root
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			current = f.header(e)
		case unstable.ArrayTable:
			current = f.item(e)
		default:
			f.assign(current, e)
		}
	}
	if err := p.Error(); err != nil {
		f.syntax(err)
		return false
	}
	if len(f.problems) == 0 {
		f.judge()
	}
	return true
}

// judge has go-toml decode the text once as well: it knows what a scalar may look like, such as the
// days of a month.
func (f *file) judge() {
	var ignored map[string]any
	err := toml.Unmarshal(f.data, &ignored)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		line, column := at.Position()
		n := f.root.before(f.lines[line-1] + column)
		line, column = f.position(n.at)
		f.problems = append(f.problems, Problem{File: f.name, Line: line, Column: column, Key: n.key,
			Text: "is no TOML value: " + sentence(err)})
	case err != nil:
		f.problems = append(f.problems, Problem{File: f.name, Text: "is no TOML: " + sentence(err)})
	}
}

func (f *file) syntax(err error) {
	p := Problem{File: f.name, Text: "is no TOML: " + sentence(err), Hint: "the rest of the file was not read"}
	if at, ok := errors.AsType[*unstable.ParserError](err); ok {
		offset := min(max(0, cap(f.data)-cap(at.Highlight)), len(f.data))
		p.Line, p.Column = f.position(offset)
		if r, _ := utf8.DecodeRune(f.data[offset:]); strings.ContainsRune("“”„‟‘’‚‛«»", r) {
			p.Text, p.Hint = "is no TOML: these are typographic quotes", `write plain ones, "; `+p.Hint
		}
	}
	f.problems = append(f.problems, p)
}

// quoted is how go-toml shows a character; what follows a colon is a value.
var quoted = regexp.MustCompile(`( but got)? U\+[0-9A-F]+( '.*')?|: .*`)

// sentence gives go-toml's words without any part of the text they speak of.
func sentence(err error) string {
	return quoted.ReplaceAllString(strings.TrimPrefix(err.Error(), "toml: "), "")
}

// header enters [a.b].
func (f *file) header(e *unstable.Node) *node {
	parent, last := f.walk(e)
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
		f.twice(old, at, fmt.Sprintf("use [[%s]] here as well", old.key))
	default:
		f.twice(old, at, "put the keys under one header")
	}
	return detached(old)
}

// item enters a further [[a.b]].
func (f *file) item(e *unstable.Node) *node {
	parent, last := f.walk(e)
	name, at := string(last.Data), int(last.Raw.Offset)
	list := parent.members[name]
	if list == nil {
		list = &node{kind: array, at: at}
		parent.set(name, list)
	}
	child := &node{kind: table, at: at, defined: true}
	if list.kind != array || list.sealed {
		f.twice(list, at, fmt.Sprintf("use [[%s]] everywhere", list.key))
		return detached(list)
	}
	list.push(child)
	return child
}

// walk goes along a header's key to the table that holds its last name.
func (f *file) walk(e *unstable.Node) (*node, *unstable.Node) {
	n := f.root
	keys := e.Key()
	for keys.Next() {
		k := keys.Node()
		if keys.IsLast() {
			return n, k
		}
		n = f.enter(n, k, false)
	}
	return n, nil // a header without a name is no TOML: the parser refuses it
}

// enter goes one name down, through the newest item of a list of tables.
func (f *file) enter(n *node, k *unstable.Node, dotted bool) *node {
	name, at := string(k.Data), int(k.Raw.Offset)
	next := n.members[name]
	switch {
	case next == nil:
		next = &node{kind: table, at: at, defined: dotted, dotted: dotted}
		n.set(name, next)
	case next.sealed, next.kind != table && next.kind != array, dotted && !next.dotted:
		f.twice(next, at, "put the key there: it cannot be added to later")
		return detached(next)
	case next.kind == array:
		return next.items[len(next.items)-1]
	}
	return next
}

// assign adds `a.b = value` to a table.
func (f *file) assign(n *node, e *unstable.Node) {
	keys := e.Key()
	for keys.Next() {
		k := keys.Node()
		if !keys.IsLast() {
			n = f.enter(n, k, true)
			continue
		}
		name, at := string(k.Data), int(k.Raw.Offset)
		if old := n.members[name]; old != nil {
			f.twice(old, at, "remove one of them")
			return
		}
		child := &node{at: at}
		n.set(name, child)
		f.fill(child, e.Value())
	}
}

func (f *file) fill(n *node, v *unstable.Node) {
	n.kind = kindOf(v.Kind)
	n.sealed = n.kind == table || n.kind == array
	n.text = string(v.Data)
	n.from, n.to = int(v.Raw.Offset), int(v.Raw.Offset+v.Raw.Length)
	children := v.Children()
	for children.Next() {
		c := children.Node()
		if n.kind == table {
			f.assign(n, c)
			continue
		}
		child := &node{at: n.at}
		if c.Raw.Length > 0 { // lists and inline tables have none
			child.at = int(c.Raw.Offset)
		}
		n.push(child)
		f.fill(child, c)
	}
}

// twice reports a key that is there already.
func (f *file) twice(old *node, at int, hint string) {
	line, _ := f.position(old.at)
	p := Problem{File: f.name, Key: old.key, Text: "is given twice, first in line " + strconv.Itoa(line), Hint: hint}
	p.Line, p.Column = f.position(at)
	f.problems = append(f.problems, p)
}

// detached gives a table to read on in without disturbing the tree.
func detached(n *node) *node { return &node{kind: table, key: n.key, in: n.in} }
