package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ticketd/internal/config"
)

// terminal answers as a person would.
type terminal struct{ io.Reader }

// Stat gives what a terminal is.
func (terminal) Stat() (fs.FileInfo, error) { return os.Stat(os.DevNull) } // a character device, too

func TestInitAsksForWhatTheFlagsDoNotGive(t *testing.T) {
	for name, tt := range map[string]struct {
		flags   []string
		answers string
		code    int
		asked   []string
		wanted  string // in the configuration
	}{
		"Jira Cloud": {nil, "https://example.atlassian.net\nSEC\nticketd@example.com\n", exitOK,
			[]string{"Address of your Jira", "Key of the Jira project", "E-mail address"}, `email = "ticketd@example.com"`},
		"GitHub":        {nil, "\nacme/app\n", exitOK, []string{"Address of your Jira", "Repository on github.com"}, `repository = "acme/app"`},
		"one is given":  {[]string{"--jira", "https://jira.example.com"}, "SEC\n", exitOK, []string{"Key of the Jira project"}, `project = "SEC"`},
		"all are given": {[]string{"--github", "acme/app"}, "", exitOK, nil, `repository = "acme/app"`},
		"no answer":     {[]string{"--jira", "https://jira.example.com"}, "", exitUsage, []string{"Key of the Jira project"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			dir := filepath.Join(t.TempDir(), "new")
			args := append([]string{"init", "--dir", dir}, tt.flags...)
			code := run(t.Context(), args, streams{terminal{strings.NewReader(tt.answers)}, &stdout, &stderr}, nil)
			if code != tt.code {
				t.Fatalf("the exit code is %d, want %d: %s", code, tt.code, &stderr)
			}
			if asked := strings.Count(stderr.String(), ": "); code == exitOK && asked != len(tt.asked) {
				t.Errorf("asked %q, want %q", &stderr, tt.asked)
			}
			for _, question := range tt.asked {
				if !strings.Contains(stderr.String(), question) {
					t.Errorf("%q is not in %q", question, &stderr)
				}
			}
			text, err := os.ReadFile(filepath.Join(dir, config.InitialConfig))
			if tt.wanted == "" {
				if !os.IsNotExist(err) {
					t.Errorf("a configuration was written all the same: %v", err)
				}
				return
			}
			if !strings.Contains(string(text), tt.wanted) {
				t.Errorf("%q is not in\n%s", tt.wanted, text)
			}
		})
	}
}

func TestWhatInitWritesIsForItsOwnerAlone(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o377, 0o777} {
		before := syscall.Umask(0o022)
		dir := t.TempDir()
		args := []string{"init", "--dir", dir, "--jira", "https://jira.example.com", "--project", "SEC", "--github", "acme/app"}
		syscall.Umask(umask)
		code := run(t.Context(), args, streams{strings.NewReader(""), io.Discard, io.Discard}, nil)
		syscall.Umask(before)
		if code != exitOK {
			t.Fatalf("with umask %#o the exit code is %d", umask, code)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 4 {
			t.Fatalf("there are %v: %v", files, err)
		}
		for _, f := range files {
			if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("with umask %#o, %s: %v, %v", umask, f.Name(), info.Mode(), err)
			}
		}
	}
}

func TestInitKeepsAConfigurationThatCameMeanwhile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	if err := writeNew(name, "first", owner()); err != nil {
		t.Fatal(err)
	}
	if err := writeNew(name, "second", owner()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the error is %v", err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "first" {
		t.Errorf("%q is left: %v", text, err)
	}
}
