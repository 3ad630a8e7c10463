package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/mapping"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads, decodes and checks a file. env is os.LookupEnv or a stand-in. The Config is nil where
// the problems are fatal.
func Load(path string, env func(string) (string, bool)) (*Config, Problems) {
	data, mode, err := read(path)
	if err != nil {
		return nil, Problems{{File: path, Text: "cannot be read: " + reason(err), Hint: "check the path and who may read it"}}
	}
	d := newDocument(path, data)
	c, problems := d.load(env)
	if mode&0o077 != 0 && d.secrets {
		problems = append(problems, Problem{File: path, Warning: true, Text: "holds a secret and others can read it",
			Hint: "chmod 600, or move the secret to a file of its own"})
	}
	return c, problems
}

// Parse is Load for text that is already in memory; name stands for the file in problems. Files that
// the text names as holding secrets are read.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, Problems) {
	if len(data) > maxFile {
		return nil, Problems{{File: name, Text: "is larger than 1 MiB"}}
	}
	return newDocument(name, data).load(env)
}

func read(path string) ([]byte, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("is larger than 1 MiB")
	}
	return data, info.Mode(), err
}

// reason gives a file error without the path, which stands in front of it already.
func reason(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err.Error()
	}
	return err.Error()
}

func (d *document) load(env func(string) (string, bool)) (*Config, Problems) {
	if bytes.IndexByte(d.data, 0) >= 0 {
		return nil, Problems{{File: d.name, Text: "is no text file", Hint: "it must be TOML in UTF-8"}}
	}
	if !d.parse() {
		d.problems.sort()
		return nil, d.problems
	}
	d.settle()
	d.override(env)
	c := defaults()
	d.decode(d.root, reflect.ValueOf(c).Elem())
	d.settle()
	checker{d, env}.config(c)
	d.settle()
	d.compile(c)
	d.problems.sort()
	if d.problems.Fatal() {
		return nil, d.problems
	}
	return c, d.problems
}

// defaults gives what holds where a key is left out.
func defaults() *Config {
	return &Config{
		Instance: "default",
		Server:   Server{Listen: "127.0.0.1:8080", Path: "/webhook", Admin: "127.0.0.1:8081"},
		Store:    Store{Path: "/var/lib/ticketd/ticketd.db"},
		Log:      Log{Level: slog.LevelInfo, Format: "json"},
		Portal:   Portal{Hosts: []string{"securetheorem.com"}},
		Deliver: Deliver{
			QuietPeriod: shortestQuiet,
		},
	}
}

// shortestQuiet is the shortest quiet period that was shown to be safe (facts: reliability.md 3.6).
const shortestQuiet = 10 * time.Minute

// compile hands the parts that others understand to them.
func (d *document) compile(c *Config) {
	var mistakes []mapping.Problem
	c.Mapping, mistakes = mapping.Compile(c.Spec())
	for _, m := range mistakes {
		d.add(m.Path, Problem{Text: m.Text, Hint: m.Hint, Warning: m.Warning})
	}
	var errs []error
	c.Table, errs = datatheorem.NewTable(c.Events)
	for _, err := range errs {
		d.event(err)
	}
}

// event reports a mistake of an [[events]] entry at its key.
func (d *document) event(err error) {
	path, what := []string{"events"}, err.Error()
	if at, ok := errors.AsType[*datatheorem.EntryError](err); ok {
		path = append(path, strconv.Itoa(at.Index))
		path, what = append(path, strings.SplitN(at.Key, ".", 2)...), at.Text
	}
	d.problem(path, what, "")
}
