// Package report is how a proof tells its figures: as attributes of its test, which
// internal/prove collects from `go test -json` into a table.
package report

import (
	"encoding/json"
	"testing"
)

// Key is the name of the attribute that holds a row.
const Key = "proof"

// Row is one line of a table of proofs.
type Row struct {
	Part    string `json:"part"`    // which table: "Simulation", "Ablations", "Kills", "Disk", ...
	What    string `json:"what"`    // what was done, in a few words with its figures: "10,000 schedules, 39,882 crashes"
	Outcome string `json:"outcome"` // what came of it: "0 lost, 0 double"
}

// Tell adds a row to the table.
func Tell(t testing.TB, r Row) {
	t.Helper()
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Attr(Key, string(line))
}
