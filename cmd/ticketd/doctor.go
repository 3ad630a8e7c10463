package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/internal/doctor"
	"ticketd/internal/ticket"
)

// doctorCommand is `ticketd doctor`.
type doctorCommand struct {
	configFlag `embed:""`
	output     `embed:""`

	Tracker string `placeholder:"NAME" help:"Look at this tracker alone."`
	Quiet   bool   `help:"Leave out what is well."`
	Strict  bool   `help:"Also end with 1 for warnings and for what could not be looked at."`
}

// Help says what the exit code means.
func (k *doctorCommand) Help() string {
	return "Asks the real trackers and changes nothing in them. Ends with 0 where tickets can be made and kept true, " +
		"warnings or not; with 1 where they cannot, and where the trackers do not answer; with 78 for a wrong configuration."
}

// doctorDocument is what doctor prints as JSON.
type doctorDocument struct {
	File     string        `json:"file"`
	OK       bool          `json:"ok"` // tickets can be made and kept true; there may be warnings
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Unknown  int           `json:"unknown"`
	Healthy  int           `json:"healthy"`
	Symptoms []symptomView `json:"symptoms"`
}

// symptomView is one thing that was looked at.
type symptomView struct {
	Severity  ticket.Severity `json:"severity"` // ok, unknown, warning, error
	Tracker   string          `json:"tracker"`
	Project   string          `json:"project"` // "": the tracker as a whole
	IssueType string          `json:"issue_type"`
	Check     string          `json:"check"`
	Text      string          `json:"text"`
	Hint      string          `json:"hint"`
	Paste     string          `json:"paste"` // TOML
	File      string          `json:"file"`
	Line      int             `json:"line"` // from 1; 0: none
	Key       string          `json:"key"`
}

// Run examines the trackers and tells what was found.
func (k *doctorCommand) Run(ctx context.Context, p *program) error {
	c, warnings, err := k.usable(p)
	if err != nil {
		return err
	}
	if err := k.known(c); err != nil {
		return err
	}
	if _, err := fmt.Fprint(p.stderr, lines(warnings)); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	report, err := daemon.Examine(ctx, daemon.TrackerOptions{Config: c, Version: readBuild().Version}, k.Tracker)
	switch {
	case ctx.Err() != nil:
		return &failure{code: exitFailure, err: errors.New("stopped before everything was looked at")}
	case err != nil:
		return &failure{code: exitFailure, err: err, hint: "`ticketd check` tells more"}
	}
	if err := k.print(p.stdout, k.document(p, report), k.text(report)); err != nil {
		return err
	}
	return k.verdict(report)
}

// known refuses the name of a tracker that is not configured.
func (k *doctorCommand) known(c *config.Config) error {
	names := slices.Sorted(maps.Keys(c.Spec().Trackers))
	if k.Tracker == "" || slices.Contains(names, k.Tracker) {
		return nil
	}
	return usage(fmt.Errorf("there is no tracker %q", k.Tracker), "the trackers are "+strings.Join(names, ", "))
}

// verdict turns what was found into the exit code.
func (k *doctorCommand) verdict(r doctor.Report) error {
	bad, less := r.Count(ticket.Failing), r.Count(ticket.Warning)+r.Count(ticket.Unknown)
	switch {
	case bad > 0:
		return &failure{code: exitFailure, err: fmt.Errorf("%s: tickets will not be made, or not be kept true", count(bad, "error")),
			hint: "put right what is named above, then run it again"}
	case r.Failed():
		return &failure{code: exitFailure, err: errors.New("a tracker could not be asked"), hint: "see what is named above"}
	case k.Strict && less > 0:
		return &failure{code: exitFailure, err: fmt.Errorf("%s not well, which --strict refuses", count(less, "thing")),
			hint: "put right what is named above, or leave out --strict"}
	}
	return nil
}

func (k *doctorCommand) document(p *program, r doctor.Report) doctorDocument {
	d := doctorDocument{
		File: k.path(p), OK: !r.Failed(), Symptoms: []symptomView{},
		Errors: r.Count(ticket.Failing), Warnings: r.Count(ticket.Warning), Unknown: r.Count(ticket.Unknown), Healthy: r.Count(ticket.Healthy),
	}
	for _, e := range k.shown(r) {
		d.Symptoms = append(d.Symptoms, symptomView{
			Severity: e.Severity, Tracker: e.Tracker, Project: e.Project, IssueType: e.IssueType, Check: e.Check,
			Text: e.Text, Hint: e.Hint, Paste: e.Paste, File: e.File, Line: e.Line, Key: e.Name,
		})
	}
	return d
}

func (k *doctorCommand) shown(r doctor.Report) []doctor.Entry {
	return slices.DeleteFunc(slices.Clone(r.Entries), func(e doctor.Entry) bool { return k.Quiet && e.Severity == ticket.Healthy })
}

// text writes the report: under each destination one line for what is well, and for what is not also
// where it stands in the configuration, what to do, and the lines to paste.
func (k *doctorCommand) text(r doctor.Report) string {
	var b strings.Builder
	heading := ""
	for _, e := range k.shown(r) {
		if h := strings.TrimSpace(e.Tracker + " " + e.Project + " " + e.IssueType); h != heading {
			heading = h
			b.WriteString(safe(h) + "\n")
		}
		fmt.Fprintf(&b, "  %-8s %s: %s\n", e.Severity, safe(e.Check), safe(e.Text))
		if e.Severity != ticket.Healthy {
			remedy(&b, e)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s, %s, %d unknown, %d ok\n", count(r.Count(ticket.Failing), "error"), count(r.Count(ticket.Warning), "warning"),
		r.Count(ticket.Unknown), r.Count(ticket.Healthy))
	return b.String()
}

// remedy writes what helps against a symptom.
func remedy(b *strings.Builder, e doctor.Entry) {
	const indent = "           "
	if e.File != "" {
		at := safe(e.File)
		if e.Line > 0 {
			at += ":" + strconv.Itoa(e.Line)
		}
		b.WriteString(indent + at + ": " + safe(e.Name) + "\n")
	}
	if e.Hint != "" {
		b.WriteString(indent + safe(e.Hint) + "\n")
	}
	if e.Paste != "" {
		b.WriteString("\n")
		for line := range strings.Lines(strings.TrimRight(e.Paste, "\n") + "\n") {
			b.WriteString(indent + "  " + safe(strings.TrimRight(line, "\r\n")) + "\n")
		}
		b.WriteString("\n")
	}
}
