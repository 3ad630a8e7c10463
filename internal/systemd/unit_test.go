package systemd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const units = "../../packaging/systemd"

// analyze runs systemd-analyze in a folder and gives what it prints; it skips the test where there is none.
func analyze(t *testing.T, folder string, args ...string) ([]byte, error) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is missing: apt-get install systemd")
	}
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", args...)
	cmd.Dir = folder
	return cmd.CombinedOutput()
}

// copied gives a folder with the units, whose program is one that every machine has.
func copied(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"ticketd.service", "ticketd.socket"} {
		text, err := os.ReadFile(filepath.Join(units, name))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("/usr/bin/ticketd"), []byte("/bin/sh"))
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestSystemdFindsNothingWrongWithTheUnits(t *testing.T) {
	// It ends with 0 over a key that it does not know, so every word is a failure.
	if out, err := analyze(t, copied(t), "verify", "--man=no", "./ticketd.service", "./ticketd.socket"); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
}

func TestTheServiceIsExposedByNoMoreThanItNeeds(t *testing.T) {
	out, err := analyze(t, units, "security", "--offline=true", "--threshold=12", "--no-pager", "ticketd.service")
	if err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, out)
	}
}

func TestAWrongUnitIsNoticed(t *testing.T) {
	folder := copied(t)
	path := filepath.Join(folder, "ticketd.service")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("ProtectSystem=strict"), []byte("ProtectSytem=strict"))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := analyze(t, folder, "verify", "--man=no", "./ticketd.service"); !bytes.Contains(out, []byte("ProtectSytem")) {
		t.Errorf("nothing is said of a key with a slip: %q", out)
	}
	if _, err := analyze(t, folder, "security", "--offline=true", "--threshold=10", "--no-pager", "ticketd.service"); err == nil {
		t.Error("a service that may write everywhere passes")
	}
}
