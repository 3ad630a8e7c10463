package main

import (
	"cmp"
	"errors"
	"fmt"
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
	Dir     string `placeholder:"FOLDER" help:"Folder for the configuration and its files; made where it does not exist. Without it, this one."`
	Service bool   `help:"Configure the service that the package installed: /etc/ticketd/ticketd.toml, and tokens for systemd in /etc/credstore."`
	Root    string `default:"/" hidden:"" help:"Folder that stands for / with --service, such as that of an image."`
	Force   bool   `help:"Replace a configuration that is there. Files with tokens are kept."`
}

// Run writes a first configuration and says what to do next.
func (k *initCommand) Run(p *program) error {
	if k.Service && k.Dir != "" {
		return usage(errors.New("--service and --dir exclude each other"), "the service's configuration is in "+config.ServiceFolder)
	}
	if err := k.complete(p); err != nil {
		return err
	}
	i, err := k.initial()
	if err != nil {
		return err
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

// initial is what the flags ask for.
func (k *initCommand) initial() (config.Initial, error) {
	i := config.Initial{
		Folder: config.ServiceFolder, Service: k.Service, JiraURL: strings.TrimSpace(k.Jira), Email: strings.TrimSpace(k.Email),
		Project: strings.TrimSpace(k.Project), Repository: strings.TrimSpace(k.GitHub),
	}
	if k.Service {
		return i, nil
	}
	var err error
	if i.Folder, err = filepath.Abs(cmp.Or(k.Dir, ".")); err != nil {
		return config.Initial{}, fmt.Errorf("finding the folder: %w", err)
	}
	return i, nil
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
