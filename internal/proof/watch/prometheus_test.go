package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/proof/program"
)

// prometheusServer is a Prometheus in a process of its own that watches one daemon.
type prometheusServer struct {
	t   *testing.T
	url string
}

// pace is how often Prometheus scrapes and looks at its alerts.
const pace = 500 * time.Millisecond

// startPrometheus starts Debian's Prometheus with the alerts as they are shipped but for their "for:",
// which is a second: what waits for hours is shown by promtool. It ends with the test.
func startPrometheus(t *testing.T, target string) *prometheusServer {
	t.Helper()
	path := tool(t, "prometheus")
	dir := t.TempDir()
	rules := regexp.MustCompile(`(?m)^( +for:) .+$`).ReplaceAll(read(t, alertsFile), []byte("$1 1s"))
	config := fmt.Sprintf(`
global: {scrape_interval: %[1]s, scrape_timeout: %[1]s, evaluation_interval: %[1]s}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: ticketd
    static_configs: [targets: [%[2]q]]
`, pace, target)
	for name, content := range map[string][]byte{"alerts.yaml": rules, "prometheus.yaml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, path, "--config.file="+filepath.Join(dir, "prometheus.yaml"), //nolint:gosec // the test's own
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", log.String())
		}
	})
	return &prometheusServer{t, "http://" + address}
}

// freeAddress gives a loopback address at which nobody listens: Prometheus does not tell which port it got.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it is only asked for its address
	return l.Addr().String()
}

// ask gets an answer of the API into data; false: there is none yet, or an error.
func (p *prometheusServer) ask(path string, data any) (err error) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as it matters
	answer := struct {
		Error string `json:"error"`
		Data  any    `json:"data"`
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("decoding %s: %w", path, err)
	}
	if answer.Error != "" {
		return fmt.Errorf("%s: %s", path, answer.Error)
	}
	return nil
}

// firing gives the alerts that fire, sorted, as "Name (severity)".
func (p *prometheusServer) firing() ([]string, error) {
	var data struct {
		Alerts []struct {
			State  string            `json:"state"`
			Labels map[string]string `json:"labels"`
		} `json:"alerts"`
	}
	err := p.ask("/api/v1/alerts", &data)
	var all []string
	for _, a := range data.Alerts {
		if a.State == "firing" {
			all = append(all, fmt.Sprintf("%s (%s)", a.Labels["alertname"], a.Labels["severity"]))
		}
	}
	slices.Sort(all)
	return all, err
}

// count gives how many series a query has.
func (p *prometheusServer) count(query string) (int, error) {
	var data struct {
		Result []any `json:"result"`
	}
	err := p.ask("/api/v1/query?query="+url.QueryEscape(query), &data)
	return len(data.Result), err
}

// has waits until a query has a series.
func (p *prometheusServer) has(query string) {
	p.t.Helper()
	p.eventually("there is "+query, func() bool {
		n, err := p.count(query)
		return err == nil && n > 0
	})
}

// eventually asks no more often than there can be anything new.
func (p *prometheusServer) eventually(what string, truth func() bool) {
	p.t.Helper()
	var next time.Time
	program.Eventually(p.t, what, func() bool {
		now := time.Now()
		if now.Before(next) {
			return false
		}
		next = now.Add(pace / 2)
		return truth()
	})
}

// fires waits until exactly these alerts fire.
func (p *prometheusServer) fires(want ...string) {
	p.t.Helper()
	var got []string
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("last there fired: %q", got)
		}
	})
	p.eventually(fmt.Sprintf("what fires is %q", want), func() bool {
		now, err := p.firing()
		if err == nil {
			got = now
		}
		return err == nil && slices.Equal(now, want)
	})
}

// maybeEmpty tells whether a query of the dashboard may show nothing on a daemon that is well: it leaves out
// what is 0, or asks for what only some trackers or settings tell.
func maybeEmpty(query string) bool {
	return strings.HasSuffix(query, "> 0") || strings.Contains(query, "_quota_") || strings.Contains(query, "_certificate_")
}
