//go:build linux

package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strconv"
	"strings"
)

// result is what came of a command.
type result struct {
	code int    // exit code
	out  string // both streams
}

// try runs shell commands to the end and gives what came of them.
func (s *site) try(script string) result { return s.tryWith("", script) }

// tryWith is try with something to read.
func (s *site) tryWith(stdin, script string) result {
	s.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(s.t.Context()), "sh", "-c", script)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return result{ended.ExitCode(), string(out)}
	}
	must(s.t, err)
	return result{0, string(out)}
}

// sh runs shell commands that must all succeed, and gives what they say.
func (s *site) sh(script string) string {
	s.t.Helper()
	r := s.try("set -e\n" + script)
	if r.code != 0 {
		s.t.Fatalf("%s\nended with %d: %s", script, r.code, r.out)
	}
	return strings.TrimSpace(r.out)
}

// show gives a property of the service, as `systemctl show` tells it.
func (s *site) show(property string) string {
	s.t.Helper()
	return s.sh("systemctl show --value --property=" + property + " ticketd.service")
}

// expect compares properties of the service, given as NAME, VALUE...
func (s *site) expect(pairs ...string) {
	s.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := s.show(pairs[i]); got != pairs[i+1] {
			s.t.Errorf("%s is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

// entry is a line of the journal.
type entry struct {
	priority int // 3 error, 4 warning, 6 information
	message  string
}

// journal gives what the service and the manager said of it, oldest first.
func (s *site) journal() (all []entry) {
	s.t.Helper()
	for line := range strings.Lines(s.sh("journalctl --sync; journalctl --output=json --unit=ticketd.service")) {
		var e struct {
			Priority string          `json:"PRIORITY"`
			Message  json.RawMessage `json:"MESSAGE"` // a text, or the numbers of its bytes
		}
		must(s.t, json.Unmarshal([]byte(line), &e))
		priority, err := strconv.Atoi(e.Priority)
		must(s.t, err)
		var text string
		if json.Unmarshal(e.Message, &text) != nil {
			text = string(e.Message)
		}
		all = append(all, entry{priority, text})
	}
	return all
}

// said gives the lines of the journal that hold a text.
func (s *site) said(text string) (all []entry) {
	s.t.Helper()
	for _, e := range s.journal() {
		if strings.Contains(e.message, text) {
			all = append(all, e)
		}
	}
	return all
}
