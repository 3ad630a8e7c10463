package config

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"
)

// file is one file of the configuration, parsed: its tree, and what is wrong with it as TOML.
type file struct {
	name     string
	data     []byte // without the byte order mark
	lines    []int  // offset at which each line starts
	root     *node
	problems Problems
}

func newFile(name string, data []byte) *file {
	// The copy has no spare capacity: positions are computed from capacities.
	data = slices.Clip(bytes.Clone(bytes.TrimPrefix(data, []byte("\ufeff"))))
	f := &file{name: name, data: data, lines: []int{0}}
	f.root = &node{kind: table, defined: true, in: f}
	for i, c := range f.data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// position turns an offset into line and column, both from 1; the column counts characters.
func (f *file) position(offset int) (line, column int) {
	line = sort.SearchInts(f.lines, offset+1)
	for offset > f.lines[line-1] && offset < len(f.data) && !utf8.RuneStart(f.data[offset]) {
		offset-- // go-toml counts bytes: a part of a character is at the character
	}
	return line, utf8.RuneCount(f.data[f.lines[line-1]:offset]) + 1
}
