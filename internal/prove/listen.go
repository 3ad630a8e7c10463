package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ticketd/internal/proof/report"
)

// event is a line of `go test -json` (go doc test2json).
type event struct {
	Action string
	Test   string
	Output string
	Key    string // of an attribute
	Value  string
}

// listen reads the events of a test run to their end and gives the rows that the tests told, in the
// order of their telling, with one for every test that was skipped. The output of tests that failed, that
// were skipped or that never ended goes to out.
func listen(events io.Reader, out io.Writer) (rows []report.Row, _ error) {
	said := make(map[string]*strings.Builder)
	lines := json.NewDecoder(bufio.NewReader(events))
	for {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			unfinished(said, out)
			return rows, nil
		} else if err != nil {
			return rows, fmt.Errorf("reading the output of go test: %w", err)
		}
		switch e.Action {
		case "attr":
			var r report.Row
			if e.Key != report.Key {
				continue
			}
			if err := json.Unmarshal([]byte(e.Value), &r); err != nil {
				return rows, fmt.Errorf("reading the row %q of %s: %w", e.Value, e.Test, err)
			}
			rows = append(rows, r)
		case "output", "build-output":
			if said[e.Test] == nil {
				said[e.Test] = new(strings.Builder)
			}
			said[e.Test].WriteString(e.Output)
		case "fail", "skip", "build-fail":
			var text string
			if b := said[e.Test]; b != nil {
				text = b.String()
			}
			_, _ = io.WriteString(out, text) // for a person; nothing hangs on it
			if e.Action == "skip" && e.Test != "" {
				rows = append(rows, skipped(e.Test, text))
			}
			delete(said, e.Test)
		case "pass":
			delete(said, e.Test) // thousands of tests: what passed is forgotten
		}
	}
}

// unfinished writes what was said by the tests that neither passed nor failed: one of them ended the
// process, or hung.
func unfinished(said map[string]*strings.Builder, out io.Writer) {
	for _, test := range slices.Sorted(maps.Keys(said)) {
		for line := range strings.Lines(said[test].String()) {
			if !strings.HasPrefix(line, "=== ") { // its beginning, its pauses
				_, _ = io.WriteString(out, line) // likewise
			}
		}
	}
}

// reason is a line by which a test says something, as why it is skipped.
var reason = regexp.MustCompile(`(?m)^\s+\S+\.go:\d+: (.+)$`)

// skipped is the row of a test that did not run: a table must not look whole where something is missing.
func skipped(test, said string) report.Row {
	r := report.Row{Part: "Not proven on this machine", What: test, Outcome: "skipped"}
	if why := reason.FindStringSubmatch(said); why != nil {
		r.Outcome += ": " + why[1]
	}
	return r
}
