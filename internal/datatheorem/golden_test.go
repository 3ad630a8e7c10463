package datatheorem

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/datatheorem/samples"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write testdata/decoded anew")

func builtinTable(t testing.TB, extra ...Entry) *Table {
	t.Helper()
	table, errs := NewTable(extra)
	for _, err := range errs {
		t.Fatal(err)
	}
	return table
}

// received is a time that no sample carries.
func received() time.Time { return time.Unix(1800000000, 0) }

func TestEverySampleDecodesToTheExpectedEvent(t *testing.T) {
	table := builtinTable(t)
	for _, name := range samples.Names() {
		t.Run(name, func(t *testing.T) {
			d := table.Decode(samples.Body(name), received())
			d.Event.Data = nil // is the body again
			got, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", "decoded", name+".json")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("decoded to\n%s\nwant\n%s", got, want)
			}
		})
	}
}
