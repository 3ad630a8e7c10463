package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// listen reads the events of a test run to their end: it gives the rows that the tests told, in the
// order of their telling, and writes the output of tests that failed, and of those that were skipped,
// to out.
func listen(events io.Reader, out io.Writer) (rows []report.Row, _ error) {
	said := make(map[string]*strings.Builder)
	lines := json.NewDecoder(bufio.NewReader(events))
	for {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
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
			if text := said[e.Test]; text != nil {
				fmt.Fprint(out, text)
			}
		}
		if e.Action == "pass" || e.Action == "fail" || e.Action == "skip" {
			delete(said, e.Test) // thousands of tests: what passed is forgotten
		}
	}
}
