package daemon_test

import (
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// loseCreate makes the answer to the next create get lost, which has its effect.
func (w *world) loseCreate() {
	w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
	w.github.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Cut, Effect: true})
}

func TestAnIssueWhoseCreationWasInDoubtIsKeptUpToDateLikeAnyOther(t *testing.T) {
	amongPeople(t, "", func(w *world, c crowd) {
		w.loseCreate()
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Second)
		w.worse() // before it is known that the issue is there
		w.pass(15 * time.Minute)
		issue := w.one()
		if !strings.Contains(issue.Text, "Renew it today.") {
			w.t.Errorf("the description is not up to date:\n%s", issue.Text)
		}
		if c.name == "jira" && issue.Priority != "Highest" {
			w.t.Errorf("the priority is %s", issue.Priority)
		}
		w.must(c.inside(w, issue.Key))
		edited := w.one().Body
		w.post(violation("OPENED", "v-1", 1611061000, "recommendation", "Renew it tomorrow."))
		w.pass(15 * time.Minute)
		if after := w.one().Body; after != edited {
			w.t.Errorf("what a person changed became:\n%s", after)
		}
	})
}

func TestWhatAPersonChangedWhileACreationWasInDoubtStays(t *testing.T) {
	long(t)
	amongPeople(t, "", func(w *world, c crowd) {
		w.loseCreate()
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Second)
		w.must(c.inside(w, w.one().Key))
		edited := w.one().Body
		w.worse()
		w.pass(15 * time.Minute)
		if after := w.one().Body; after != edited {
			w.t.Errorf("what a person changed became:\n%s", after)
		}
	})
}

func TestTheListOfAGroupWhoseCreationWasInDoubtIsKeptUpToDate(t *testing.T) {
	long(t)
	amongHosts(t, func(w *world, _ host) {
		w.loseCreate()
		w.post(member("CREATED", "a", 1611058000))
		w.pass(time.Second)
		w.post(member("CREATED", "b", 1611058000))
		w.pass(15 * time.Minute)
		w.one().expectList(w, map[string]string{"a": "open", "b": "open"})
		w.post(member("FIXED", "a", 1611059000))
		w.gathered()
		w.one().expectList(w, map[string]string{"a": "fixed", "b": "open"})
	}, byParent)
}

func TestAnUpdateWhoseAnswerWasLostDoesNotPassForAPersonsEdit(t *testing.T) {
	long(t)
	for name, then := range map[string]struct {
		event string
		list  map[string]string
	}{
		"which another follows":        {member("FIXED", "b", 1611060000), map[string]string{"a": "fixed", "b": "fixed", "c": "open"}},
		"after which all is as it was": {member("CREATED", "a", 1611060000), map[string]string{"a": "open", "b": "open", "c": "open"}},
	} {
		t.Run(name, func(t *testing.T) {
			amongHosts(t, func(w *world, _ host) {
				for _, id := range []string{"a", "b", "c"} {
					w.post(member("CREATED", id, 1611058000))
				}
				w.gathered()
				w.jira.Fail(jiratest.Fault{Op: "update", Kind: jiratest.Cut, Effect: true})
				w.github.Fail(githubtest.Fault{Op: "edit", Kind: githubtest.Cut, Effect: true})
				w.post(member("FIXED", "a", 1611059000))
				for range 200 { // until the update has its effect, of which nobody knows
					if strings.Contains(line(w.one().Text, "a"), "fixed") {
						break
					}
					w.pass(time.Second)
				}
				w.post(then.event)
				w.pass(15 * time.Minute)
				w.one().expectList(w, then.list)
			}, byParent)
		})
	}
}
