package config

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is the type of a TOML value.
type kind int

const (
	table kind = iota
	array
	text
	boolean
	integer
	float
	date     // a date without a time
	dateTime // a date and time with its zone
	oddTime  // a time without a date, or without a zone
)

// String gives the words for a message: "is …".
func (k kind) String() string {
	return [...]string{"a table", "a list", "a string", "true or false", "a whole number", "a number with a fraction",
		"a date", "a date and time", "a time without a zone"}[k]
}

// node is one value of the tree and where it is.
type node struct {
	kind    kind
	key     string           // as in a Problem
	in      *file            // that it stands in, or is put into by the environment
	at      int              // offset of the key; of the value, for a member of a list
	from    int              // of a scalar: offset at which its value begins, quotes included
	to      int              // and ends
	text    string           // a string's content, any other scalar as written
	members map[string]*node // of a table
	names   []string         // its members in file order
	items   []*node          // of a list
	defined bool             // a table with a header or braces of its own, which may not get a second one
	dotted  bool             // a table made by a dotted key, which dotted keys may add to
	sealed  bool             // an inline table or list, which nothing may be added to
	env     string           // the variable of the environment that it came from
}

// child gives a member by name or an item by number; nil where there is none.
func (n *node) child(name string) *node {
	if n.kind == table {
		return n.members[name]
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i]
	}
	return nil
}

// doubled tells whether a list is one of tables with two pairs of brackets, [[NAME]].
func (n *node) doubled() bool { return n.kind == array && !n.sealed && n.env == "" }

func (n *node) set(name string, child *node) {
	if n.members == nil {
		n.members = make(map[string]*node)
	}
	if _, ok := n.members[name]; !ok {
		n.names = append(n.names, name)
	}
	child.key, child.in = joinKey(n.key, name), n.in
	n.members[name] = child
}

// graft takes a member over from another tree; it keeps its key and its place.
func (n *node) graft(name string, child *node) {
	key, in := child.key, child.in
	n.set(name, child)
	child.key, child.in = key, in
}

func (n *node) push(child *node) {
	child.key, child.in = indexKey(n.key, len(n.items)), n.in
	n.items = append(n.items, child)
}

// errNumber keeps the number itself out of messages.
var errNumber = errors.New("is a number that cannot be used")

// any gives the value in the types of encoding/json, dates as text.
func (n *node) any() (any, error) {
	switch n.kind {
	case table:
		m := make(map[string]any, len(n.members))
		for name, child := range n.members {
			v, err := child.any()
			if err != nil {
				return nil, err
			}
			m[name] = v
		}
		return m, nil
	case array:
		list := make([]any, len(n.items))
		for i, child := range n.items {
			v, err := child.any()
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case boolean:
		return n.text == "true", nil
	case integer:
		return n.integer()
	case float:
		return n.float()
	default:
		return n.text, nil
	}
}

// before gives the node that begins last before an offset, the innermost of several.
func (n *node) before(offset int) *node {
	best := n
	for _, name := range n.names {
		if c := n.members[name].before(offset); c.at < offset && c.at >= best.at {
			best = c
		}
	}
	for _, item := range n.items {
		if c := item.before(offset); c.at < offset && c.at >= best.at {
			best = c
		}
	}
	return best
}

func (n *node) integer() (int64, error) {
	v, err := strconv.ParseInt(n.text, 0, 64) // TOML's forms of a whole number are Go's
	if err != nil {
		return 0, errNumber
	}
	return v, nil
}

func (n *node) float() (float64, error) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
	if err != nil {
		return 0, errNumber
	}
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, errNumber // JSON has none
	}
	return v, nil
}

func kindOf(k unstable.Kind) kind {
	switch k {
	case unstable.String:
		return text
	case unstable.Bool:
		return boolean
	case unstable.Integer:
		return integer
	case unstable.Float:
		return float
	case unstable.LocalDate:
		return date
	case unstable.DateTime:
		return dateTime
	case unstable.Array:
		return array
	case unstable.InlineTable:
		return table
	default:
		return oddTime
	}
}

// section gives a table at the top level, made where there is none; nil where something else has its
// name.
func (n *node) section(name, variable string) *node {
	child := n.members[name]
	if child == nil {
		child = &node{kind: table, env: variable}
		n.set(name, child)
	}
	if child.kind != table {
		return nil
	}
	return child
}

func (n *node) remove(name string) {
	delete(n.members, name)
	n.names = slices.DeleteFunc(n.names, func(s string) bool { return s == name })
}
