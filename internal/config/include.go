package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what a configuration may include.
const (
	maxIncluded      = 256     // files
	maxIncludedBytes = 8 << 20 // of all of them
)

// include reads the files that the main one includes and puts their rules, profiles and events
// behind its own, in the order of `include`, those of one pattern sorted.
func (d *document) include() {
	list := d.root.members["include"]
	if list == nil || list.kind != array {
		return // what is no list is reported when it is decoded
	}
	in := inclusion{document: d}
	if info, err := os.Stat(d.main().name); err == nil { // text in memory has none
		in.seen = append(in.seen, opened{d.main().name, info})
	}
	for _, pattern := range list.items {
		if pattern.kind == text {
			in.pattern(pattern)
		}
	}
}

// inclusion is the reading of the included files.
type inclusion struct {
	*document
	seen  []opened
	bytes int
}

// opened is a file that was read, to know it again by whatever name.
type opened struct {
	name string
	info fs.FileInfo
}

// gap reports what could not be included.
func (in *inclusion) gap(at *node, what, hint string) {
	in.gaps = true
	in.bad(at, what, hint)
}

func (in *inclusion) pattern(at *node) {
	names, err := matching(filepath.Dir(in.main().name), at.text)
	switch {
	case err != nil:
		in.gap(at, err.Error(), `write a file or a pattern such as "rules/*.toml"`)
	case len(names) == 0:
		in.gap(at, strconv.Quote(at.text)+" matches no file", "a path begins in the folder of "+in.main().name)
	}
	for i, name := range names {
		if i > maxIncluded {
			break // it is told of the one before
		}
		in.file(at, name)
	}
}

// matching lists the files that a pattern names, sorted. Like a shell it leaves out hidden files.
func matching(folder, pattern string) ([]string, error) {
	if pattern == "" {
		return nil, errors.New("is empty")
	}
	if strings.Contains(pattern, "**") {
		return nil, errors.New(`holds "**", which has no meaning here`)
	}
	if !filepath.IsAbs(pattern) {
		folder = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
		pattern = filepath.Join(folder, pattern)
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, errors.New("is no pattern: a bracket is not closed, or nothing follows a backslash")
	}
	if !strings.HasPrefix(filepath.Base(pattern), ".") {
		names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(filepath.Base(name), ".") })
	}
	return names, nil
}

// file includes one file.
func (in *inclusion) file(at *node, name string) {
	data, problem := in.read(name)
	if problem.Text != "" {
		in.gap(at, name+" "+problem.Text, problem.Hint)
		return
	}
	f := newFile(name, data)
	if !in.open(f) {
		in.gaps = true
		return
	}
	for _, key := range f.root.names {
		in.merge(key, f.root.members[key])
	}
}

// relative writes a path as it may stand in the main file.
func (in *inclusion) relative(name string) string {
	short, err := filepath.Rel(filepath.Dir(in.main().name), name)
	if err != nil {
		return name
	}
	return short
}

// read gives the content of a file that may be included, or what is wrong with it. It looks before
// it opens, for opening a pipe would wait for ever.
func (in *inclusion) read(name string) ([]byte, Problem) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, Problem{Text: "cannot be read: " + reason(err), Hint: "check the path and who may read it"}
	}
	same := slices.IndexFunc(in.seen, func(o opened) bool { return os.SameFile(o.info, info) })
	switch {
	case info.IsDir():
		return nil, Problem{Text: "is a folder", Hint: fmt.Sprintf("write %q for the files in it", in.relative(name)+"/*.toml")}
	case !info.Mode().IsRegular():
		return nil, Problem{Text: "is no regular file"}
	case same == 0 && in.seen[0].name == in.main().name:
		return nil, Problem{Text: "is this file itself", Hint: "include files of rules only"}
	case same >= 0:
		return nil, Problem{Text: "is included already, as " + in.seen[same].name, Hint: "include it once"}
	case len(in.files) > maxIncluded:
		return nil, Problem{Text: fmt.Sprintf("is one too many: more than %d files are included", maxIncluded), Hint: "put rules together"}
	}
	data, _, err := read(name)
	in.seen, in.bytes = append(in.seen, opened{name, info}), in.bytes+len(data)
	switch {
	case errors.Is(err, errTooLong):
		return nil, Problem{Text: err.Error()}
	case err != nil:
		return nil, Problem{Text: "cannot be read: " + reason(err), Hint: "check who may read it"}
	case in.bytes > maxIncludedBytes:
		return nil, Problem{Text: "is too much: the included files are larger than 8 MiB together", Hint: "is one of them no file of rules?"}
	}
	return data, Problem{}
}
