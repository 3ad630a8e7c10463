package kills_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

func random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(*seed, stream)) }

func TestADeathAtAnyNamedPointLosesNothingAndMakesNothingDouble(t *testing.T) {
	t.Parallel()
	var deaths atomic.Int64
	ok := t.Run("points", func(t *testing.T) {
		for _, point := range proof.Points() {
			t.Run(string(point), func(t *testing.T) {
				t.Parallel()
				for pass := 1; pass <= *passes && dies(t, point, pass); pass++ {
					deaths.Add(1)
				}
			})
		}
	})
	if ok {
		report.Tell(t, report.Row{
			Part: "Kills", What: fmt.Sprintf("the process kills itself at each of %d named points, up to %d passes: %d deaths", len(proof.Points()), *passes, deaths.Load()),
			Outcome: "0 lost, 0 double, 0 wrong",
		})
	}
}

// dies tells a story with a death, and tells whether it came to it: a story may have fewer passes.
func dies(t *testing.T, point proof.Point, pass int) bool {
	t.Helper()
	// The chapter with the proxy waits for a quiet period, and only these points need it.
	proxy := pass > 1 || slices.Contains([]proof.Point{proof.SearchAnswered, proof.DuplicateClosed}, point)
	y := newStory(t, point, pass)
	v := y.tell(proxy)
	y.Kill()
	doubles := 0
	if proxy {
		doubles = 1 // which the proxy made, and ticketd closed
	}
	v.expect(t, doubles)
	for _, i := range y.Jira.Issues() {
		if i.Key != "SEC-3" && i.Category == "done" || i.Key == "SEC-3" && i.Category != "done" {
			t.Errorf("%s is %s", i.Key, i.Status)
		}
	}
	if !y.died && pass == 1 {
		t.Errorf("the story never came to %s", point)
	}
	if t.Failed() {
		t.Logf("it was to die at pass %d of %s", pass, point)
	}
	return y.died && !t.Failed()
}

// TestWithoutTheIntentADeathAfterACreateMakesASecondIssue is a control, and the same without the ablation.
func TestWithoutTheIntentADeathAfterACreateMakesASecondIssue(t *testing.T) {
	t.Parallel()
	for _, ablated := range []bool{false, true} {
		t.Run(fmt.Sprint(ablated), func(t *testing.T) {
			t.Parallel()
			env := []string{program.Hurry(hurry)}
			if ablated {
				env = append(env, program.Without(proof.Intent))
			}
			s := program.New(t, program.Options{Env: env})
			s.Jira.SetSearchLag(unseen)
			s.Start(program.CrashAt(proof.CreateAnswered, 1))
			opened(t, s)
			if !s.DiedAt(proof.CreateAnswered, 1) {
				t.Fatalf("the process ended with %v", s.Wait())
			}
			s.Start()
			if ablated {
				program.Eventually(t, "a second issue is made", func() bool { return len(s.Jira.Issues()) == 2 })
				report.Tell(t, report.Row{Part: "Kills", What: "control: no intent on disk, 1 death after a create", Outcome: "2 issues: found"})
				return
			}
			program.Eventually(t, "the issue was looked for in vain", func() bool { return s.Jira.Calls()["search"] > 1 })
			s.Jira.SetSearchLag(0)
			program.Eventually(t, "the issue was adopted", logged(s, "issue adopted"))
			if n := len(s.Jira.Issues()); n != 1 {
				t.Errorf("%d issues, want one", n)
			}
		})
	}
}

// TestWithoutTheSearchALostAnswerMakesASecondIssue is a control; the stories are its counterpart.
func TestWithoutTheSearchALostAnswerMakesASecondIssue(t *testing.T) {
	t.Parallel()
	s := program.New(t, program.Options{Env: []string{program.Hurry(hurry), program.Without(proof.FindInDoubt)}})
	s.Start()
	s.Jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
	opened(t, s)
	program.Eventually(t, "a second issue is made", func() bool { return len(s.Jira.Issues()) == 2 })
	report.Tell(t, report.Row{Part: "Kills", What: "control: no search before a create in doubt, 1 lost answer", Outcome: "2 issues: found"})
}

// unseen is a search lag that no test outlives.
const unseen = time.Hour

func opened(t *testing.T, s *program.Service) {
	t.Helper()
	if code, err := s.Post(t.Context(), program.Opened("first", 1000)); err != nil || code != http.StatusOK {
		t.Fatalf("the webhook answered %d, %v", code, err)
	}
}

func logged(s *program.Service, words string) func() bool {
	return func() bool { return bytes.Contains(s.Log(), []byte(words)) }
}
