package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// examiner answers from a function and remembers what it was asked.
type examiner struct {
	answer func(ctx context.Context, n ticket.Need) []ticket.Symptom

	mu    sync.Mutex
	asked []ticket.Need
}

func (e *examiner) Examine(ctx context.Context, n ticket.Need) []ticket.Symptom {
	e.mu.Lock()
	e.asked = append(e.asked, n)
	e.mu.Unlock()
	return e.answer(ctx, n)
}

func (e *examiner) projects() (all []string) {
	for _, n := range e.asked {
		all = append(all, n.Destination.Project)
	}
	return all
}

func need(tracker, project, key string) ticket.Need {
	return ticket.Need{Destination: ticket.Destination{Tracker: tracker, Project: project, IssueType: "Bug"}, Key: []string{"rule", key, "project"}}
}

// lined says that every key stands in a line that is the length of its path.
func lined(path []string) (file string, line, column int) { return "t.toml", len(path), 1 }

// in writes entries as lines.
func in(r Report) string {
	var b strings.Builder
	for _, e := range r.Entries {
		fmt.Fprintf(&b, "%s/%s %s %s: %s @%s:%d %s\n", e.Tracker, e.Project, e.Severity, e.Check, e.Text, e.File, e.Line, e.Name)
	}
	return b.String()
}

