package main

import (
	"ticketd/internal/config"
)

// checkCommand is `ticketd check`.
type checkCommand struct {
	configFlag `embed:""`
	output     `embed:""`

	WithoutSecrets bool `help:"Check where the tokens are out of reach, as on a build machine: leave them out."`
}

// checkDocument is what check prints as JSON.
type checkDocument struct {
	File     string        `json:"file"`
	OK       bool          `json:"ok"` // it would start; there may be warnings
	Problems []problemView `json:"problems"`
}

// problemView is a mistake or a warning.
type problemView struct {
	File    string `json:"file"`   // or "environment"
	Line    int    `json:"line"`   // from 1; 0: none
	Column  int    `json:"column"` // from 1, in characters; 0: none
	Key     string `json:"key"`
	Text    string `json:"text"`
	Hint    string `json:"hint"`
	Warning bool   `json:"warning"`
}

// Run checks the configuration and changes nothing.
func (k *checkCommand) Run(p *program) error {
	with := loader(config.Load)
	if k.WithoutSecrets {
		with = config.LoadWithoutSecrets
	}
	c, problems, err := k.load(p, with)
	if err != nil {
		return err
	}
	document := checkDocument{File: k.path(p), OK: !problems.Fatal(), Problems: make([]problemView, len(problems))}
	for i, problem := range problems {
		document.Problems[i] = problemView(problem)
	}
	text := lines(problems)
	if document.OK {
		text += summary(document.File, c, len(problems))
	}
	if err := k.print(p.stdout, document, text); err != nil {
		return err
	}
	if !document.OK {
		return k.mistaken(p, problems)
	}
	return nil
}

func summary(file string, c *config.Config, warnings int) string {
	return safe(file) + " is good: " + count(len(c.Jira)+len(c.GitHub), "tracker") + ", " +
		count(len(c.Rules), "rule") + ", " + count(warnings, "warning") + "\n"
}
