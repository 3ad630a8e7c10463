package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake. No part of it ever holds a secret.
type Problem struct {
	File    string // name of the file, or "environment"
	Line    int    // from 1; 0 where there is no line
	Column  int    // from 1, in characters; 0 where there is no column
	Key     string // e.g. "rule[2].match.severity", the index from 0; "" for the file as a whole
	Text    string // what is wrong
	Hint    string // what to do; may be empty
	Warning bool   // works, but hardly as meant
}

// Severity gives "warning" or "error".
func (p Problem) Severity() string {
	if p.Warning {
		return "warning"
	}
	return "error"
}

// String gives `file:line:col: severity: key: what is wrong (what to do)`.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.Severity() + ": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Problems are all mistakes of a configuration, in the order of the file.
type Problems []Problem

// Fatal tells whether one of them is more than a warning; the configuration must then not be used.
func (ps Problems) Fatal() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Warning })
}

// Err gives the problems as an error, nil unless they are fatal.
func (ps Problems) Err() error {
	if !ps.Fatal() {
		return nil
	}
	return ps
}

// Error gives one line per problem.
func (ps Problems) Error() string { return ps.String() }

// String gives one line per problem.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sort puts them in the order of the files and their lines, those of the environment last.
func (ps Problems) sort(files []*file) {
	order := make(map[string]int, len(files))
	for i, f := range files {
		order[f.name] = i - len(files)
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
