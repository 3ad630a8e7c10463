package daemon_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
)

// logged gives the lines of the log that tell of a tracker that is not well.
func (w *world) logged(message string) (lines []string) {
	for line := range strings.Lines(w.logs.String()) {
		if strings.Contains(line, `msg="`+message) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func total(calls map[string]int) (n int) {
	for _, each := range calls {
		n += each
	}
	return n
}

const unwell = "a tracker is not as the rules need it"

// examined starts the daemon again, with a look at the trackers.
func (w *world) examined() {
	w.t.Helper()
	w.config.examine = true
	w.restart()
	w.settle()
}

func TestAStartTellsWhatIsNotWellWithTheTrackersAndServesAllTheSame(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		if err := w.github.Archive("acme/app"); err != nil {
			t.Fatal(err)
		}
		w.examined()
		lines := w.logged(unwell)
		if len(lines) != 1 {
			t.Fatalf("told of %d troubles:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		for _, part := range []string{"level=ERROR", "tracker=github", "project=acme/app", "check=repository",
			`problem="acme/app is archived, which makes it read-only"`, `hint="unarchive it, or name another"`, "key=rule[1].repository"} {
			if !strings.Contains(lines[0], part) {
				t.Errorf("%s is missing in %s", part, lines[0])
			}
		}
		if !regexp.MustCompile(`at=test\.toml:\d+`).MatchString(lines[0]) {
			t.Errorf("no position in %s", lines[0])
		}
		if all := w.logged("trackers examined"); len(all) != 1 || !strings.Contains(all[0], "errors=1 warnings=0 unknown=0") {
			t.Errorf("summed up as %v", all)
		}
		if changes := len(w.github.Effects()) + len(w.jira.Effects()); changes != 0 {
			t.Errorf("%d things were changed", changes)
		}
		w.open("v-1")
		w.oneJira()
	})
}

func TestAStartLooksAtATrackerWithFewCalls(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.settle()
		github, jira := total(w.github.Calls()), total(w.jira.Calls()) // of any start
		w.examined()
		if n := total(w.github.Calls()) - 2*github; n != 2 {
			t.Errorf("%d calls for a look at GitHub: %v", n, w.github.Calls())
		}
		if n := total(w.jira.Calls()) - 2*jira; n < 2 || n > 4 {
			t.Errorf("%d calls for a look at Jira: %v", n, w.jira.Calls())
		}
		if lines := w.logged(unwell); len(lines) != 0 {
			t.Errorf("well trackers are told of:\n%s", strings.Join(lines, "\n"))
		}
	})
}

func TestATrackerThatDoesNotAnswerKeepsNoStartAndNoStopWaiting(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.github.Fail(githubtest.Fault{Op: "repository", Times: -1, Kind: githubtest.Slow, Delay: 25 * time.Second})
		w.config.examine = true
		w.restart()
		w.post(violation("OPENED", "v-1", 1611059000))
		w.pass(5 * time.Second)
		w.oneJira()
		began := time.Now()
		w.stop()
		synctest.Wait()
		if took := time.Since(began); took > time.Second {
			t.Errorf("the stop took %s", took)
		}
		if lines := w.logged(unwell); len(lines) != 0 {
			t.Errorf("what was not looked at is told of:\n%s", strings.Join(lines, "\n"))
		}
	})
}

func TestATrackerThatIsDownAtTheStartIsWarnedOf(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.setDown("api.github.com", true)
		w.setDown("jira.example.com", true)
		w.examined()
		lines := w.logged(unwell)
		if len(lines) != 2 {
			t.Fatalf("told of %d troubles:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		for _, line := range lines {
			if !strings.Contains(line, "level=ERROR") && !strings.Contains(line, "level=WARN") || !strings.Contains(line, "connection refused") {
				t.Errorf("told as %s", line)
			}
			if strings.Contains(line, "secret-token") {
				t.Errorf("a secret in %s", line)
			}
		}
	})
}

func TestATrackerThatAskedToBeLeftAloneIsNotLookedAt(t *testing.T) {
	inWorld(t, settings{rules: everythingToGitHub}, func(w *world) {
		w.github.Fail(githubtest.Fault{Op: "create", Times: -1, Kind: githubtest.Primary, Delay: 30 * time.Minute})
		w.post(violation("OPENED", "v-1", 1611059000))
		w.settle()
		before := w.github.Calls()["repository"]
		w.examined()
		if calls := w.github.Calls()["repository"]; calls != before {
			t.Errorf("%d looks at a tracker that asked for a pause", calls-before)
		}
	})
}
