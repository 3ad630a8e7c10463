package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/metrics.md anew")

// The table of docs/metrics.md stands between these.
const (
	document = "../../docs/metrics.md"
	begins   = "| metric | type | labels | meaning |\n|---|---|---|---|\n"
	ends     = "\n## "
)

func TestTheDocumentListsWhatThereIs(t *testing.T) {
	var table strings.Builder
	for _, f := range newBench(t).Described() {
		labels := "–"
		if len(f.Labels) > 0 {
			labels = "`" + strings.Join(f.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, labels, f.Help)
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begins)
	listed, tail, more := strings.Cut(rest, ends)
	if !ok || !more {
		t.Fatalf("%s has no table of metrics", document)
	}
	if *update {
		if err := os.WriteFile(document, []byte(head+begins+table.String()+ends+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if listed != table.String() {
		t.Errorf("the table of %s is not what there is: go test ./internal/metrics -update\nlisted:\n%s\nthere is:\n%s", document, listed, table.String())
	}
}
