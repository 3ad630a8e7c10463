package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
)

// running starts a daemon on real listeners with its store in a folder, and with a tracker that is not there.
// It gives the path of the store.
func running(t *testing.T, folder string, log *slog.Logger) (path string) {
	t.Helper()
	path, _ = runningWith(t, folder, log, "")
	return path
}

// runningWith is running with a health listener that has more settings.
func runningWith(t *testing.T, folder string, log *slog.Logger, settings string) (path string, d *daemon.Daemon) {
	t.Helper()
	path = filepath.Join(folder, "ticketd.db")
	text := strings.NewReplacer("127.0.0.1:1", "127.0.0.1:0", "%q", `"`+path+`"`, `admin = ""`, `admin = "127.0.0.1:0"`+"\n"+settings).Replace(head) + `
[github.github]
url = "http://127.0.0.1:1"
token = "github-secret-token"
[[rule]]
name = "all"
tracker = "github"
repository = "acme/app"
`
	return path, started(t, text, log)
}

// started runs a daemon with a configuration on real listeners until the end of the test.
func started(t *testing.T, text string, log *slog.Logger) *daemon.Daemon {
	t.Helper()
	c, problems := config.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		t.Fatal(problems)
	}
	d, err := daemon.New(t.Context(), daemon.Options{Config: c, Version: "test", Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with: %v", err)
		}
	})
	return d
}

func TestOnlyTheOwnerReachesTheControlSocketAndItTellsTheStatus(t *testing.T) {
	path := running(t, t.TempDir(), slog.New(slog.DiscardHandler))
	info, err := os.Stat(path + ".sock")
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket is %s", info.Mode())
	}
	s, err := daemon.Ask(t.Context(), path)
	if err != nil || !s.Running || s.Version != "test" || s.Store.Path != path {
		t.Errorf("asked: %+v, %v", s, err)
	}
	daemon.Poke(t.Context(), path)
}

func TestTheControlSocketUnderstandsNothingElse(t *testing.T) {
	path := running(t, t.TempDir(), slog.New(slog.DiscardHandler))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path+".sock")
	}}}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"POST", "/wake", http.StatusNoContent},
		{"GET", "/wake", http.StatusMethodNotAllowed},
		{"GET", "/status", http.StatusOK},
		{"POST", "/status", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusNotFound},
		{"POST", "/webhook", http.StatusNotFound},
		{"GET", "/debug/pprof/", http.StatusNotFound},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://ticketd"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, resp.Status, c.want)
		}
	}
}

func TestAskingWhereNoDaemonRunsSaysSo(t *testing.T) {
	folder := t.TempDir()
	if _, err := daemon.Ask(t.Context(), filepath.Join(folder, "ticketd.db")); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("without a socket: %v", err)
	}
	left := filepath.Join(folder, "killed.db")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: left + ".sock", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as kill -9 leaves it
	l.Close()
	if _, err := daemon.Ask(t.Context(), left); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("of a socket that was left: %v", err)
	}
	daemon.Poke(t.Context(), left) // harms nobody
}

func TestADaemonThatDoesNotAnswerIsNotWaitedForForever(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticketd.db")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path+".sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it accepts nothing, ever
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := daemon.Ask(ctx, path); err == nil || errors.Is(err, daemon.ErrNotRunning) || !strings.Contains(err.Error(), "does not answer on "+path+".sock") {
		t.Errorf("asked: %v", err)
	}
}

func TestAPathThatIsTooLongForASocketIsAWarningAndTheDaemonRuns(t *testing.T) {
	folder := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	path := running(t, folder, slog.New(slog.NewTextHandler(&lockedWriter{w: log}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if !strings.Contains(log.String(), "`ticketd status` cannot ask this daemon") {
		t.Errorf("the log says %s", log)
	}
	if _, err := daemon.Ask(t.Context(), path); !errors.Is(err, daemon.ErrPathTooLong) {
		t.Errorf("asked: %v", err)
	}
	daemon.Poke(t.Context(), path)
}

func TestProfilesAreServedWhereTheyWereAskedForAndToNobodyAtTheWebhook(t *testing.T) {
	for settings, want := range map[string]int{"": http.StatusNotFound, "pprof = true": http.StatusOK} {
		_, d := runningWith(t, t.TempDir(), slog.New(slog.DiscardHandler), settings)
		for address, want := range map[string]int{d.AdminAddr(): want, d.WebhookAddr(): http.StatusNotFound} {
			resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + address + "/debug/pprof/heap")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("with %q %s answers %s, want %d", settings, address, resp.Status, want)
			}
		}
	}
}
