package main

import (
	"slices"
	"strings"

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
	OK       bool          `json:"ok"`              // it would start; there may be warnings
	Files    []string      `json:"files,omitempty"` // that were read, the main one first; this and the counts only where it is good
	Trackers int           `json:"trackers,omitempty"`
	Profiles int           `json:"profiles,omitempty"`
	Rules    int           `json:"rules,omitempty"`
	Problems []problemView `json:"problems"`
}

// problemView is a mistake or a warning.
type problemView struct {
	Severity string `json:"severity"` // "error" or "warning"
	File     string `json:"file"`     // or "environment"
	Line     int    `json:"line"`     // from 1; 0: none
	Column   int    `json:"column"`   // from 1, in characters; 0: none
	Key      string `json:"key"`
	Text     string `json:"text"`
	Hint     string `json:"hint"`
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
	for i, q := range problems {
		document.Problems[i] = problemView{q.Severity(), q.File, q.Line, q.Column, q.Key, q.Text, q.Hint}
	}
	if document.OK {
		document.Files, document.Trackers = c.Files, len(c.Jira)+len(c.GitHub)
		document.Profiles, document.Rules = len(c.Profiles), len(c.Rules)
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
	what := []string{count(len(c.Jira)+len(c.GitHub), "tracker"), count(len(c.Rules), "rule"), count(warnings, "warning")}
	if len(c.Profiles) > 0 {
		what = slices.Insert(what, 1, count(len(c.Profiles), "profile"))
	}
	if len(c.Files) > 1 {
		what = slices.Insert(what, 0, count(len(c.Files), "file"))
	}
	return safe(file) + " is good: " + strings.Join(what, ", ") + "\n"
}
