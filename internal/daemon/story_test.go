package daemon_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// host is a tracker to which every finding goes.
type host struct {
	name   string
	golden bool // its tickets are compared with golden files
	settings
	done, undone string // reasons of what was mended, and of what will not be
}

const everythingToJira = `
[[rule]]
tracker = "jira"
project = "SEC"
labels = ["security"]
priority = { URGENT = "Highest", "*" = "Medium" }
on.fixed = { transitions = ["In Progress", "In Review", "Resolved"], resolution = "Fixed" }
on.resolved = { transitions = ["In Progress", "In Review", "Resolved"], resolution = "Fixed" }
on.risk_accepted = { transitions = ["In Progress", "In Review", "Won't Do"], resolution = "Won't Do" }
on.compensating_control = { transitions = ["In Progress", "In Review", "Won't Do"], resolution = "Won't Do" }
on.wont_fix = { transitions = ["In Progress", "In Review", "Won't Do"], resolution = "Won't Do" }
on.open = { transitions = ["Reopen"] }
`

const everythingToGitHub = `
[[rule]]
tracker = "github"
repository = "acme/app"
labels = ["security"]
`

func hosts() []host {
	careful := []jiratest.Project{{Key: "SEC", Name: "Security", Workflow: jiratest.ReviewWorkflow()}}
	return []host{
		{name: "jira-cloud", golden: true, done: "Fixed", undone: "Won't Do",
			settings: settings{jira: jiratest.Options{Projects: careful}, rules: everythingToJira}},
		{name: "jira-datacenter", golden: true, done: "Fixed", undone: "Won't Do",
			settings: settings{jira: jiratest.Options{Projects: careful, DataCenter: true}, rules: everythingToJira, trackers: `
[jira.jira]
url = "https://jira.example.com"
token = "jira-secret-token"
`}},
		{name: "github", golden: true, done: "completed", undone: "not_planned", settings: settings{rules: everythingToGitHub}},
		{name: "github-enterprise", done: "completed", undone: "not_planned", settings: settings{rules: everythingToGitHub, trackers: `
[github.github]
url = "https://ghe.example.com"
token = "github-secret-token"
`}},
	}
}

const (
	opened  = "API_SECURE__POLICY_VIOLATION_OPENED"
	created = "MOBILE_SECURE__FINDING_TARGET_CREATED"
	noted   = "MOBILE_SECURE__FINDING_NOTE_CREATED"
)

// chapter is what one event of the guide does to the issue that the events before it made.
type chapter struct {
	event    string
	before   []string
	open     bool
	planned  bool // of what is closed: by mending it
	comments int
	says     string // the last comment
}

func chapters() []chapter {
	return []chapter{
		{event: opened, open: true},
		{event: "API_SECURE__POLICY_VIOLATION_RESOLVED", before: []string{opened}, planned: true, comments: 1, says: "resolved"},
		{event: "API_SECURE__POLICY_VIOLATION_RESOLVED.with_asset_group", before: []string{opened}, planned: true, comments: 1, says: "resolved"},
		{event: "API_SECURE__POLICY_VIOLATION_WONT_FIX", before: []string{opened}, comments: 1, says: "accepted by the platform team"},
		{event: "API_SECURE__NETWORK_SERVICE_DISCOVERED", open: true},
		{event: created, open: true},
		{event: noted, before: []string{created}, open: true, comments: 1, says: "We will fix this in the next release"},
		{event: "MOBILE_SECURE__FINDING_NOTE_DELETED", before: []string{created, noted}, open: true},
		{event: "MOBILE_SECURE__FINDING_TARGET_FIXED", before: []string{created}, planned: true, comments: 1, says: "fixed"},
		{event: "MOBILE_SECURE__FINDING_TARGET_RISK_ACCEPTED", before: []string{created}, comments: 1, says: "risk was accepted"},
		{event: "MOBILE_SECURE__FINDING_TARGET_COMPENSATING_CONTROL", before: []string{created}, comments: 1, says: "compensating control"},
	}
}

func TestEveryEventOfTheGuideDoesItsPartOnEveryHost(t *testing.T) {
	long(t)
	for _, h := range hosts() {
		t.Run(h.name, func(t *testing.T) {
			inWorld(t, h.settings, func(w *world) {
				for n, c := range chapters() {
					w.tell(h, n+1, c)
				}
			})
		})
	}
}

// tell posts the events of a chapter and sees to it that one new issue is as the chapter wants it.
func (w *world) tell(h host, n int, c chapter) {
	w.t.Helper()
	for _, name := range append(c.before, c.event) {
		w.post(sample(name, n))
		w.settle()
	}
	all := w.issues()
	if len(all) != n {
		w.t.Fatalf("%s: %d issues, want %d", c.event, len(all), n)
	}
	issue := all[n-1]
	issue.expect(w, c.open, c.comments)
	if c.comments > 0 && !strings.Contains(issue.Comments[c.comments-1], c.says) {
		w.t.Errorf("%s: the comment does not say %q: %s", c.event, c.says, issue.Comments)
	}
	want := h.undone
	if c.planned {
		want = h.done
	}
	if !c.open && issue.Reason != want {
		w.t.Errorf("%s: closed as %q, want %q", c.event, issue.Reason, want)
	}
	if h.golden {
		w.compare(filepath.Join("testdata", "golden", h.name, c.event+".txt"), issue.String())
	}
}

// String is the text of a golden file.
func (s seen) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nlabels: %s\npriority: %s\nstatus: %s\nreason: %s\n\n%s\n",
		s.Title, strings.Join(s.Labels, " "), s.Priority, s.Status, s.Reason, s.Body)
	for _, c := range s.Comments {
		fmt.Fprintf(&b, "\n======== comment\n%s\n", c)
	}
	return b.String()
}

func (w *world) compare(name, got string) {
	w.t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		w.t.Fatal(err)
	}
	if got != string(want) {
		w.t.Errorf("%s is out of date (-update writes it anew); got:\n%s", name, got)
	}
}

func TestANewOpeningReopensWhatWeClosedWithACommentOnEveryHost(t *testing.T) {
	for _, h := range hosts() {
		t.Run(h.name, func(t *testing.T) {
			inWorld(t, h.settings, func(w *world) {
				w.post(violation("OPENED", "v-1", 1611058000))
				w.settle()
				w.post(violation("WONT_FIX", "v-1", 1611059000, "exception_explanation", "Not ours."))
				w.settle()
				w.one().expect(w, false, 1)
				w.post(violation("OPENED", "v-1", 1611060000))
				w.settle()
				issue := w.one()
				issue.expect(w, true, 2)
				if issue.comment("open again") == "" {
					t.Errorf("no comment says that it is open again: %q", issue.Comments)
				}
				w.post(violation("RESOLVED", "v-1", 1611061000))
				w.settle()
				w.one().expect(w, false, 3)
				if got := w.one().Reason; got != h.done {
					t.Errorf("closed the second time as %q, want %q", got, h.done)
				}
			})
		})
	}
}

func TestUserEventsAndProbesMakeNoIssueAndLeaveNoAddressBehind(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		users := 0
		for _, name := range samples.Names() {
			if strings.Contains(name, "__USER_") {
				users++
				w.post(string(samples.Body(name)))
			}
		}
		w.post(string(samples.Body("SETUP_PROBE")))
		w.settle()
		if n := len(w.issues()); n != 0 {
			t.Errorf("%d issues, want none", n)
		}
		states := map[store.EventState]int{}
		for _, e := range w.events() {
			states[e.State]++
			if e.State == store.EventPersonal && len(e.Body) != 0 {
				t.Errorf("event %d (%s) still has a body", e.Seq, e.Type)
			}
		}
		if states[store.EventPersonal] != users || states[store.EventProbe] != 1 || len(states) != 2 {
			t.Errorf("events: %v, want %d personal ones and a probe", states, users)
		}
		w.stop()
		for _, secret := range []string{"someone@", "somewhere.com", "datatheorem.io"} {
			w.expectNowhere(secret)
		}
	})
}

// expectNowhere looks for words in the log and in every file of the stopped daemon.
func (w *world) expectNowhere(words string) {
	w.t.Helper()
	if strings.Contains(w.logs.String(), words) {
		w.t.Errorf("%q is in the log", words)
	}
	err := fs.WalkDir(os.DirFS(w.dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(w.dir, name))
		if bytes.Contains(content, []byte(words)) {
			w.t.Errorf("%q is in %s", words, name)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) events() (all []store.Event) {
	w.t.Helper()
	w.inStore(func(ctx context.Context, s *store.Store) (err error) {
		all, err = s.Events(ctx, store.EventFilter{Limit: 1000})
		return err
	})
	return all
}

func TestAnUnknownEventIsKeptAndAppliedOnceTheTableKnowsIt(t *testing.T) {
	inWorld(t, settings{rules: everythingToJira}, func(w *world) {
		w.post(event("AI_SECURE__MODEL_RISK_RAISED", 1611058000, "uuid", "m-1", "summary", "The model tells secrets"))
		w.settle()
		if all := w.events(); len(all) != 1 || all[0].State != store.EventUnhandled || len(w.issues()) != 0 {
			t.Fatalf("%d issues; events: %+v, want one that is unhandled", len(w.issues()), all)
		}
		w.restartWith(everythingToJira + `
[[events]]
type = "AI_SECURE__MODEL_RISK_RAISED"
class = "status"
kind = "violation"
disposition = "open"
fields = { title = ["summary"] }
`)
		w.inStore(func(ctx context.Context, s *store.Store) error {
			_, err := s.RequeueEvents(ctx, []store.EventState{store.EventUnhandled})
			return err
		})
		w.poke()
		if title := w.one().Title; !strings.Contains(title, "The model tells secrets") {
			t.Errorf("title %q", title)
		}
		if all := w.events(); all[0].State != store.EventApplied {
			t.Errorf("the event is %s", all[0].State)
		}
	})
}
