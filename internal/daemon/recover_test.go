package daemon_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

// The rules of an estate: single tickets on Jira, groups on GitHub, and a storm that waits in a digest.
const estateRules = `
[[rule]]
name = "storm"
match.relevance = "PROACTIVE"
max_new_per_hour = 4
tracker = "jira"
project = "SEC"

[[rule]]
name = "violations"
match.kind = "violation"
tracker = "jira"
project = "SEC"

[[rule]]
name = "targets"
match.kind = "target"
group_by = "parent"
tracker = "github"
repository = "acme/app"
`

// What an estate has: findings of which the storm's wait for their turn in part.
const (
	estateSingles = 26
	estateStorm   = 8
	estateGroups  = 19
)

// estate is what a daemon was told over its life, so that all of it can be told again.
type estate struct {
	*world

	told   []string
	closed string // the issue that a person closed
}

func (e *estate) tell(bodies ...string) {
	e.t.Helper()
	for _, body := range bodies {
		e.told = append(e.told, body)
		e.post(body)
	}
}

// settled makes fifty and more tickets in several states.
func (e *estate) settled() {
	e.t.Helper()
	for i := range estateSingles {
		e.tell(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
	}
	for i := range estateGroups {
		e.tell(e.member("CREATED", i, "a", 1611058000), e.member("CREATED", i, "b", 1611058000))
	}
	e.pass(20 * time.Minute)
	e.closed = e.issueOf("v-7").Key
	e.must(e.jira.CloseByPerson(e.closed))
}

// changed closes and opens some, and brings the storm, of which half gets tickets.
func (e *estate) changed() {
	e.t.Helper()
	for i := range 5 {
		e.tell(violation("RESOLVED", fmt.Sprint("v-", i), 1611059000))
	}
	e.tell(violation("WONT_FIX", "v-5", 1611059000))
	e.tell(violation("RESOLVED", "v-6", 1611059000), violation("OPENED", "v-6", 1611060000))
	e.tell(e.member("FIXED", 0, "a", 1611059000), e.member("FIXED", 0, "b", 1611059000), e.member("FIXED", 1, "a", 1611059000))
	for i := range estateStorm {
		e.tell(violation("OPENED", fmt.Sprint("storm-", i), 1611058000, "relevance", "PROACTIVE"))
	}
	e.pass(30 * time.Minute)
}

func (e *estate) member(verb string, group int, part string, at int64) string {
	id := fmt.Sprintf("g%02d%s", group, part)
	return target(verb, id, at, "security_finding_id", fmt.Sprint("parent-", group), "affected_component", "part-"+id)
}

// issueOf gives the issue of a single finding.
func (e *estate) issueOf(uuid string) seen {
	e.t.Helper()
	row := e.ticketWhere(func(t store.Ticket) bool { return t.Group == "violation/"+uuid })
	return e.issue(row.Ref.Key)
}

// digest gives the digest, which there is one of.
func (e *estate) digest() seen {
	e.t.Helper()
	digests, _ := e.digests()
	if len(digests) != 1 {
		e.t.Fatalf("%d digests", len(digests))
	}
	return digests[0]
}

// lose makes away with files of the stopped daemon's database.
func (e *estate) lose(suffixes ...string) {
	e.t.Helper()
	for _, suffix := range suffixes {
		if err := os.Remove(e.path() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			e.t.Fatal(err)
		}
	}
}

// recover recovers as the command does.
func (e *estate) recover(dry bool) daemon.Recovery {
	e.t.Helper()
	c, problems := config.Parse("test.toml", fmt.Appendf(nil, head+usualTrackers+estateRules, e.path()), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		e.t.Fatal(problems)
	}
	r, err := daemon.Recover(e.t.Context(), daemon.RecoverOptions{
		TrackerOptions: daemon.TrackerOptions{Config: c, Version: "test", Transport: e.world}, DryRun: dry,
	})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, p := range r.Places {
		if p.Err != nil {
			e.t.Errorf("%s was not searched: %v", p.Project, p.Err)
		}
	}
	return r
}

// expectSame sees to it that everything that was there is there once, as it was, and nothing else but what
// waited for its turn. A new database cannot know that it was a person who closed an issue whose finding is
// open, and opens it again.
func (e *estate) expectSame(before []seen, anew bool) {
	e.t.Helper()
	_, made := e.digests()
	if want := estateSingles + estateStorm + estateGroups; len(made) != want {
		e.t.Errorf("%d issues of findings, want %d", len(made), want)
	}
	if e.digest().Open {
		e.t.Error("the digest is open and nothing waits")
	}
	for _, old := range before {
		now := e.issue(old.Key)
		if strings.HasPrefix(old.Title, "Findings of rule ") {
			continue
		}
		if anew && old.Key == e.closed {
			now.expect(e.world, true, 1)
			continue
		}
		if now.Open != old.Open || now.Title != old.Title {
			e.t.Errorf("%s is open: %v (%s), and was %v", old.Key, now.Open, now.Status, old.Open)
		}
		if len(now.Comments) != len(old.Comments) {
			e.t.Errorf("%s says %q, and said %q", old.Key, now.Said, old.Said)
		}
	}
}

// inEstate runs a disaster that befalls the stopped daemon's database, which was backed up in the middle of
// its life, and then a recovery and all events once more.
func inEstate(t *testing.T, disaster func(e *estate, backup string), recovered func(e *estate, r daemon.Recovery)) {
	t.Helper()
	long(t)
	inWorld(t, settings{rules: estateRules, jira: jiratest.Options{SearchLag: 30 * time.Second}}, func(w *world) {
		e := &estate{world: w}
		e.settled()
		backup := e.path() + ".backup"
		if _, err := store.Backup(w.t.Context(), store.BackupOptions{Path: e.path(), To: backup}); err != nil {
			t.Fatal(err)
		}
		e.changed()
		before := e.issues()
		if len(before) != estateSingles+estateStorm/2+estateGroups+1 {
			t.Fatalf("%d issues to begin with", len(before))
		}
		e.stop()
		disaster(e, backup)
		calls := e.trackerCalls()
		looked := e.recover(true)
		r := e.recover(false)
		if (looked.Trouble == nil) != (r.Trouble == nil) || len(looked.Aside) != len(r.Aside) || looked.Gap != r.Gap {
			t.Errorf("a dry run told %v, %v, %v; then it was %v, %v, %v", looked.Trouble, looked.Aside, looked.Gap, r.Trouble, r.Aside, r.Gap)
		}
		recovered(e, r)
		if calls == e.trackerCalls() {
			t.Error("the trackers were not asked")
		}
		e.start()
		for _, body := range e.told {
			e.post(body)
		}
		e.pass(6 * time.Hour)
		e.expectSame(before, r.Known == 0)
		if left := e.unknownOpen(e.recover(true)); left != 0 {
			t.Errorf("%d open issues are unknown after all was sent", left)
		}
	})
}

func (e *estate) unknownOpen(r daemon.Recovery) (n int) {
	for _, p := range r.Places {
		for _, s := range p.Unknown {
			if s.Open {
				n++
			}
		}
	}
	return n
}

// expectPlaces sees to it that both destinations were searched, and how much was not known.
func (e *estate) expectPlaces(r daemon.Recovery, unknown int) {
	e.t.Helper()
	issues, strange := 0, 0
	for _, p := range r.Places {
		issues, strange = issues+p.Issues, strange+len(p.Unknown)
	}
	if len(r.Places) != 2 || issues != len(e.issues()) || strange != unknown {
		e.t.Errorf("searched %d places: %d issues, %d of them unknown; want 2, %d, %d", len(r.Places), issues, strange, len(e.issues()), unknown)
	}
}

func TestADeletedDatabaseIsRecoveredFromTheTrackersAndNothingIsMadeTwice(t *testing.T) {
	inEstate(t, func(e *estate, _ string) { e.lose("", "-wal", "-shm") }, func(e *estate, r daemon.Recovery) {
		if r.Trouble == nil || len(r.Aside) != 0 || r.Known != 0 {
			e.t.Errorf("told: %+v", r)
		}
		e.expectPlaces(r, len(e.issues()))
	})
}

func TestADatabaseThatWasLostWithAllItsFilesIsRecoveredToo(t *testing.T) {
	inEstate(t, func(e *estate, _ string) { e.lose("", "-wal", "-shm", ".hwm") }, func(e *estate, r daemon.Recovery) {
		if r.Trouble != nil || len(r.Aside) != 0 || r.Known != 0 {
			e.t.Errorf("told: %+v", r)
		}
		e.expectPlaces(r, len(e.issues()))
	})
}

func TestAnOldBackupIsRecoveredFromTheTrackersAndNothingIsMadeTwice(t *testing.T) {
	inEstate(t, func(e *estate, backup string) {
		if _, err := store.Restore(e.t.Context(), store.RestoreOptions{Path: e.path(), From: backup, Now: time.Now}); err != nil {
			e.t.Fatal(err)
		}
	}, func(e *estate, r daemon.Recovery) {
		if r.Trouble != nil || r.Known != estateSingles+estateGroups || r.Gap.AtMost() == 0 {
			e.t.Errorf("told: %+v", r)
		}
		e.expectPlaces(r, estateStorm/2+1)
	})
}

func TestADamagedDatabaseIsKeptAsideAndRecoveredFromTheTrackers(t *testing.T) {
	inEstate(t, func(e *estate, _ string) {
		content, err := os.ReadFile(e.path())
		e.must(err)
		for page := range len(content) / 8192 {
			copy(content[page*8192+5:], "damaged")
		}
		e.must(os.WriteFile(e.path(), content, 0o600))
	}, func(e *estate, r daemon.Recovery) {
		if !errors.Is(r.Trouble, store.ErrDamaged) || len(r.Aside) == 0 || r.Known != 0 {
			e.t.Errorf("told: %+v", r)
		}
		for _, file := range r.Aside {
			if _, err := os.Stat(file); err != nil {
				e.t.Error(err)
			}
		}
		e.expectPlaces(r, len(e.issues()))
	})
}

func TestADryRunOfARecoveryChangesNothingAndWorksBesideTheDaemon(t *testing.T) {
	inWorld(t, settings{rules: estateRules}, func(w *world) {
		e := &estate{world: w}
		e.tell(violation("OPENED", "v-1", 1611058000))
		e.settle()
		r := e.recover(true)
		if r.Trouble != nil || r.Known != 1 || e.unknownOpen(r) != 0 {
			t.Errorf("told: %+v", r)
		}
		e.stop()
		e.lose("", "-wal", "-shm")
		if r = e.recover(true); r.Trouble == nil || len(r.Aside) != 0 || r.Known != 0 || e.unknownOpen(r) != 1 {
			t.Errorf("told: %+v", r)
		}
		if _, err := os.Stat(e.path()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a database was made: %v", err)
		}
	})
}

func TestATrackerThatIsDownIsToldAndTheOthersAreSearched(t *testing.T) {
	inWorld(t, settings{rules: estateRules}, func(w *world) {
		e := &estate{world: w}
		e.tell(violation("OPENED", "v-1", 1611058000), e.member("CREATED", 1, "a", 1611058000))
		e.pass(3 * time.Minute)
		e.stop()
		e.setDown("jira.example.com", true)
		c, _ := config.Parse("test.toml", fmt.Appendf(nil, head+usualTrackers+estateRules, e.path()), func(string) (string, bool) { return "", false })
		r, err := daemon.Recover(w.t.Context(), daemon.RecoverOptions{TrackerOptions: daemon.TrackerOptions{Config: c, Transport: e.world}})
		if err != nil || len(r.Places) != 2 || r.Places[0].Err == nil || r.Places[1].Err != nil || r.Places[1].Issues != 1 {
			t.Errorf("told: %+v, %v", r, err)
		}
		e.setDown("jira.example.com", false)
	})
}
