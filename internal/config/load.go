package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"time"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads, decodes and checks a file and what it includes. env is os.LookupEnv or a stand-in. The
// Config is nil where the problems are fatal.
func Load(path string, env func(string) (string, bool)) (*Config, Problems) {
	return loading{env: env, credstore: credentialStore}.file(path)
}

// LoadWithoutSecrets is Load where the secrets are out of reach, as on a machine that only tests the
// mapping: files that hold them are not read, variables that hold them are not looked at, and a
// credential may be missing. The Config has no secret in it, and cannot serve.
func LoadWithoutSecrets(path string, env func(string) (string, bool)) (*Config, Problems) {
	return loading{env: env, credstore: credentialStore, withoutSecrets: true}.file(path)
}

// Parse is Load for text that is already in memory; name stands for the file in problems, and what
// the text includes is looked for in its folder. Files that the text names as holding secrets are
// read.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, Problems) {
	return loading{env: env, credstore: credentialStore}.text(name, data)
}

// ParseWithoutSecrets is LoadWithoutSecrets for text that is already in memory.
func ParseWithoutSecrets(name string, data []byte, env func(string) (string, bool)) (*Config, Problems) {
	return loading{env: env, credstore: credentialStore, withoutSecrets: true}.text(name, data)
}

func (l loading) file(path string) (*Config, Problems) {
	data, mode, err := read(path)
	if err != nil {
		return nil, Problems{{File: path, Text: "cannot be read: " + reason(err), Hint: "check the path and who may read it"}}
	}
	d := &document{loading: l, losses: new(losses)}
	c, problems := d.load(newFile(path, data))
	if mode&0o077 != 0 && len(d.secrets) > 0 {
		problems = append(problems, Problem{File: path, Warning: true, Text: "holds a secret and others can read it",
			Hint: "chmod 600, or move the secret to a file of its own"})
	}
	return c, problems
}

func (l loading) text(name string, data []byte) (*Config, Problems) {
	if len(data) > maxFile {
		return nil, Problems{{File: name, Text: errTooLong.Error()}}
	}
	d := &document{loading: l, losses: new(losses)}
	return d.load(newFile(name, data))
}

var errTooLong = errors.New("is larger than 1 MiB")

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
		err = errTooLong
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

func (d *document) load(main *file) (*Config, Problems) {
	c := defaults()
	if d.open(main) {
		d.root = main.root
		d.include()
		d.settle()
		d.override()
		d.decode(d.root, reflect.ValueOf(c).Elem())
		d.settle()
		checker{d}.config(c)
		d.settle()
		d.compile(c)
	}
	d.problems.sort(d.files)
	if d.problems.Fatal() {
		return nil, d.problems
	}
	for _, f := range d.files {
		c.Files = append(c.Files, f.name)
	}
	c.Secretless, c.position, c.losses = d.withoutSecrets, d.position, d.losses
	c.Hash = d.hash()
	return c, d.problems
}

// open parses a file of the configuration and reports whether it is TOML.
func (d *document) open(f *file) bool {
	d.files = append(d.files, f)
	if bytes.IndexByte(f.data, 0) >= 0 {
		d.problems = append(d.problems, Problem{File: f.name, Text: "is no text file", Hint: "it must be TOML in UTF-8"})
		return false
	}
	ok := f.parse()
	d.problems = append(d.problems, f.problems...)
	return ok
}

// defaults gives what holds where a key is left out.
func defaults() *Config {
	return &Config{
		Instance: "default",
		Server:   Server{Listen: "127.0.0.1:8080", Path: "/webhook", Admin: "127.0.0.1:8081"},
		Store:    Store{Path: "/var/lib/ticketd/ticketd.db", Retention: usualRetention},
		Log:      Log{Level: slog.LevelInfo, Format: "json"},
		Portal:   Portal{Hosts: []string{"securetheorem.com"}},
		Deliver: Deliver{
			QuietPeriod: shortestQuiet,
		},
	}
}

// usualRetention is how long things are kept, shortestRetention how long at least: Data Theorem repeats
// a webhook for up to three days, and what it repeats is to be known still.
const (
	usualRetention    = Retention(90 * 24 * time.Hour)
	shortestRetention = Retention(7 * 24 * time.Hour)
)

// shortestQuiet is the shortest quiet period that was shown to be safe (facts: reliability.md 3.6).
const shortestQuiet = 10 * time.Minute
