package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/proof/report"
)

// target is a fuzz target.
type target struct{ pkg, name string }

// instrument has what is fuzzed watched for coverage, and nothing else. go test -fuzz has the standard
// library watched too, and spends nearly all of its time on telling what is new there: of a document
// it tries a hundred a second, and so thousands.
const instrument = "-gcflags=ticketd/...=-d=libfuzzer"

// fuzz runs every fuzz target there is for the time of the scale, one after the other.
func (p *prover) fuzz(ctx context.Context, part part) error {
	all, err := targets(ctx)
	if err != nil {
		return err
	}
	cache, err := command(ctx, "env", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("asking for the cache of go: %w", err)
	}
	each := time.Duration(part.seconds[p.scale]) * time.Second
	var failures []error
	for _, t := range all {
		cmd := command(ctx, "test", "-trimpath", instrument, "-v", "-run", "^$", "-timeout", (each + part.limit).String(), t.pkg, "-args",
			"-test.fuzz", "^"+t.name+"$", "-test.fuzztime", each.String(), "-test.fuzzminimizetime", "1x",
			"-test.fuzzcachedir", filepath.Join(strings.TrimSpace(string(cache)), "fuzz", "ticketd", t.pkg))
		out, err := cmd.CombinedOutput()
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w\n%s", t.name, err, out))
			continue
		}
		done, err := executions(out)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", t.name, err))
			continue
		}
		row := report.Row{
			Part: "Hostile input", What: fmt.Sprintf("%s in %s: %s inputs in %s", t.name, t.pkg, thousands(done), each), Outcome: "none failed",
		}
		p.say("%s\n", row.What)
		p.rows = append(p.rows, row)
	}
	return errors.Join(failures...)
}

// targets lists the fuzz targets of the module.
func targets(ctx context.Context) (all []target, _ error) {
	cmd := command(ctx, "test", "-trimpath", "-list", "^Fuzz", "-json", "./...")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the fuzz targets: %w", err)
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	for {
		var line struct{ Action, Package, Output string }
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("listing the fuzz targets: %w", err)
		}
		if name := strings.TrimSpace(line.Output); line.Action == "output" && strings.HasPrefix(name, "Fuzz") {
			_, pkg, _ := strings.Cut(line.Package, "/")
			all = append(all, target{"./" + pkg, name})
		}
	}
}

// executions reads how many inputs were tried from the last line in which go test tells it.
func executions(out []byte) (int, error) {
	all := regexp.MustCompile(`execs: (\d+) `).FindAllSubmatch(out, -1)
	if len(all) == 0 {
		return 0, fmt.Errorf("go test does not say how many inputs it tried:\n%s", out)
	}
	return strconv.Atoi(string(all[len(all)-1][1]))
}

// thousands writes a number with separators, as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
