package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// manager stands in for systemd: it keeps the webhook's socket, hears what ticketd tells, and reads its log.
type manager struct {
	t       *testing.T
	config  string
	socket  *os.File
	webhook string
	notify  net.PacketConn
}

// unit is a ticketd that a manager started.
type unit struct {
	m    *manager
	cmd  *exec.Cmd
	logs chan []byte // all of it, after the end
}

func newManager(t *testing.T) *manager {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener, ok := l.(*net.TCPListener)
	if !ok {
		t.Fatalf("a listener of type %T", l)
	}
	m := &manager{t: t, config: serving(t), webhook: "http://" + l.Addr().String() + "/webhook"}
	m.socket, err = listener.File()
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	if m.notify, err = (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", filepath.Join(t.TempDir(), "notify")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.socket.Close(), m.notify.Close()); err != nil {
			t.Error(err)
		}
	})
	return m
}

// start starts a ticketd as systemd does, with the journal at its standard error.
func (m *manager) start(env ...string) *unit {
	m.t.Helper()
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	// The number of the process is known to itself alone before it becomes the program. bash gives it another name.
	cmd := exec.CommandContext(m.t.Context(), "bash", "-c", `LISTEN_PID=$$ exec -a ticketd "$0" serve --config "$1"`, self, m.config)
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=webhook", "NOTIFY_SOCKET="+m.notify.LocalAddr().String(),
		"JOURNAL_STREAM="+streamOf(m.t, w))
	cmd.Env = append(cmd.Env, env...)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{m.socket, m.socket}, w // LISTEN_FDS says how many of them count
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		m.t.Fatal(err)
	}
	u := &unit{m: m, cmd: cmd, logs: make(chan []byte, 1)}
	go func() {
		logs, _ := io.ReadAll(r) // ends with the process
		_ = r.Close()
		u.logs <- logs
	}()
	return u
}

// streamOf tells what JOURNAL_STREAM says of a file.
func streamOf(t *testing.T, f *os.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Skip("this platform has no numbers of devices and files")
	}
	return fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}

// await reads what ticketd tells until there is a message with a text.
func (m *manager) await(text string) (message string) {
	m.t.Helper()
	buffer := make([]byte, 4096)
	for {
		n, _, err := m.notify.ReadFrom(buffer)
		if err != nil {
			m.t.Fatal(err)
		}
		if message = string(buffer[:n]); strings.Contains(message, text) {
			return message
		}
	}
}

// stop asks the process to end, which must go well, and gives its log.
func (u *unit) stop() (logs []byte) {
	u.m.t.Helper()
	if err := u.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		u.m.t.Fatal(err)
	}
	u.m.await("STOPPING=1")
	logs = <-u.logs
	if err := u.cmd.Wait(); err != nil {
		u.m.t.Fatalf("it ended with %v: %s", err, logs)
	}
	return logs
}

func TestARestartUnderSystemdLosesNoConnection(t *testing.T) {
	const senders, each = 60, 5
	m := newManager(t)
	first := m.start("WATCHDOG_USEC=300000000")
	if message := m.await("READY=1"); !strings.Contains(message, "STATUS=ready") || !strings.Contains(message, "WATCHDOG=1") {
		t.Errorf("it is ready with %q", message)
	}
	var sending sync.WaitGroup
	some := make(chan struct{}, senders*each)
	for s := range senders {
		sending.Go(func() {
			for n := range each {
				if err := postTo(t, m.webhook, fmt.Sprintf(`{"n":"%d of %d"}`, n, s)); err != nil {
					t.Errorf("event %d of sender %d: %v", n, s, err)
				}
				some <- struct{}{}
			}
		})
	}
	for range senders { // in the middle of it
		<-some
	}
	logs := first.stop()
	second := m.start()
	m.await("READY=1")
	sending.Wait()
	second.stop()
	var listed eventList
	beside(t, &listed, "events", "list", "--config", m.config, "--limit", "1000", "--json")
	if len(listed.Events) != senders*each {
		t.Errorf("%d events are kept of %d", len(listed.Events), senders*each)
	}
	expectPriorities(t, logs)
}

// expectPriorities looks at the lines of a log: each is JSON behind the priority of its level.
func expectPriorities(t *testing.T, logs []byte) {
	t.Helper()
	seen := make(map[string]int)
	for line := range bytes.Lines(logs) {
		var record struct{ Level, Msg string }
		if len(line) < 3 || json.Unmarshal(line[3:], &record) != nil {
			t.Fatalf("no line for the journal: %s", line)
		}
		seen[string(line[:3])+record.Level]++
	}
	for pair := range seen {
		if pair != "<6>INFO" && pair != "<4>WARN" && pair != "<3>ERROR" {
			t.Errorf("a line begins with %s", pair)
		}
	}
	if seen["<6>INFO"] == 0 || seen["<4>WARN"] == 0 { // that server.listen says something else
		t.Errorf("the lines are %v", seen)
	}
}

// postTo posts a body over a connection of its own.
func postTo(t *testing.T, url, body string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func TestAWrongConfigurationEndsAServiceWith78AndIsAnErrorInTheJournal(t *testing.T) {
	m := newManager(t)
	if err := os.WriteFile(m.config, []byte("[server]\nlisten = 8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := m.start()
	logs := <-u.logs
	var ended *exec.ExitError
	if err := u.cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitConfig {
		t.Errorf("it ended with %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(logs)), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "<4>") != strings.Contains(line, ": warning: ") || !strings.HasPrefix(line, "<4>") && !strings.HasPrefix(line, "<3>") {
			t.Errorf("a line is %s", line)
		}
	}
	if last := lines[len(lines)-1]; len(lines) < 3 || !strings.HasPrefix(last, "<3>ticketd: hint: ") {
		t.Errorf("the log is\n%s", logs)
	}
}

func TestSocketsThatCannotBeServedAreAMistakeOfTheUnitsAndEndAServiceWith78(t *testing.T) {
	m := newManager(t)
	for name, env := range map[string]string{
		"two": "LISTEN_FDNAMES=webhook:webhook", "one of another name": "LISTEN_FDNAMES=ticketd.socket",
	} {
		t.Run(name, func(t *testing.T) {
			u := m.start(env, "LISTEN_FDS="+fmt.Sprint(1+strings.Count(env, ":")))
			logs := <-u.logs
			var ended *exec.ExitError
			if err := u.cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitConfig || !bytes.Contains(logs, []byte("socket")) {
				t.Errorf("it ended with %v: %s", err, logs)
			}
		})
	}
}
