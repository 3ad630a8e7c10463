package config

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// document is a parsed file: its tree and the problems found so far.
type document struct {
	name     string
	data     []byte // without the byte order mark
	lines    []int  // offset at which each line starts
	root     *node
	problems Problems
	settled  int  // how many of the problems earlier stages found
	secrets  bool // one stands in the file itself
}

func newDocument(name string, data []byte) *document {
	// The copy has no spare capacity: positions are computed from capacities.
	data = slices.Clip(bytes.Clone(bytes.TrimPrefix(data, []byte("\ufeff"))))
	d := &document{name: name, data: data, lines: []int{0}, root: &node{kind: table, defined: true}}
	for i, c := range d.data {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	return d
}

// position turns an offset into line and column, both from 1; the column counts characters.
func (d *document) position(offset int) (line, column int) {
	line = sort.SearchInts(d.lines, offset+1)
	return line, utf8.RuneCount(d.data[d.lines[line-1]:offset]) + 1
}

// problem records a mistake at a key, given as mapping.Problem.Path gives it. Where the key is not
// in the file the position is that of the nearest table around it.
func (d *document) problem(path []string, text, hint string) {
	d.add(path, Problem{Text: text, Hint: hint})
}

// warning is a problem that does not prevent starting.
func (d *document) warning(path []string, text, hint string) {
	d.add(path, Problem{Text: text, Hint: hint, Warning: true})
}

func (d *document) add(path []string, p Problem) {
	n := d.root
	p.Key = ""
	for i, name := range path {
		next := n.child(name)
		if next == nil {
			for _, name := range path[i:] {
				p.Key = joinKey(p.Key, name)
			}
			break
		}
		n, p.Key = next, next.key
	}
	d.addAt(n, p)
}

func (d *document) addAt(n *node, p Problem) {
	p.File = d.name
	if n.env != "" {
		p.File, p.Key = environment, n.env
	} else if n != d.root {
		p.Line, p.Column = d.position(n.at)
	}
	if p.Key == "" || !d.faulty(p.Key) {
		d.problems = append(d.problems, p)
	}
}

// faulty tells whether an earlier stage found a mistake at a key: what is said of it then is only a
// consequence.
func (d *document) faulty(key string) bool {
	return slices.ContainsFunc(d.problems[:d.settled], func(p Problem) bool { return p.Key == key && !p.Warning })
}

// settle ends a stage.
func (d *document) settle() { d.settled = len(d.problems) }

// has tells whether a key is given.
func (d *document) has(path ...string) bool {
	n := d.root
	for _, name := range path {
		if n = n.child(name); n == nil {
			return false
		}
	}
	return true
}

// joinKey appends a name to a key as TOML would write it.
func joinKey(key, name string) string {
	if !bare(name) {
		name = strconv.Quote(name)
	}
	if key == "" {
		return name
	}
	return key + "." + name
}

func bare(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

func indexKey(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }
