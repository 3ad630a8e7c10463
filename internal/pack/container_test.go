package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const containerfile = "../../packaging/Containerfile"

func TestTheContainerRunsAsNobodyInParticularWithNothingButTheProgram(t *testing.T) {
	text, err := os.ReadFile(containerfile)
	if err != nil {
		t.Fatal(err)
	}
	_, last, found := strings.Cut(string(text), "\nFROM scratch\n")
	if !found || strings.Contains(last, "\nRUN ") || !strings.Contains(last, "/out/etc") {
		t.Errorf("the last stage is\n%s", last)
	}
	if !regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(last) { // a name means nothing without /etc/passwd
		t.Error("the user is no number, or root")
	}
	ignored, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"conf", "*-token", "*.db*", "ticketd.toml"} {
		if !strings.Contains("\n"+string(ignored), "\n"+secret+"\n") {
			t.Errorf("the build gets a copy of %s", secret)
		}
	}
}

func TestALinterFindsNoFaultInTheContainerfile(t *testing.T) {
	linter, err := exec.LookPath("dockerfile-utils")
	if err != nil {
		t.Skip("there is no dockerfile-utils here (npm: dockerfile-utils)")
	}
	if out, err := exec.CommandContext(t.Context(), linter, "lint", containerfile).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
