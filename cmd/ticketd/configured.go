package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"ticketd/internal/config"
	"ticketd/internal/systemd"
	"ticketd/store"
)

const (
	configVariable = config.Prefix + "CONFIG"
	storeVariable  = config.Prefix + "STORE_PATH"
	configDefault  = "/etc/ticketd/ticketd.toml"
)

// configFlag names the configuration file.
type configFlag struct {
	Config string `placeholder:"FILE" help:"Configuration file; without it $TICKETD_CONFIG, else /etc/ticketd/ticketd.toml."`
}

// path is where the configuration is.
func (f configFlag) path(p *program) string {
	if f.Config != "" {
		return f.Config
	}
	if path, _ := p.lookup(configVariable); path != "" {
		return path
	}
	return configDefault
}

// loader is config.Load or config.LoadWithoutSecrets.
type loader func(path string, env func(string) (string, bool)) (*config.Config, config.Problems)

// load reads the configuration with all its problems. The Config is nil where they are fatal; an
// error means that the file cannot be read at all.
func (f configFlag) load(p *program, with loader) (*config.Config, config.Problems, error) {
	path := f.path(p)
	if err := readable(path); err != nil {
		return nil, nil, &failure{
			code: exitConfig, err: fmt.Errorf("reading the configuration: %w", err),
			hint: "name it with --config FILE or $" + configVariable + "; who runs ticketd must be able to read it",
		}
	}
	c, problems := with(path, p.lookup)
	if c != nil {
		problems = append(problems, c.UnknownVariables(p.environ)...)
	}
	return c, problems, nil
}

func readable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// usable gives a configuration that a command can work with, and its warnings. Mistakes are printed.
func (f configFlag) usable(p *program) (*config.Config, config.Problems, error) {
	return f.usableWith(p, config.Load)
}

// usableWithoutSecrets is usable for commands that only look at the mapping: they work where the
// tokens are out of reach.
func (f configFlag) usableWithoutSecrets(p *program) (*config.Config, config.Problems, error) {
	return f.usableWith(p, config.LoadWithoutSecrets)
}

func (f configFlag) usableWith(p *program, with loader) (*config.Config, config.Problems, error) {
	c, problems, err := f.load(p, with)
	if err != nil {
		return nil, nil, err
	}
	if !problems.Fatal() {
		return c, problems, nil
	}
	for _, problem := range problems {
		priority := systemd.Error
		if problem.Warning {
			priority = systemd.Warning
		}
		if _, err := fmt.Fprintln(p.complaints(priority), safe(problem.String())); err != nil {
			return nil, nil, fmt.Errorf("printing: %w", err)
		}
	}
	return nil, nil, f.mistaken(p, problems)
}

// mistaken is the failure of a configuration with mistakes.
func (f configFlag) mistaken(p *program, problems config.Problems) error {
	fatal := 0
	for _, problem := range problems {
		if !problem.Warning {
			fatal++
		}
	}
	return &failure{
		code: exitConfig, err: fmt.Errorf("%s has %s", f.path(p), count(fatal, "mistake")),
		hint: "put right what is named above; `ticketd check` tells when all is well",
	}
}

// lines writes one problem a line.
func lines(problems config.Problems) string {
	var b strings.Builder
	for _, problem := range problems {
		b.WriteString(safe(problem.String()) + "\n")
	}
	return b.String()
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// lookup finds a variable of the environment.
func (p *program) lookup(name string) (string, bool) {
	for _, pair := range p.environ {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value, true
		}
	}
	return "", false
}

// storeFlags name the database, by itself or through the configuration.
type storeFlags struct {
	configFlag `embed:""`

	Store string `placeholder:"FILE" help:"Database; without it $TICKETD_STORE_PATH, else the one that the configuration names."`
}

// path is where the database is. The configuration is not needed where the database is named: it may be
// the thing that is broken. Its secrets are not needed at all: they may be out of reach of who looks at
// tickets.
func (f storeFlags) path(p *program) (string, error) {
	if f.Store != "" {
		return f.Store, nil
	}
	if path, _ := p.lookup(storeVariable); path != "" {
		return path, nil
	}
	c, _, err := f.usableWithoutSecrets(p)
	if broken, ok := errors.AsType[*failure](err); ok {
		broken.hint += "; or name the database with --store FILE"
	}
	if err != nil {
		return "", err
	}
	return c.Store.Path, nil
}

// with opens the database beside the daemon, which may be running or not, for as long as act works
// with it.
func (f storeFlags) with(ctx context.Context, p *program, act func(s *store.Store, path string) error) (err error) {
	path, err := f.path(p)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Path: path, Shared: true})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: exitFailure, err: err, hint: noDatabaseHint}
	case err != nil:
		return &failure{code: exitFailure, err: err, hint: cmp.Or(hintFor(err), "run it as the user that the daemon runs as; is store.path right?")}
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return act(s, path)
}
