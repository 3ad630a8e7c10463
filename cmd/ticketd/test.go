package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ticketd/internal/explain"
)

// testCommand is `ticketd test`.
type testCommand struct {
	configFlag `embed:""`
	output     `embed:""`

	Dir     string `arg:"" name:"folder" help:"Folder of cases: NAME.txtar with event.json and want, or NAME.json and NAME.want."`
	Verbose bool   `short:"v" help:"Tell of each case where its ticket goes."`
}

// testDocument is what test prints as JSON. Names stay; members may be added.
type testDocument struct {
	Cases  []explain.Outcome `json:"cases"`
	Passed int               `json:"passed"`
	Failed int               `json:"failed"`
	Broken int               `json:"broken"` // could not be run
}

// Run runs the cases and ends with 1 unless all pass.
func (k *testCommand) Run(p *program) error {
	c, _, err := k.usableWithoutSecrets(p)
	if err != nil {
		return err
	}
	cases, err := explain.Cases(k.Dir)
	if err != nil {
		return &failure{code: exitFailure, err: fmt.Errorf("reading the cases: %w", err), hint: "name the folder that holds the cases; the README's chapter on testing shows one"}
	}
	o := explain.Options{Config: c, Now: time.Now, Version: readBuild().Version}
	d := testDocument{Cases: make([]explain.Outcome, len(cases))}
	for i, one := range cases {
		d.Cases[i] = one.Run(o)
		d.count(d.Cases[i])
		if !k.Verbose {
			d.Cases[i].Explanation = nil
		}
	}
	if err := k.print(p.stdout, d, d.text()); err != nil {
		return err
	}
	if d.Passed < len(cases) {
		return &failure{code: exitFailure, err: errors.New("not every case passed"), hint: "`ticketd explain EVENT.json` tells why a finding goes where it goes"}
	}
	return nil
}

func (d *testDocument) count(o explain.Outcome) {
	switch {
	case o.OK:
		d.Passed++
	case o.Error != "":
		d.Broken++
	default:
		d.Failed++
	}
}

func (d *testDocument) text() string {
	var b strings.Builder
	for _, o := range d.Cases {
		switch {
		case o.OK:
			b.WriteString("ok      " + safe(o.Name) + goesTo(o.Explanation) + "\n")
		case o.Error != "":
			b.WriteString("BROKEN  " + safe(o.Name) + ": " + safe(o.Error) + "\n")
		default:
			misses := make([]string, len(o.Misses))
			for i, m := range o.Misses {
				misses[i] = m.String()
			}
			b.WriteString("FAILED  " + safe(o.Name) + ": " + safe(strings.Join(misses, "; ")) + goesTo(o.Explanation) + "\n")
		}
	}
	told := []string{fmt.Sprintf("%d passed", d.Passed), fmt.Sprintf("%d failed", d.Failed), fmt.Sprintf("%d broken", d.Broken)}
	told = slices.DeleteFunc(told, func(s string) bool { return strings.HasPrefix(s, "0 ") })
	return b.String() + count(len(d.Cases), "case") + ": " + strings.Join(told, ", ") + "\n"
}

// goesTo tells in a line what an explanation came to.
func goesTo(e *explain.Explanation) string {
	switch {
	case e == nil:
		return ""
	case e.Finding == nil && e.Event != nil:
		return "\n        " + safe(e.Event.Verdict+" "+e.Event.Reason)
	case e.Route == nil:
		return "\n        no ticket: " + safe(e.Unrouted)
	}
	return "\n        " + safe(fmt.Sprintf("rule %s, %s %s: %s", e.Route.Rule, e.Route.Tracker, e.Route.Project, e.Ticket.Title))
}
