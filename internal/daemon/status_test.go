package daemon_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketd/internal/daemon"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// backlogOf gives what waits before a stage.
func backlogOf(t *testing.T, s daemon.Status, stage, tracker string) daemon.Backlog {
	t.Helper()
	for _, b := range s.Backlog {
		if b.Stage == stage && b.Tracker == tracker {
			return b
		}
	}
	t.Fatalf("the status tells nothing of %s %s: %+v", stage, tracker, s.Backlog)
	return daemon.Backlog{}
}

// trackerOf gives what a status tells of a tracker.
func trackerOf(t *testing.T, s daemon.Status, name string) daemon.TrackerStatus {
	t.Helper()
	i := slices.IndexFunc(s.Trackers, func(t daemon.TrackerStatus) bool { return t.Name == name })
	if i < 0 {
		t.Fatalf("the status tells nothing of %s: %+v", name, s.Trackers)
	}
	return s.Trackers[i]
}

func TestTheStatusOfADaemonThatIsWellAsksNobodyForAnything(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		began := time.Now()
		w.open("v-1")
		s := w.status()
		if !s.Running || !s.Ready || s.Reason != "" || len(s.Attention) != 0 || s.Unknown != "" {
			t.Errorf("it is not well: %+v", s)
		}
		if s.Version != "test" || s.Instance != "test" || !s.Started.Equal(began) || !s.Now.After(began) {
			t.Errorf("it is %q of %q since %s, now %s", s.Version, s.Instance, s.Started, s.Now)
		}
		if s.Tickets[store.TicketLive] != 1 || backlogOf(t, s, daemon.StageApply, "").Waiting != 0 || backlogOf(t, s, daemon.StageDeliver, "jira").Waiting != 0 {
			t.Errorf("tickets %v, backlog %+v", s.Tickets, s.Backlog)
		}
		if e := s.LastEvent; e == nil || e.Source != "portal" || e.State != "applied" || e.Seq != 1 {
			t.Errorf("the last event is %+v", e)
		}
		if jira := trackerOf(t, s, "jira"); jira.State != "ok" || jira.Unwell || jira.Doing != nil {
			t.Errorf("jira is %+v", jira)
		}
		if s.Store.Path != w.path() || s.Store.Database == 0 || s.Store.Free == 0 {
			t.Errorf("the store is %+v", s.Store)
		}
		if line := s.Line(); !strings.HasPrefix(line, "ready; nothing waits; 1 ticket; last event ") {
			t.Errorf("in one line: %s", line)
		}
	})
}

func TestAStatusHasNoNullInJSONWhereAListIsEmpty(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		text, err := json.Marshal(w.daemon.Status(w.t.Context()))
		if err != nil || bytes.Contains(text, []byte("null")) || bytes.Contains(text, []byte("0001-01-01")) {
			t.Errorf("%s, %v", text, err)
		}
	})
}

func TestTheStatusTellsWhatWaitsForATrackerThatIsDown(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.setDown("jira.example.com", true)
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(10 * time.Minute)
		s := w.status()
		if b := backlogOf(t, s, daemon.StageDeliver, "jira"); b.Waiting != 1 || b.Oldest < 590 || b.Oldest > 600 {
			t.Errorf("before jira waits %+v, want one for ten minutes", b)
		}
		if jira := trackerOf(t, s, "jira"); !jira.Unwell || !strings.Contains(jira.State, "does not answer") {
			t.Errorf("jira is %+v", jira)
		}
		if !s.Ready || len(s.Attention) != 0 {
			t.Errorf("events are kept, and yet: %q, attention %q", s.Reason, s.Attention)
		}
		w.pass(time.Hour)
		if s := w.status(); len(s.Attention) != 1 || !strings.HasPrefix(s.Attention[0], "jira has not answered as it should for 1h ") {
			t.Errorf("after more than an hour, attention: %q", s.Attention)
		}
		w.setDown("jira.example.com", false)
		w.pass(time.Hour)
		if s := w.status(); len(s.Attention) != 0 || trackerOf(t, s, "jira").Unwell {
			t.Errorf("when it is back, attention: %q", s.Attention)
		}
		if line := s.Line(); !strings.Contains(line, "1 wait to be delivered to jira (9m") && !strings.Contains(line, "1 wait to be delivered to jira (10m") {
			t.Errorf("in one line: %s", line)
		}
	})
}

func TestTheStatusAsksForAPersonWhereTheCredentialIsRefused(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "myself", Kind: jiratest.Answer, Code: http.StatusUnauthorized, Times: -1})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		s := w.status()
		jira := trackerOf(t, s, "jira")
		if len(jira.Pauses) != 1 || jira.Pauses[0].Kind != "credential" || jira.Pauses[0].Project != "" || !jira.Pauses[0].Until.After(s.Now) ||
			!strings.Contains(jira.Pauses[0].Reason, "401") {
			t.Errorf("jira is %+v", jira)
		}
		if len(s.Attention) != 1 || !strings.HasPrefix(s.Attention[0], "jira refuses the credential") {
			t.Errorf("attention: %q", s.Attention)
		}
		if other := trackerOf(t, s, "github"); other.State != "ok" || len(other.Pauses) != 0 {
			t.Errorf("github is %+v", other)
		}
	})
}

