package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// token is the bearer token of the configuration that serving writes.
const token = "a-token-of-more-than-thirty-two-characters"

// serving writes a configuration that serves on free ports, with a tracker that takes no credential.
func serving(t *testing.T) (file string) {
	t.Helper()
	tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(tracker.Close)
	folder := t.TempDir()
	file = filepath.Join(folder, "ticketd.toml")
	text := `
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"

[[server.token]]
name = "test"
value = "` + token + `"

[store]
path = "` + filepath.Join(folder, "ticketd.db") + `"

[github.oss]
url = "` + tracker.URL + `"
token = "another-token-of-more-than-32-characters"

[[rule]]
name = "nothing"
tracker = "oss"
repository = "acme/app"
match.asset_name = "no such asset"
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// awaitUp reads the log until the daemon is up and gives the address of its webhook.
func awaitUp(t *testing.T, log *bufio.Scanner) (address string) {
	t.Helper()
	for log.Scan() {
		var line struct{ Msg, Webhook string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("not a line of the log: %s", log.Text())
		}
		if line.Webhook != "" {
			return line.Webhook
		}
	}
	t.Fatalf("the daemon did not come up: %v", log.Err())
	return ""
}

// drained gives the last line of the log, after its end.
func drained(log *bufio.Scanner) (last string) {
	for log.Scan() {
		last = log.Text()
	}
	return last
}

func TestServeStopsCleanlyOnSIGTERM(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program)
			cmd.Args = []string{"ticketd", "serve", "--config", serving(t)}
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			log := bufio.NewScanner(stderr)
			awaitUp(t, log)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			last := drained(log)
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if !strings.Contains(last, `"stopped"`) {
				t.Errorf("the last line of the log is %s", last)
			}
		})
	}
}

func TestTheCommandsWorkBesideARunningDaemon(t *testing.T) {
	file := serving(t)
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--config", file}, streams{stdout: io.Discard, stderr: writer}, nil)
		_ = writer.Close()
	}()
	log := bufio.NewScanner(reader)
	address := awaitUp(t, log)
	last := make(chan string, 1)
	go func() { last <- drained(log) }()

	post(t, "http://"+address+"/webhook", `{"event":{"type":"NEW__THING"}}`)
	var listed eventList
	beside(t, &listed, "events", "list", "--config", file, "--json")
	if len(listed.Events) != 1 || listed.Events[0].Source != "test" {
		t.Errorf("events list gives %+v", listed)
	}
	var applied applyDocument
	beside(t, &applied, "events", "apply", "--config", file, "--json")
	var tickets ticketList
	beside(t, &tickets, "tickets", "list", "--config", file, "--json")
	var backup backupDocument
	beside(t, &backup, "backup", filepath.Join(t.TempDir(), "copy.db"), "--config", file, "--json")
	if backup.Holds.Events != 1 {
		t.Errorf("the backup holds %+v", backup.Holds)
	}
	var pruned pruneDocument
	beside(t, &pruned, "prune", "--older-than", "30d", "--config", file, "--json")

	refusedCredentialIsTold(t, file)

	var stderr bytes.Buffer
	if got := run(t.Context(), []string{"serve", "--config", file}, streams{stdout: io.Discard, stderr: &stderr}, nil); got != exitFailure ||
		!strings.Contains(stderr.String(), "ticketd: hint: stop the other `ticketd serve` first") {
		t.Errorf("a second daemon ended with %d: %s", got, &stderr)
	}
	stop()
	if got := <-code; got != exitOK {
		t.Errorf("serve ended with %d: %s", got, <-last)
	}
}

func post(t *testing.T, url, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		t.Fatalf("the webhook answers %s", response.Status)
	}
}

// beside runs a command that must succeed and decodes the document that it prints.
func beside(t *testing.T, document any, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, streams{stdout: &stdout, stderr: &stderr}, nil); code != exitOK {
		t.Fatalf("ticketd %s ended with %d: %s", strings.Join(args, " "), code, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), document); err != nil {
		t.Fatalf("ticketd %s printed %s: %v", strings.Join(args, " "), &stdout, err)
	}
}
