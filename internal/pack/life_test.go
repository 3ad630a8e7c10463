package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAPackageComesAndGoesWhereNoSystemdRuns(t *testing.T) {
	debs := built(t, "*_"+runtime.GOARCH+".deb")
	if os.Geteuid() != 0 {
		t.Skip("only root installs packages")
	}
	unshare := tool(t, "unshare", "util-linux")
	tool(t, "dpkg", "dpkg")
	tool(t, "systemd-sysusers", "systemd")
	rpm := ""
	if _, err := exec.LookPath("rpm"); err == nil {
		machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
		rpm = built(t, "*."+machine+".rpm")[0]
	}
	script, err := filepath.Abs("testdata/life.sh")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), unshare, "--mount", "sh", script, t.TempDir(), debs[0], rpm).CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() == 77 {
		t.Skipf("there can be no layer over this machine's files: %s", out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err == nil && strings.Count(string(out), "Creating user 'ticketd'") == 0 {
		t.Errorf("no user was made\n%s", out)
	}
}