func TestTheStatusTellsWhatIsLeftOfAQuota(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.github.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Primary, Delay: 30 * time.Minute})
		w.post(target("CREATED", "t-1", 1611058000))
		w.settle()
		s := w.status()
		github := trackerOf(t, s, "github")
		if len(github.Quotas) != 1 || github.Quotas[0].Limit != 5000 || github.Quotas[0].Remaining != 0 || !github.Quotas[0].Reset.After(s.Now) {
			t.Errorf("the quotas are %+v", github.Quotas)
		}
		if len(github.Pauses) != 1 || github.Pauses[0].Kind != "throttled" || len(s.Attention) != 0 {
			t.Errorf("github is %+v, attention %q", github, s.Attention)
		}
	})
}

func TestTheStatusNamesWhatIsHeldAndHowToGoOn(t *testing.T) {
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{blocked()}}}, func(w *world) {
		w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		s := w.status()
		if s.Held.Count != 1 || s.Held.Reasons[store.HeldWorkflow] != 1 || len(s.Held.Newest) != 1 {
			t.Fatalf("held are %+v", s.Held)
		}
		held := s.Held.Newest[0]
		if held.ID != w.oneTicket().ID || held.Issue != "SEC-1" || held.Tracker != "jira" || held.Project != "SEC" || held.Rule != "violations" ||
			held.Reason == "" || held.Hint == "" || held.Since.IsZero() {
			t.Errorf("held is %+v", held)
		}
		if len(s.Attention) != 1 || !strings.Contains(s.Attention[0], "ticketd tickets list --state held") {
			t.Errorf("attention: %q", s.Attention)
		}
		if line := s.Line(); !strings.Contains(line, "1 ticket, 1 held") {
			t.Errorf("in one line: %s", line)
		}
	})
}

func TestTheStatusTellsWhatATrackerIsBusyWith(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Slow, Delay: 10 * time.Second})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(3 * time.Second)
		s := w.status()
		doing := trackerOf(t, s, "jira").Doing
		if doing == nil || doing.Action != "create" || doing.Ticket != w.oneTicket().ID || doing.Since.After(s.Now) {
			t.Errorf("jira is busy with %+v", doing)
		}
		w.settle()
		if doing := trackerOf(t, w.status(), "jira").Doing; doing != nil {
			t.Errorf("afterwards it is busy with %+v", doing)
		}
	})
}

func TestTheStatusRemembersTheLastError(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		if e := w.status().LastError; e != nil {
			t.Errorf("without an error: %+v", e)
		}
		w.config.examine = true
		w.restartWith("[[rule]]\nname = \"all\"\ntracker = \"jira\"\nproject = \"NOPE\"\n")
		w.settle()
		s := w.status()
		if e := s.LastError; e == nil || e.Message != "a tracker is not as the rules need it" || !strings.Contains(e.Detail, "project=NOPE") || e.At.After(s.Now) {
			t.Errorf("the last error is %+v", e)
		}
	})
}

func TestTheStatusCountsWhatNoRuleMatches(t *testing.T) {
	inWorld(t, settings{rules: "[[rule]]\nname = \"none\"\nmatch.title = \"no such title\"\ntracker = \"jira\"\nproject = \"SEC\"\n"}, func(w *world) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		s := w.status()
		if s.Unrouted != 1 {
			t.Errorf("%d without a rule", s.Unrouted)
		}
	})
}

func TestADaemonThatTakesLongToStartTellsItsStatusAndCanBeStopped(t *testing.T) {
	for name, finish := range map[string]func(w *world, release func()){
		"in the end it is ready": func(w *world, release func()) {
			release()
			w.settle()
			if s := w.status(); !s.Ready {
				w.t.Errorf("after the start it says %s", s.Line())
			}
		},
		"it is stopped": func(w *world, release func()) {
			w.cancel()
			w.pass(time.Second)
			release()
			w.stop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, settings{}, func(w *world) {
				w.stop()
				w.wire()
				var all sync.WaitGroup
				release := w.occupy(&all) // what an earlier process left cannot be taken up
				w.run()
				if s := w.status(); !s.Running || s.Ready || !strings.Contains(s.Reason, "ticketd is starting") {
					t.Errorf("a daemon that starts says %s", s.Line())
				}
				finish(w, release)
				all.Wait()
			})
		})
	}
}

func TestADaemonThatStopsIsNotReadyAndStillTellsItsStatus(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Slow, Delay: 10 * time.Second})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Second)
		d, stopped := w.daemon, make(chan struct{})
		go func() {
			w.stop()
			close(stopped)
		}()
		w.pass(time.Second)
		if s := d.Status(w.t.Context()); s.Ready || !strings.Contains(s.Reason, "webhook") || !strings.HasPrefix(s.Line(), "not ready: webhook") {
			t.Errorf("a daemon that stops says %s", s.Line())
		}
		<-stopped
	})
}

func TestAStatusOfAStoreThatIsClosedSaysWhatIsMissing(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		d := w.daemon
		w.stop()
		s := d.Status(w.t.Context())
		if s.Ready || !strings.Contains(s.Unknown, store.ErrClosed.Error()) || !slices.ContainsFunc(s.Attention, func(a string) bool { return strings.Contains(a, "not ready") }) {
			t.Errorf("it says %+v", s)
		}
		if strings.Contains(s.Line(), "\n") {
			t.Errorf("in more than one line: %q", s.Line())
		}
	})
}
