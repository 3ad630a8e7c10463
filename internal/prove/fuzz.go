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
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"ticketd/internal/proof/report"
)

// target is a fuzz target.
type target struct{ pkg, name string }

// instrument has what is fuzzed watched for coverage, and nothing else. go test -fuzz has the standard
// library watched too, and spends nearly all of its time on telling what is new there: of a document
// it tries a hundred a second, and so thousands.
const instrument = "-gcflags=ticketd/...=-d=libfuzzer"

// fuzz runs every fuzz target there is for the time of the scale, as many at once as there are cores.
func (p *prover) fuzz(ctx context.Context, part part) error {
	all, err := targets(ctx)
	if err != nil {
		return err
	}
	cache, err := command(ctx, "env", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("asking for the cache of go: %w", err)
	}
	inputs := filepath.Join(strings.TrimSpace(string(cache)), "fuzz", "ticketd")
	each := time.Duration(part.seconds[p.scale]) * time.Second
	done, failures := make([]int, len(all)), make([]error, len(all))
	var running sync.WaitGroup
	core := make(chan struct{}, runtime.NumCPU())
	for i, t := range all {
		core <- struct{}{}
		running.Go(func() {
			defer func() { <-core }()
			done[i], failures[i] = t.fuzz(ctx, each, each+part.limit, inputs)
			p.say("%s: %s inputs\n", t.name, thousands(done[i]))
		})
	}
	running.Wait()
	for i, t := range all {
		if failures[i] == nil {
			p.rows = append(p.rows, report.Row{
				Part: "Hostile input", What: fmt.Sprintf("%s in %s: %s inputs in %s", t.name, t.pkg, thousands(done[i]), each), Outcome: "none failed",
			})
		}
	}
	return errors.Join(failures...)
}

// fuzz runs the target on one core for a time and gives how many inputs it tried. What is of interest
// for the next run is kept below inputs.
func (t target) fuzz(ctx context.Context, each, limit time.Duration, inputs string) (int, error) {
	out, err := command(ctx, "test", "-trimpath", instrument, "-v", "-run", "^$", "-timeout", limit.String(), t.pkg, "-args",
		"-test.fuzz", "^"+t.name+"$", "-test.fuzztime", each.String(), "-test.fuzzminimizetime", "1x", "-test.parallel", "1",
		"-test.fuzzcachedir", filepath.Join(inputs, t.pkg)).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", t.name, err, out)
	}
	done, err := executions(out)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", t.name, err)
	}
	return done, nil
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
