package config

import (
	"fmt"
	"strconv"
	"strings"
)

// document is a configuration that is being loaded: its files as one tree, and the problems found so
// far.
type document struct {
	loading
	files    []*file // the main one first
	root     *node
	problems Problems
	settled  int           // how many of the problems earlier stages found
	blamed   map[spot]bool // keys with a mistake that an earlier stage found
	around   []enclosing   // the tables that are being decoded, the outermost first
	secrets  []*node       // that stand in the files themselves
	losses   *losses       // what the secrets' files tell of later
	gaps     bool          // something that was included could not be read
}

// loading says how a configuration is loaded.
type loading struct {
	env            func(string) (string, bool) // os.LookupEnv or a stand-in
	credstore      string                      // stands in for systemd's folder where there is none
	withoutSecrets bool
}

// spot is a key of one of the files.
type spot struct{ file, key string }

// main is the file that was named; the others are included.
func (d *document) main() *file { return d.files[0] }

// problem records a mistake at a key, given as mapping.Problem.Path gives it. Where the key is not
// in the file the position is that of the nearest table around it.
func (d *document) problem(path []string, text, hint string) {
	d.add(path, 0, Problem{Text: text, Hint: hint})
}

// warning is a problem that does not prevent starting.
func (d *document) warning(path []string, text, hint string) {
	d.add(path, 0, Problem{Text: text, Hint: hint, Warning: true})
}

// add records a problem at a key, or at the nth byte of the string there.
func (d *document) add(path []string, nth int, p Problem) {
	n, rest := d.find(path)
	p.Key = n.key
	for _, name := range rest {
		p.Key = joinKey(p.Key, name)
	}
	if len(rest) == 0 && nth > 0 && n.kind == text && n.env == "" {
		p.Line, p.Column = n.in.position(n.from + inside(string(n.in.data[n.from:n.to]), nth-1))
	}
	d.addAt(n, p)
}

// find goes along a path as far as there is something, and gives the rest of it.
func (d *document) find(path []string) (*node, []string) {
	n := d.root
	for i, name := range path {
		next := n.child(name)
		if next == nil {
			return n, path[i:]
		}
		n = next
	}
	return n, nil
}

// addAt records a problem at a node, unless it has a position of its own.
func (d *document) addAt(n *node, p Problem) {
	p.File = n.in.name
	switch {
	case n.env != "":
		p.File, p.Key = environment, n.env
	case p.Line == 0 && n != d.root:
		p.Line, p.Column = n.in.position(n.at)
	}
	if p.Key == "" || !d.faulty(spot{p.File, p.Key}) {
		d.problems = append(d.problems, p)
	}
}

// faulty tells whether an earlier stage found a mistake at a key: what is said of it then is only a
// consequence.
func (d *document) faulty(s spot) bool { return d.blamed[s] }

// blame notes a key with a mistake.
func (d *document) blame(s spot) {
	if d.blamed == nil {
		d.blamed = make(map[spot]bool)
	}
	d.blamed[s] = true
}

// settle ends a stage.
func (d *document) settle() {
	for _, p := range d.problems[d.settled:] {
		if !p.Warning {
			d.blame(spot{p.File, p.Key})
		}
	}
	d.settled = len(d.problems)
}

// has tells whether a key is given.
func (d *document) has(path ...string) bool {
	_, rest := d.find(path)
	return len(rest) == 0
}

// position is [Config.Position].
func (d *document) position(path []string) (file string, line, column int) {
	n, _ := d.find(path)
	switch {
	case n.env != "":
		return environment, 0, 0
	case n == d.root:
		return n.in.name, 0, 0
	}
	line, column = n.in.position(n.at)
	return n.in.name, line, column
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
