package systemd

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// child is the variable that makes the test's binary print what systemd gives it.
const child = "TICKETD_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		os.Exit(printSockets())
	}
	goleak.VerifyTestMain(m)
}

// printSockets prints the name and address of each inherited socket, or what is wrong with them.
func printSockets() int {
	all, err := Listeners()
	if err != nil {
		_, _ = os.Stdout.WriteString("error: " + err.Error())
		return 0
	}
	for name, l := range all {
		_, _ = os.Stdout.WriteString(name + "=" + l.Addr().String() + "\n")
	}
	if again, err := Listeners(); len(again) > 0 || err != nil {
		return 1
	}
	return 0
}

// inheriting runs the test's binary as systemd runs a service with sockets of these names, in the order
// of the files, and gives what it prints.
func inheriting(t *testing.T, names string, files ...*os.File) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The number of the process is known to itself alone before it becomes the program.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ exec "$0"`, self)
	cmd.Env = append(os.Environ(), child+"=1", "LISTEN_FDS="+string(rune('0'+len(files))), "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// socket gives a listening socket as a file, and its address.
func socket(t *testing.T) (file *os.File, address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener, ok := l.(*net.TCPListener)
	if !ok {
		t.Fatalf("a listener of type %T", l)
	}
	file, err = listener.File()
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return file, l.Addr().String()
}

func TestTheSocketsOfSystemdAreTakenOverByTheirNames(t *testing.T) {
	first, one := socket(t)
	second, two := socket(t)
	got := inheriting(t, "webhook:other", first, second)
	if !strings.Contains(got, "webhook="+one+"\n") || !strings.Contains(got, "other="+two+"\n") {
		t.Errorf("it took over %q", got)
	}
}

func TestTwoSocketsOfOneNameAreRefused(t *testing.T) {
	first, _ := socket(t)
	second, _ := socket(t)
	if got := inheriting(t, "webhook:webhook", first, second); !strings.Contains(got, `error: systemd gives two sockets that are named "webhook"`) {
		t.Errorf("it says %q", got)
	}
}

func TestAFileThatIsNoSocketIsRefusedByItsName(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // nothing was written
	if got := inheriting(t, "webhook", file); !strings.HasPrefix(got, `error: taking over socket "webhook" of systemd`) {
		t.Errorf("it says %q", got)
	}
}

func TestAProcessThatSystemdGaveNothingHasNoSockets(t *testing.T) {
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("LISTEN_PID", "1") // meant for another
	if all, err := Listeners(); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}
