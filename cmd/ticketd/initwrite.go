package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"ticketd/internal/config"
)

// write makes the files and gives the names of those that were not there. The configuration comes
// last: whoever finds it finds the others, too.
func (k *initCommand) write(i config.Initial, text string) ([]string, error) {
	name := k.place(i.ConfigFile())
	there := &failure{code: exitFailure, err: fmt.Errorf("%s is there already", name),
		hint: "name another folder with --dir, or replace it with --force"}
	if k.Service {
		there.hint = "replace it with --force, which keeps the tokens"
	}
	put := writeNew // whatever came there meanwhile is kept, too
	switch replaceable, err := k.replaceable(name); {
	case err != nil:
		return nil, err
	case replaceable:
		put = replace
	default:
		if _, err := os.Lstat(name); err == nil {
			return nil, there
		}
	}
	readers, err := k.reader()
	if err != nil {
		return nil, err
	}
	made, err := k.writeTokens(i)
	if err != nil {
		return nil, err
	}
	if err := k.makeFolder(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	switch err := put(name, text, readers); {
	case errors.Is(err, fs.ErrExist):
		return nil, there
	case err != nil:
		return nil, k.forbidden(fmt.Errorf("writing the configuration: %w", err))
	}
	return append(made, config.InitialConfig), nil
}

// place gives where a file is made.
func (k *initCommand) place(name string) string {
	if k.Service {
		return filepath.Join(k.Root, name)
	}
	return name
}

// replaceable tells whether a configuration may be replaced: where that was asked for, and where it is
// the one that the package installed, which nobody has touched.
func (k *initCommand) replaceable(name string) (bool, error) {
	if k.Force || !k.Service {
		return k.Force, nil
	}
	installed, err := config.Initial{Service: true}.TOML()
	if err != nil {
		return false, err
	}
	there, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, k.forbidden(fmt.Errorf("reading the configuration that is there: %w", err))
	}
	return string(there) == installed, nil
}

// writeTokens makes the files of the tokens that are not there, and gives their names.
func (k *initCommand) writeTokens(i config.Initial) (made []string, err error) {
	for _, file := range tokenFiles(i) {
		if file.content == nil {
			continue
		}
		name := k.place(i.SecretFile(file.name))
		if err := k.makeFolder(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		switch err := writeNew(name, file.content(), owner()); {
		case err == nil:
			made = append(made, file.name)
		case !errors.Is(err, fs.ErrExist):
			return nil, k.forbidden(fmt.Errorf("writing a token file: %w", err))
		}
	}
	return made, nil
}

// makeFolder makes a folder where there is none. Outside of a service there is only the one, and only
// its owner can read it.
func (k *initCommand) makeFolder(name string, mode fs.FileMode) error {
	if !k.Service {
		mode = 0o700
	}
	if err := os.MkdirAll(name, mode); err != nil {
		return k.forbidden(fmt.Errorf("making the folder: %w", err))
	}
	return nil
}

// forbidden says what to do where only root may.
func (k *initCommand) forbidden(err error) error {
	if k.Service && errors.Is(err, fs.ErrPermission) {
		return &failure{code: exitFailure, err: err, hint: "run it with sudo"}
	}
	return err
}

// reader says who may read the configuration: of a service its user, who cannot change it.
func (k *initCommand) reader() (access, error) {
	if !k.Service {
		return owner(), nil
	}
	a := access{mode: 0o640}
	if k.Root != "/" {
		return a, nil // whose groups are those of another system
	}
	group, err := user.LookupGroup(serviceUser)
	if err != nil {
		return access{}, &failure{code: exitFailure, err: fmt.Errorf("there is no group %s, which the service runs as", serviceUser),
			hint: "install the package first; without it, leave out --service"}
	}
	a.group, _ = strconv.Atoi(group.Gid) // a number, on every system that has groups
	return a, nil
}

// serviceUser is the user and group that the service runs as (packaging/systemd/sysusers.conf).
const serviceUser = "ticketd"
