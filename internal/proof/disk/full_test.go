package disk_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// small makes a file system of a few megabytes and gives the folder where it is mounted.
func small(t *testing.T) string {
	t.Helper()
	needs(t, "mkfs.ext4", "mount", "umount")
	if os.Geteuid() != 0 {
		t.Skip("this needs root, to mount a file system")
	}
	image, dir := filepath.Join(t.TempDir(), "image"), filepath.Join(t.TempDir(), "mounted")
	must(t, os.Mkdir(dir, 0o700))
	f, err := os.Create(image)
	must(t, err)
	must(t, f.Truncate(24<<20))
	must(t, f.Close())
	if out, err := run("mkfs.ext4", "-q", "-F", image); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := run("mount", "-o", "loop", image, dir); err != nil {
		t.Skipf("this machine does not mount a file: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := run("umount", dir); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// large is an event that fills a disk soon.
func large(n int) []byte {
	return fmt.Appendf(nil, `{"n":%d,"padding":%q}`, n, strings.Repeat("x", 50_000))
}

func TestADiskThatIsFullRefusesEventsUntilThereIsRoomAndLosesNone(t *testing.T) {
	t.Parallel()
	dir := small(t)
	path := filepath.Join(dir, "ticketd.db")
	s := program.New(t, program.Options{Env: []string{"TICKETD_STORE_PATH=" + path}})
	ballast := filepath.Join(dir, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 8<<20), 0o600))
	s.Start()
	a := newTally()
	const most = 2000 // 100 MB
	n := 0
	for a.refused < 10 && n < most {
		a.post(t, s, large(n))
		n++
	}
	if a.refused < 10 || len(a.accepted) == 0 {
		t.Fatalf("of %d events %d were accepted, %d refused", n, len(a.accepted), a.refused)
	}
	program.Eventually(t, "/readyz and /metrics say that the disk is full", func() bool { // their own small row may fit longer than an event
		n++
		a.post(t, s, large(n))
		status, body := s.Get("/readyz")
		_, metrics := s.Get("/metrics")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "disk is full") && strings.Contains(metrics, "\nticketd_store_writable 0\n")
	})
	before := len(a.accepted)
	must(t, os.Remove(ballast))
	program.Eventually(t, "events are accepted again", func() bool { n++; return a.post(t, s, large(n)) == http.StatusOK })
	if status, body := s.Get("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz says %d %s", status, body)
	}
	if _, metrics := s.Get("/metrics"); !strings.Contains(metrics, "\nticketd_store_writable 1\n") {
		t.Errorf("/metrics says\n%s", metrics)
	}
	if s.Ended() || a.silent > 0 || len(a.strange) > 0 {
		t.Errorf("ended %v, %d without an answer, others %v", s.Ended(), a.silent, a.strange)
	}
	must(t, s.Stop())
	if lost := a.lost(t, path); len(lost) > 0 {
		t.Errorf("%d accepted events are not in the store", len(lost))
	}
	report.Tell(t, report.Row{
		Part: "Disk", What: fmt.Sprintf("disk full: %d events accepted, %d refused with 503, space freed, %d more accepted",
			before, a.refused, len(a.accepted)-before),
		Outcome: "0 lost, no crash, recovered alone",
	})
}

func TestADiskThatBecameReadOnlyIsToldInWords(t *testing.T) {
	t.Parallel()
	dir := small(t)
	s := program.New(t, program.Options{Env: []string{"TICKETD_STORE_PATH=" + filepath.Join(dir, "ticketd.db")}})
	s.Start()
	must(t, s.Stop())
	if out, err := run("mount", "-o", "remount,ro", dir); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	s.Launch()
	if s.Up() {
		t.Fatal("it came up")
	}
	if log := string(s.Log()); s.Wait() == nil || !strings.Contains(log, "read-only file system") || !strings.Contains(log, "ticketd: hint: ") {
		t.Errorf("it says %s", log)
	}
}
