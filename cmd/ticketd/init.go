package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ticketd/internal/config"
)

// initCommand is `ticketd init`.
type initCommand struct {
	Jira    string `placeholder:"URL" help:"Make tickets in this Jira, e.g. https://example.atlassian.net."`
	Project string `placeholder:"KEY" help:"Key of the Jira project, e.g. SEC."`
	Email   string `help:"E-mail address of ticketd's account; Jira Cloud only."`
	GitHub  string `name:"github" placeholder:"OWNER/REPO" help:"Make tickets in this repository on github.com."`
	Dir     string `default:"." help:"Folder for the configuration and its files; made where it does not exist."`
	Force   bool   `help:"Replace a configuration that is there. Files with tokens are kept."`
}

// Run writes a first configuration and says what to do next.
func (k *initCommand) Run(p *program) error {
	if err := k.complete(p); err != nil {
		return err
	}
	folder, err := filepath.Abs(k.Dir)
	if err != nil {
		return fmt.Errorf("finding the folder: %w", err)
	}
	i := config.Initial{
		Folder: folder, JiraURL: strings.TrimSpace(k.Jira), Email: strings.TrimSpace(k.Email),
		Project: strings.TrimSpace(k.Project), Repository: strings.TrimSpace(k.GitHub),
	}
	text, err := i.TOML()
	if err != nil {
		return err
	}
	if err := k.judge(i, text); err != nil {
		return err
	}
	made, err := k.write(i, text)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(p.stdout, safeLines(welcome(i, made))); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// judge checks the configuration before anything is written, and tells mistakes by the flags that
// they come from.
func (k *initCommand) judge(i config.Initial, text string) error {
	_, problems := config.ParseWithoutSecrets(config.InitialConfig, []byte(text), func(string) (string, bool) { return "", false })
	for _, problem := range problems {
		key := problem.Key[strings.LastIndexByte(problem.Key, '.')+1:]
		flag := map[string]string{"url": "--jira", "email": "--email", "project": "--project", "repository": "--github"}[key]
		if problem.Warning || flag == "" {
			continue
		}
		return usage(fmt.Errorf("%s: %s", flag, problem.Text), problem.Hint)
	}
	switch {
	case i.JiraURL != "":
	case k.Email != "":
		return usage(errors.New("--email: only a Jira has accounts with addresses"), "leave it out")
	case k.Project != "":
		return usage(errors.New("--project: only a Jira has projects"), "leave it out, or add --jira URL")
	}
	return problems.Err()
}

// write makes the files and gives the names of those that were not there. The configuration comes
// last: whoever finds it finds the others, too.
func (k *initCommand) write(i config.Initial, text string) ([]string, error) {
	there := &failure{code: exitFailure, err: fmt.Errorf("%s is there already", i.File(config.InitialConfig)),
		hint: "name another folder with --dir, or replace it with --force"}
	if _, err := os.Lstat(i.File(config.InitialConfig)); err == nil && !k.Force {
		return nil, there
	}
	if err := os.MkdirAll(i.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	var made []string
	for _, file := range tokenFiles(i) {
		switch err := writeNew(i.File(file.name), file.content()); {
		case err == nil:
			made = append(made, file.name)
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("writing a token file: %w", err)
		}
	}
	put := writeNew // whatever came there meanwhile is kept, too
	if k.Force {
		put = replace
	}
	switch err := put(i.File(config.InitialConfig), text); {
	case errors.Is(err, fs.ErrExist):
		return nil, there
	case err != nil:
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return append(made, config.InitialConfig), nil
}

// writeNew writes a file that only the owner can read and that was not there. One that could not be
// written whole is removed: it would be kept the next time.
func writeNew(name, content string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownerOnly)
	if err != nil {
		return err
	}
	if err := finish(f, content); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// replace writes a file in one go: a half-written one is never seen.
func replace(name, content string) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // with mode 0600
	if err != nil {
		return err
	}
	err = finish(f, content)
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// ownerOnly is the mode of what is written.
const ownerOnly fs.FileMode = 0o600

// finish writes a new file and closes it. The mode is set once more, because a umask may have taken the
// owner's part of it.
func finish(f *os.File, content string) error {
	err := f.Chmod(ownerOnly)
	if err == nil {
		_, err = f.WriteString(content)
	}
	return errors.Join(err, f.Sync(), f.Close())
}
