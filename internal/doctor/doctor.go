// Package doctor asks the trackers, without changing anything in them, whether they will take what
// the rules ask for, and says where in the configuration to put right what they will not.
package doctor

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"ticketd/internal/ticket"
)

// Examiner is a tracker that can be examined.
type Examiner interface {
	// Examine looks, without changing anything, whether the tracker will take what the rules ask of one
	// destination. It makes a bounded number of calls, and what it cannot find out is a Symptom too.
	Examine(ctx context.Context, n ticket.Need) []ticket.Symptom
}

// Tracker is a configured tracker.
type Tracker struct {
	Examiner Examiner
	Key      []string // path of its table in the configuration, e.g. ["jira", "security"]
}

// Options of an examination.
type Options struct {
	Trackers map[string]Tracker // by name
	Needs    []ticket.Need      // as mapping.Mapping.Needs gives them
	Cheap    bool               // as ticket.Need has it
	Position Position           // nil: nothing has one
	Limit    time.Duration      // of one destination; 0: DefaultLimit
}

// checkDestination is Symptom.Check of a destination that was not looked at.
const checkDestination = "destination"

// DefaultLimit is how long the examination of one destination may take.
const DefaultLimit = 2 * time.Minute

// Position says where a key of the configuration is, given as mapping.Problem.Path gives it: the file,
// and the line and column from 1, 0 where there is none.
type Position func(path []string) (file string, line, column int)

// Entry is a symptom with where it was found and where in the configuration it belongs.
type Entry struct {
	ticket.Symptom

	Tracker   string
	Project   string // "": the tracker as a whole
	IssueType string
	File      string
	Line      int    // from 1; 0: none
	Name      string // of the key, as people write it: rule[2].labels
}

// Report is what was found, by tracker, within one what concerns all of it first, then by destination
// in the order of the rules.
type Report struct{ Entries []Entry }

// Count gives how many entries have a severity.
func (r Report) Count(s ticket.Severity) (n int) {
	for _, e := range r.Entries {
		if e.Severity == s {
			n++
		}
	}
	return n
}

// Failed tells whether tickets will not be made or kept true, or a tracker could not be asked at all.
func (r Report) Failed() bool {
	return slices.ContainsFunc(r.Entries, func(e Entry) bool {
		return e.Severity == ticket.Failing || e.Severity == ticket.Unknown && whole(e.Symptom)
	})
}

// Run examines every tracker: at the same time, of one the destinations one after another.
func Run(ctx context.Context, o Options) Report {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Position == nil {
		o.Position = func([]string) (string, int, int) { return "", 0, 0 }
	}
	names := slices.Sorted(maps.Keys(o.Trackers))
	visits := make([]*visit, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		visits[i] = &visit{o: o, name: name, Tracker: o.Trackers[name]}
		wait.Go(func() { visits[i].run(ctx) })
	}
	wait.Wait()
	var r Report
	for _, v := range visits {
		r.Entries = slices.Concat(r.Entries, v.whole, v.rest)
	}
	return r
}

// visit is the examination of one tracker.
type visit struct {
	Tracker

	o     Options
	name  string
	whole []Entry // of the tracker as a whole
	rest  []Entry
}

func (v *visit) run(ctx context.Context) {
	needs := slices.DeleteFunc(slices.Clone(v.o.Needs), func(n ticket.Need) bool { return n.Destination.Tracker != v.name })
	if len(needs) == 0 {
		v.note(ticket.Need{}, ticket.Symptom{Severity: ticket.Warning, Check: ticket.CheckSite,
			Text: "no rule leads to this tracker, so nothing was looked at", Hint: "add a rule for it, or remove it"})
	}
	goOn := true
	for _, n := range needs {
		if goOn && ctx.Err() == nil {
			goOn = v.destination(ctx, n)
			continue
		}
		v.note(n, ticket.Symptom{Severity: ticket.Unknown, Check: checkDestination, Text: "was not looked at",
			Hint: "see what is said of the tracker as a whole"})
	}
}

// destination examines one destination and tells whether others of the tracker are worth a look.
func (v *visit) destination(ctx context.Context, n ticket.Need) (goOn bool) {
	ctx, cancel := context.WithTimeout(ctx, v.o.Limit)
	defer cancel()
	n.Cheap = v.o.Cheap
	goOn = true
	for _, s := range v.Examiner.Examine(ctx, n) {
		v.note(n, s)
		if whole(s) && (s.Severity == ticket.Failing || s.Severity == ticket.Unknown) {
			goOn = false
		}
	}
	return goOn
}

// whole tells whether a symptom is one of the tracker as a whole.
func whole(s ticket.Symptom) bool {
	return s.Check == ticket.CheckSite || s.Check == ticket.CheckCredential
}

// note keeps a symptom. What concerns the tracker as a whole is said by every destination and kept
// once.
func (v *visit) note(n ticket.Need, s ticket.Symptom) {
	e := Entry{Symptom: s, Tracker: v.name}
	if whole(s) {
		e.place(v.o.Position, s.Key, v.Key)
		if slices.ContainsFunc(v.whole, func(other Entry) bool { return reflect.DeepEqual(other, e) }) {
			return
		}
		v.whole = append(v.whole, e)
	} else {
		e.Project, e.IssueType = n.Destination.Project, n.Destination.IssueType
		e.place(v.o.Position, s.Key, n.Key, v.Key)
		v.rest = append(v.rest, e)
	}
}
