package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTwentyConcurrentPostsOfOneOpeningMakeOneTicket(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		body := violation("OPENED", "v-1", 1611058000)
		var posts sync.WaitGroup
		for i := range 20 {
			posts.Go(func() { // half of them the very same bytes, half with other white space
				if status := w.send(body + strings.Repeat(" ", i%2*i)); status != http.StatusOK {
					t.Errorf("post %d answered %d", i, status)
				}
			})
		}
		posts.Wait()
		w.settle()
		w.oneJira()
	})
}

func TestALaggingSearchMakesNoSecondTicket(t *testing.T) {
	inWorld(t, settings{jira: jiratest.Options{SearchLag: 5 * time.Second}}, func(w *world) {
		for i := range 3 {
			w.post(violation("OPENED", "v-1", 1611058000+int64(i)))
			w.pass(time.Second)
		}
		w.settle()
		w.oneJira()
	})
}

func TestALostAnswerIsAdoptedAndNotRepeated(t *testing.T) {
	lost := map[string]struct {
		jira   jiratest.Fault
		github githubtest.Fault
	}{
		"connection cut after the effect":    {jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true}, githubtest.Fault{Op: "create", Kind: githubtest.Cut, Effect: true}},
		"502 page after the effect":          {jiratest.Fault{Op: "create", Kind: jiratest.HTML, Code: 502, Effect: true}, githubtest.Fault{Op: "create", Kind: githubtest.HTML, Code: 502, Effect: true}},
		"200 page after the effect":          {jiratest.Fault{Op: "create", Kind: jiratest.HTML, Effect: true}, githubtest.Fault{Op: "create", Kind: githubtest.HTML, Effect: true}},
		"201 without a body":                 {jiratest.Fault{Op: "create", Kind: jiratest.Empty, Effect: true}, githubtest.Fault{Op: "create", Kind: githubtest.Empty, Effect: true}},
		"201 with half a body":               {jiratest.Fault{Op: "create", Kind: jiratest.Truncated, Effect: true}, githubtest.Fault{Op: "create", Kind: githubtest.Truncated, Effect: true}},
		"504 and the effect minutes later":   {jiratest.Fault{Op: "create", Kind: jiratest.Late, Delay: 4 * time.Minute}, githubtest.Fault{Op: "create", Kind: githubtest.Late, Delay: 4 * time.Minute}},
		"an answer slower than the time-out": {jiratest.Fault{Op: "create", Kind: jiratest.Slow, Effect: true, Delay: time.Minute}, githubtest.Fault{Op: "create", Kind: githubtest.Slow, Effect: true, Delay: time.Minute}},
		"503 without an effect":              {jiratest.Fault{Op: "create", Kind: jiratest.Answer, Code: 503}, githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 503}},
		"connection cut before the effect":   {jiratest.Fault{Op: "create", Kind: jiratest.Cut}, githubtest.Fault{Op: "create", Kind: githubtest.Cut}},
		"a redirect that nobody may follow":  {jiratest.Fault{Op: "create", Kind: jiratest.Redirect, Location: "https://evil.example.net/"}, githubtest.Fault{Op: "create", Kind: githubtest.Redirect, Location: "https://evil.example.net/"}},
		"429 with a date":                    {jiratest.Fault{Op: "create", Kind: jiratest.Answer, Code: 429, Header: map[string]string{"Retry-After": "30"}}, githubtest.Fault{Op: "create", Kind: githubtest.Secondary}},
	}
	inWorld(t, settings{}, func(w *world) {
		made := 0
		for name, fault := range lost { // in no order: each must be over before the next
			made++
			w.jira.Fail(fault.jira)
			w.github.Fail(fault.github)
			w.flood(made, made+1)
			w.pass(30 * time.Minute)
			w.expectAll(made, made)
			if w.t.Failed() {
				w.t.Fatal(name)
			}
		}
		w.pass(25 * time.Hour) // the late audits find nothing
		w.expectAll(made, made)
	})
}

func TestNothingIsCreatedAgainBeforeTheQuietPeriodIsOver(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut}) // no effect, but nobody can know
		start := time.Now()
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(9 * time.Minute)
		if n := len(w.jira.Issues()); n != 0 {
			t.Fatalf("%d issues before the quiet period was over", n)
		}
		w.pass(5 * time.Minute)
		if after := w.oneJira().Created.Sub(start); after < 10*time.Minute {
			t.Errorf("created again after %v", after)
		}
	})
}

func TestALateDuplicateIsClosedByTheAudit(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Late, Delay: 14 * time.Minute}) // longer than the quiet period
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(13 * time.Minute)
		own := w.oneJira().Key
		w.pass(25 * time.Hour)
		open := 0
		for _, issue := range w.jira.Issues() {
			if issue.Category != "done" {
				open++
				if issue.Key != own {
					t.Errorf("%s is open, want %s", issue.Key, own)
				}
			} else if len(issue.Comments) != 1 || !strings.Contains(issue.Comments[0].Text, "duplicate of "+own) {
				t.Errorf("the duplicate does not say so: %v", issue.Comments)
			}
		}
		if open != 1 || len(w.jira.Issues()) != 2 {
			t.Errorf("%d open of %d issues, want 1 of 2", open, len(w.jira.Issues()))
		}
	})
}

func TestAnEmptyStoreAdoptsWhatTheTrackersHave(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		for i := range 12 {
			w.post(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
			w.post(target("CREATED", fmt.Sprint("t-", i), 1611058000))
		}
		w.pass(10 * time.Minute)
		w.post(target("FIXED", "t-3", 1611059000))
		w.pass(time.Minute)
		w.stop()
		w.loseStore()
		w.start()
		for i := range 12 {
			w.post(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
			w.post(target("CREATED", fmt.Sprint("t-", i), 1611058000))
		}
		w.post(target("FIXED", "t-3", 1611059000))
		w.post(violation("RESOLVED", "v-5", 1611059000))
		w.pass(30 * time.Minute)
		if n := len(w.jira.Issues()); n != 12 {
			t.Errorf("%d Jira issues, want 12", n)
		}
		if n := len(w.github.Issues()); n != 12 {
			t.Errorf("%d GitHub issues, want 12", n)
		}
		closed := 0
		for _, issue := range w.github.Issues() {
			if issue.State == "closed" {
				closed++
				if len(issue.Comments) != 1 {
					t.Errorf("%s has %d comments, want the one from before", issue.Key, len(issue.Comments))
				}
			}
		}
		for _, issue := range w.jira.Issues() {
			if issue.Category == "done" {
				closed++
			}
		}
		if closed != 2 {
			t.Errorf("%d issues closed, want 2", closed)
		}
	})
}

func TestThreeHundredFindingsCostThreeHundredCalls(t *testing.T) {
	long(t)
	inWorld(t, settings{}, func(w *world) {
		for i := range 300 {
			w.send(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
			w.send(target("CREATED", fmt.Sprint("t-", i), 1611058000))
		}
		w.pass(2 * time.Hour) // GitHub is paced
		synctest.Wait()
		for name, calls := range map[string]map[string]int{"jira": w.jira.Calls(), "github": w.github.Calls()} {
			total := 0
			for _, n := range calls {
				total += n
			}
			if calls["create"] != 300 || total > 310 {
				t.Errorf("%s: %d creates, %d calls in all: %v", name, calls["create"], total, calls)
			}
		}
		if j, g := len(w.jira.Issues()), len(w.github.Issues()); j != 300 || g != 300 {
			t.Errorf("%d Jira and %d GitHub issues, want 300 each", j, g)
		}
	})
}
