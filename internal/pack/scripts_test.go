package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func scripts(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("../../packaging/scripts/*/*")
	if err != nil || len(all) < 7 {
		t.Fatalf("there are the scripts %v (%v)", all, err)
	}
	return all
}

func TestScriptsStopAtTheFirstMistakeAndAreOfThePlainShell(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	for _, script := range scripts(t) {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "#!/bin/sh\n") || !strings.Contains(string(text), "\nset -e\n") {
			t.Errorf("%s begins otherwise, or goes on after a mistake", script)
		}
		if out, err := exec.CommandContext(t.Context(), shell, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

func TestShellcheckFindsNoFaultInTheScripts(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("there is no shellcheck here (Debian: shellcheck)")
	}
	if out, err := exec.CommandContext(t.Context(), shellcheck, scripts(t)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheUserOfAnRPMIsThatOfTheFileForSysusers(t *testing.T) {
	conf, err := os.ReadFile("../../packaging/systemd/sysusers.conf")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../packaging/scripts/rpm/pre")
	if err != nil {
		t.Fatal(err)
	}
	_, inline, _ := strings.Cut(string(script), "<<'CONF'\n")
	inline, _, found := strings.Cut(inline, "CONF\n")
	var lines string
	for line := range strings.Lines(string(conf)) {
		if !strings.HasPrefix(line, "#") {
			lines += line
		}
	}
	if !found || inline != lines {
		t.Errorf("packaging/scripts/rpm/pre makes\n%s\nand packaging/systemd/sysusers.conf says\n%s", inline, lines)
	}
}
