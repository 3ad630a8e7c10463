package daemon_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
)

// BenchmarkAccept measures events that are accepted (answered 200, on disk) over loopback by the
// whole daemon, 64 clients at once, while the later stages work on them:
//
//	go test -run '^$' -bench Accept -benchtime 20000x ./internal/daemon
func BenchmarkAccept(b *testing.B) {
	const clients = 64
	text := strings.Replace(fmt.Sprintf(head, filepath.Join(b.TempDir(), "ticketd.db")), "127.0.0.1:1", "127.0.0.1:0", 1) + usualTrackers +
		"[[rule]]\nmatch.kind = \"service\"\ntracker = \"jira\"\nproject = \"SEC\"\n"
	c, problems := config.Parse("bench.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		b.Fatal(problems)
	}
	d, err := daemon.New(b.Context(), daemon.Options{Config: c, Version: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var senders sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for range clients {
		senders.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				begin := time.Now()
				if err := accept(b.Context(), client, d.WebhookAddr(), i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(begin)
			}
		})
	}
	senders.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "events/s")
	b.ReportMetric(float64(took[len(took)*99/100])/float64(time.Millisecond), "p99-ms")
}

func accept(ctx context.Context, client *http.Client, address string, i int64) error {
	body := violation("OPENED", fmt.Sprint("bench-", i), 1611058000, "recommendation", strings.Repeat("x", 1024))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/webhook", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer a-token-of-thirty-two-characters")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook answered %s", resp.Status)
	}
	return nil
}
