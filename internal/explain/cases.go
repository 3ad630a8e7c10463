package explain

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Case is one test of a mapping: events in the order in which they come, and what is wanted of the
// ticket after the last.
type Case struct {
	Name string // file without its ending, in the folder
	read func() (script, error)
}

// script is what a case says.
type script struct {
	wants  []Want
	events [][]byte
}

// Outcome is what became of a case.
type Outcome struct {
	Name        string       `json:"name"`
	OK          bool         `json:"ok"`
	Misses      []Miss       `json:"misses"`
	Error       string       `json:"error"` // why it could not be run; "" where it was
	Explanation *Explanation `json:"explanation,omitempty"`
}

// Bounds of a folder of cases.
const (
	maxCases    = 10_000
	maxCaseFile = 4 << 20
)

var errNoCases = errors.New("it holds no case: neither NAME.txtar, nor NAME.json with NAME.want")

// Cases finds the cases of a folder, in the order of their names; each is read when it is run. A case is an archive NAME.txtar with
// the files event.json, or event1.json, event2.json, … for several events, and want; or a pair
// NAME.json and NAME.want. Other files, and folders, are left alone. What is wrong with one case is
// told by it alone.
func Cases(dir string) ([]Case, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(entries) > maxCases {
		return nil, fmt.Errorf("%s holds more than %d files", dir, maxCases)
	}
	var cases []Case
	for _, entry := range entries {
		name, ending := entry.Name(), filepath.Ext(entry.Name())
		bare := strings.TrimSuffix(name, ending)
		switch {
		case entry.IsDir():
		case ending == ".txtar":
			cases = append(cases, Case{bare, func() (script, error) { return archive(filepath.Join(dir, name)) }})
		case ending == ".json", ending == ".want" && !isFile(filepath.Join(dir, bare+".json")):
			cases = append(cases, Case{bare, func() (script, error) { return pair(filepath.Join(dir, bare)) }})
		}
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, errNoCases)
	}
	return cases, nil
}

// isFile tells whether there is something at a path, and no folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func archive(path string) (script, error) {
	text, err := file(path)
	if err != nil {
		return script{}, err
	}
	var c script
	numbered := map[int][]byte{}
	for _, f := range txtar.Parse(text).Files {
		digits, isEvent := strings.CutPrefix(strings.TrimSuffix(f.Name, ".json"), "event")
		n, err := strconv.Atoi(cmp.Or(digits, "1"))
		switch {
		case f.Name == "want":
			if c.wants, err = ParseWantFile(string(f.Data)); err != nil {
				return c, fmt.Errorf("want: %w", err)
			}
		case !isEvent || err != nil || n < 1 || !strings.HasSuffix(f.Name, ".json"):
			return c, fmt.Errorf("%q is neither want, nor event.json, nor event1.json and so on", f.Name)
		case numbered[n] != nil:
			return c, fmt.Errorf("it holds event %d twice", n)
		default:
			numbered[n] = f.Data
		}
	}
	for n := 1; numbered[n] != nil; n++ {
		c.events = append(c.events, numbered[n])
	}
	switch {
	case len(c.events) != len(numbered):
		return c, fmt.Errorf("event%d.json is missing", len(c.events)+1)
	case len(c.events) == 0:
		return c, errors.New("event.json is missing")
	case c.wants == nil:
		return c, errors.New("want is missing")
	}
	return c, nil
}

func pair(path string) (script, error) {
	body, err := file(path + ".json")
	if err != nil {
		return script{}, err
	}
	text, err := file(path + ".want")
	if err != nil {
		return script{}, err
	}
	wants, err := ParseWantFile(string(text))
	if err != nil {
		return script{}, fmt.Errorf("%s.want: %w", filepath.Base(path), err)
	}
	return script{wants: wants, events: [][]byte{body}}, nil
}

func file(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing", filepath.Base(path))
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", filepath.Base(path))
	case info.Size() > maxCaseFile:
		return nil, fmt.Errorf("%s is larger than 4 MiB", filepath.Base(path))
	}
	return os.ReadFile(path)
}

// Run runs a case: the pure part of an explanation, no rehearsal.
func (c Case) Run(o Options) Outcome {
	says, err := c.read()
	if err != nil {
		return Outcome{Name: c.Name, Error: err.Error(), Misses: []Miss{}}
	}
	e := Events(o, says.events)
	misses := e.Missed(says.wants)
	return Outcome{Name: c.Name, OK: len(misses) == 0, Misses: listOf(misses), Explanation: &e}
}
