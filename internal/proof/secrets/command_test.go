package secrets

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// run runs a command of ticketd and gives its exit code and all that it prints.
func (w *world) run(t *testing.T, env []string, args ...string) (int, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program.Path(t), args...) //nolint:gosec // the test's own
	cmd.Env = append(append(os.Environ(), w.env...), env...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out
}

func TestNoSecretComesOutOfACommand(t *testing.T) {
	t.Parallel() // it waits for most of its time
	w := newWorld(t)
	dir := t.TempDir()
	s := program.New(t, program.Options{Dir: dir, Config: w.configuration(filepath.Join(dir, "ticketd.db")), Env: w.env})
	s.Start()
	w.startedAndTold(t, s)
	for _, tr := range w.trackers {
		program.Eventually(t, tr.name+" has its issue", func() bool { return tr.count() > 0 })
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	w.left(t, s)

	body := filepath.Join(w.folder, "event.json")
	w.file(t, "event.json", string(event("TARGET_CREATED", "cloud", 0, 1)))
	w.file(t, "event.want", "rule = cloud\n")
	commands := strings.Split(strings.ReplaceAll(`check|check --json|check --without-secrets|doctor|doctor --json|explain EVENT|explain --json EVENT
explain --finding target/cloud-0-target|tickets list|tickets list --json|tickets show 1|tickets show 1 --json|tickets retry 1
status|status --json|events list|events show 1|events show 1 --json|events apply|test FOLDER|test --json --verbose FOLDER`, "\n", "|"), "|")
	all := answers(w.stranger.address)
	for range int(*runs) { // doctor asks the trackers, each time another hostile one
		commands = append(commands, "doctor")
	}
	for i, line := range commands {
		for j, tr := range w.trackers {
			tr.turn(reads, all[(i+j)%len(all)])
		}
		line = strings.NewReplacer("EVENT", body, "FOLDER", w.folder).Replace(line)
		code, out := w.run(t, nil, append(strings.Fields(line), "--config", filepath.Join(dir, "ticketd.toml"))...)
		if len(out) == 0 || code == 2 || code < 0 {
			t.Errorf("ticketd %s: exit code %d, %s", line, code, out)
		}
		w.absent(t, "what `ticketd "+line+"` prints", out)
		w.minted().absent(t, "what `ticketd "+line+"` prints", out)
	}
	for _, line := range []string{"schema", "version", "--help", "serve --help", "nonsense"} {
		if _, out := w.run(t, nil, strings.Fields(line)...); len(out) == 0 || len(w.find(out)) > 0 {
			t.Errorf("ticketd %s prints %s", line, out)
		}
	}
	report.Tell(t, report.Row{Part: "Secrets", What: fmt.Sprintf("%d commands, the trackers that they ask hostile", len(commands)+5), Outcome: "no canary printed"})
}

// What a person did wrong near a secret is told without it, by the process that would have used it.
func TestNoSecretComesOutOfAMistakeInTheConfiguration(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	right := w.configuration(filepath.Join(dir, "ticketd.db"))
	file := filepath.Join(dir, "ticketd.toml")
	inline := fmt.Sprintf("token = %q", w.credentials["jira.cloud"])
	mistakes := map[string][]string{ // what takes the place of a line with a secret
		inline: {
			inline[:len(inline)-1], "token = " + w.credentials["jira.cloud"], "token = [" + inline[8:] + "]", "token = { a = " + inline[8:] + " }",
			inline + "\n" + inline, inline + " # and\n" + inline[8:], inline + "\nsecret = " + inline[8:], "tokn = " + inline[8:],
			inline + "\ntoken_file = " + inline[8:], "token_file = " + inline[8:], `token = """` + "\n" + inline[8:],
		},
		fmt.Sprintf("value = %q", w.capability): {
			"value = '" + w.capability, "value = \"" + w.capability + "/x\"", "value = " + w.capability, "sha256 = \"" + w.capability + "\"",
			"value_file = \"" + filepath.Join(w.folder, "webhook-token") + "\"\nvalue = \"" + w.capability + "\"", "values = \"" + w.capability + "\"",
			"value = \"" + w.capability + "\"\nnot_after = \"" + w.capability + "\"", "value = \"\\q" + w.capability + "\"",
		},
	}
	n := 0
	for line, wrongs := range mistakes {
		if strings.Count(right, line) != 1 {
			t.Fatalf("the configuration holds %q %d times", line, strings.Count(right, line))
		}
		for _, wrong := range wrongs {
			if err := os.WriteFile(file, []byte(strings.Replace(right, line, wrong, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			others := []string{"check", "check --json", "doctor", "tickets list"}
			for _, command := range []string{"serve", others[n/2%len(others)]} {
				n++
				code, out := w.run(t, []string{"TICKETD_LOG_LEVEL=debug"}, append(strings.Fields(command), "--config", file)...)
				if code != 78 && command != "tickets list" {
					t.Errorf("%s: exit code %d", command, code)
				}
				w.absent(t, command+" of a wrong configuration", out)
			}
		}
	}
	report.Tell(t, report.Row{Part: "Secrets", What: fmt.Sprintf("%d commands with a mistake beside a secret in the configuration", n), Outcome: "no canary printed"})
}
