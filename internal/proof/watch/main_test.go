package watch_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit)) }

// Where the files lie, from here.
const (
	prometheusFolder = "../../../packaging/prometheus"
	dashboardFile    = "../../../packaging/grafana/ticketd.json"
	alertsFile       = prometheusFolder + "/alerts.yaml"
	scrapeFile       = prometheusFolder + "/scrape.example.yaml"
	runbookFile      = "../../../docs/runbook.md"
)

// installed is the folder of the packages' documents.
const installed = "/usr/share/doc/ticketd"

// toolLimit bounds a run of promtool on a machine that has much else to do.
const toolLimit = 5 * time.Minute

// tool finds a program of Prometheus, and skips the test where it is missing.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian's package is called prometheus)", name)
	}
	return path
}

// promtool runs it and gives what it says. Where it is not content, the test ends.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), toolLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool(t, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