func expect(t *testing.T, r Report, want ...string) {
	t.Helper()
	if got, want := in(r), strings.Join(want, "\n")+"\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// usual tells of the credential and of the project.
func usual(_ context.Context, n ticket.Need) []ticket.Symptom {
	return []ticket.Symptom{
		{Severity: ticket.Healthy, Check: ticket.CheckCredential, Text: "belongs to bot"},
		{Severity: ticket.Healthy, Check: "project", Text: n.Destination.Project + " is there"},
		{Severity: ticket.Warning, Check: "label", Text: "may not be made", Key: []string{"rule", "1", "labels", "0"}},
	}
}

func TestTheReportIsByTrackerWithWhatConcernsAllOfItFirstAndOnce(t *testing.T) {
	security, oss := &examiner{answer: usual}, &examiner{answer: usual}
	r := Run(t.Context(), Options{
		Trackers: map[string]Tracker{"security": {security, []string{"jira", "security"}}, "oss": {oss, []string{"github", "oss"}}},
		Needs:    []ticket.Need{need("security", "SEC", "0"), need("oss", "acme/app", "1"), need("security", "APP", "2")},
		Position: lined,
	})
	expect(t, r,
		"oss/ ok credential: belongs to bot @t.toml:2 github.oss",
		"oss/acme/app ok project: acme/app is there @t.toml:3 rule[1].project",
		"oss/acme/app warning label: may not be made @t.toml:4 rule[1].labels[0]",
		"security/ ok credential: belongs to bot @t.toml:2 jira.security",
		"security/SEC ok project: SEC is there @t.toml:3 rule[0].project",
		"security/SEC warning label: may not be made @t.toml:4 rule[1].labels[0]",
		"security/APP ok project: APP is there @t.toml:3 rule[2].project",
		"security/APP warning label: may not be made @t.toml:4 rule[1].labels[0]",
	)
	if r.Count(ticket.Healthy) != 5 || r.Count(ticket.Warning) != 3 || r.Count(ticket.Failing) != 0 {
		t.Errorf("counts of\n%s", in(r))
	}
}

func TestATrackerThatRefusesOrIsDownIsNotAskedAgain(t *testing.T) {
	for _, s := range []ticket.Symptom{
		{Severity: ticket.Failing, Check: ticket.CheckCredential, Text: "is refused"},
		{Severity: ticket.Failing, Check: ticket.CheckSite, Text: "does not answer"},
		{Severity: ticket.Unknown, Check: ticket.CheckSite, Text: "is throttled"},
	} {
		e := &examiner{answer: func(context.Context, ticket.Need) []ticket.Symptom { return []ticket.Symptom{s} }}
		r := Run(t.Context(), Options{
			Trackers: map[string]Tracker{"oss": {e, []string{"github", "oss"}}},
			Needs:    []ticket.Need{need("oss", "a/a", "0"), need("oss", "b/b", "1"), need("oss", "c/c", "2")}, Position: lined,
		})
		expect(t, r,
			fmt.Sprintf("oss/ %s %s: %s @t.toml:2 github.oss", s.Severity, s.Check, s.Text),
			"oss/b/b unknown destination: was not looked at @t.toml:3 rule[1].project",
			"oss/c/c unknown destination: was not looked at @t.toml:3 rule[2].project",
		)
		if got := e.projects(); !slices.Equal(got, []string{"a/a"}) {
			t.Errorf("asked about %v", got)
		}
	}
}

func TestATroubleOfOneDestinationOrAWarningDoesNotEndTheVisit(t *testing.T) {
	e := &examiner{answer: func(_ context.Context, n ticket.Need) []ticket.Symptom {
		return []ticket.Symptom{
			{Severity: ticket.Warning, Check: ticket.CheckCredential, Text: "expires soon"},
			{Severity: ticket.Failing, Check: "project", Text: n.Destination.Project + " is archived"},
		}
	}}
	r := Run(t.Context(), Options{
		Trackers: map[string]Tracker{"oss": {Examiner: e}}, Needs: []ticket.Need{need("oss", "a/a", "0"), need("oss", "b/b", "1")},
	})
	expect(t, r,
		"oss/ warning credential: expires soon @:0 ",
		"oss/a/a error project: a/a is archived @:0 rule[0].project",
		"oss/b/b error project: b/b is archived @:0 rule[1].project",
	)
}

func TestATrackerWithoutARuleIsNotAskedAtAll(t *testing.T) {
	e := &examiner{answer: usual}
	r := Run(t.Context(), Options{Trackers: map[string]Tracker{"oss": {e, []string{"github", "oss"}}}, Position: lined,
		Needs: []ticket.Need{need("another", "a/a", "0")}})
	expect(t, r, "oss/ warning site: no rule leads to this tracker, so nothing was looked at @t.toml:2 github.oss")
	if len(e.asked) != 0 {
		t.Errorf("asked about %v", e.projects())
	}
}

func TestACheapExaminationIsAskedForAsSuch(t *testing.T) {
	for _, cheap := range []bool{true, false} {
		e := &examiner{answer: usual}
		Run(t.Context(), Options{Trackers: map[string]Tracker{"oss": {Examiner: e}}, Needs: []ticket.Need{need("oss", "a/a", "0")}, Cheap: cheap})
		if e.asked[0].Cheap != cheap {
			t.Errorf("asked for %v, want %v", e.asked[0].Cheap, cheap)
		}
	}
}

func TestTrackersAreExaminedAtTheSameTimeAndADestinationOnlyForSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _ ticket.Need) []ticket.Symptom {
			<-ctx.Done()
			return []ticket.Symptom{{Severity: ticket.Unknown, Check: "project", Text: "took too long"}}
		}
		trackers, needs := make(map[string]Tracker), []ticket.Need(nil)
		for _, name := range []string{"a", "b", "c"} {
			trackers[name] = Tracker{Examiner: &examiner{answer: hang}}
			needs = append(needs, need(name, "X", "0"), need(name, "Y", "1"))
		}
		began := time.Now()
		r := Run(t.Context(), Options{Trackers: trackers, Needs: needs})
		if took := time.Since(began); took != 2*DefaultLimit {
			t.Errorf("took %s", took)
		}
		if n := r.Count(ticket.Unknown); n != 6 {
			t.Errorf("%d symptoms", n)
		}
	})
}

func TestAnEndedExaminationAsksNoMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := &examiner{answer: func(context.Context, ticket.Need) []ticket.Symptom {
		cancel()
		return nil
	}}
	Run(ctx, Options{Trackers: map[string]Tracker{"oss": {Examiner: e}}, Needs: []ticket.Need{need("oss", "a/a", "0"), need("oss", "b/b", "1")}})
	if got := e.projects(); !slices.Equal(got, []string{"a/a"}) {
		t.Errorf("asked about %v", got)
	}
}

func TestKeysAreWrittenAsPeopleWriteThem(t *testing.T) {
	for want, path := range map[string][]string{
		"rule[2].labels[0]":                 {"rule", "2", "labels", "0"},
		"rule[0].fields.10010":              {"rule", "0", "fields", "10010"},
		`rule[0].fields."Root cause"`:       {"rule", "0", "fields", "Root cause"},
		"defaults.priority.HIGH":            {"defaults", "priority", "HIGH"},
		"profile.7.on.fixed.transitions[1]": {"profile", "7", "on", "fixed", "transitions", "1"},
		"":                                  nil,
	} {
		if got := nameOf(path); got != want {
			t.Errorf("%v is written %s, want %s", path, got, want)
		}
	}
}
