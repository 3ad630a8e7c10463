package apply_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
	"ticketd/mapping"
	"ticketd/store"
)

// useRule goes on with one rule for everything, and gives what is logged from then on.
func (b *bench) useRule(change func(*mapping.Rule)) *bytes.Buffer {
	b.t.Helper()
	rule := mapping.Rule{Name: "rule-SEC", Tracker: "jira", Project: "SEC"}
	change(&rule)
	rules, problems := mapping.Compile(mapping.Spec{Rules: []mapping.Rule{rule},
		Trackers: map[string]mapping.Service{"jira": mapping.Jira}, Instance: "test"})
	if rules == nil {
		b.t.Fatal(problems)
	}
	table, errs := datatheorem.NewTable(nil)
	if len(errs) > 0 {
		b.t.Fatal(errs)
	}
	var logged bytes.Buffer
	b.rules = rules
	b.Applier = apply.New(apply.Options{
		Store: b.store, Table: table, Mapping: rules, Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		Now: func() time.Time { return noon }, Applied: func() { b.woken++ },
	})
	return &logged
}

func byParent(r *mapping.Rule) { r.GroupBy = mapping.Names{"parent"} }

// secondTarget is another target of the parent that the sample's has.
func secondTarget() string {
	return strings.Replace(sample(created), "8000-000000000001", "8000-000000000002", 1)
}

// members gives how many findings each ticket has, by its group's sort and state.
func (b *bench) members() map[string]int {
	b.t.Helper()
	all := make(map[string]int)
	for _, row := range b.tickets() {
		f, err := b.store.FindingsOfTicket(b.t.Context(), row.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		sort, _, _ := strings.Cut(row.Group, "/")
		all[sort+" "+string(row.State)] += len(f)
	}
	return all
}

// attempt makes a row one for which a create was sent.
func (b *bench) attempt() {
	b.t.Helper()
	w, _, err := b.store.Claim(b.t.Context(), store.Claim{Tracker: "jira", Now: noon, Lease: time.Minute})
	if err != nil || w.Ticket.ID == 0 {
		b.t.Fatal("nothing to claim: ", err)
	}
	w.Ticket.State, w.Ticket.Attempts = store.TicketIntent, 1
	if err := b.store.Record(b.t.Context(), store.Record{Ticket: w.Ticket, Done: true}); err != nil {
		b.t.Fatal(err)
	}
}

func same(got, want map[string]int) bool {
	for k, n := range want {
		if got[k] != n {
			return false
		}
	}
	return len(got) == len(want)
}

func TestFindingsOfAGroupShareATicketWhichEachOneWakes(t *testing.T) {
	b := newBench(t, everything)
	b.useRule(byParent)
	b.post(sample(created))
	before := b.version()
	b.post(secondTarget())
	if got := b.members(); !same(got, map[string]int{"group wanted": 2}) || b.version() <= before {
		t.Errorf("%v, version %d after %d", got, b.version(), before)
	}
}

func TestATicketThatWasNeverAttemptedGivesItsFindingsToTheirGroup(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(created), secondTarget())
	b.useRule(byParent)
	if _, err := b.Reroute(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.members(); !same(got, map[string]int{"group wanted": 2, "target none": 0}) {
		t.Errorf("%v", got)
	}
	for _, row := range b.tickets() {
		if rests := row.State == store.TicketNone; rests && row.Version < 1 {
			t.Errorf("an empty ticket: %+v", row)
		}
	}
	b.useRule(func(*mapping.Rule) {}) // and back
	if _, err := b.Reroute(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.members(); !same(got, map[string]int{"group none": 0, "target none": 2}) {
		t.Errorf("back: %v", got)
	}
}

func TestAFindingThatComesBackToItsOldTicketTakesItAlongToWhereTheRulesLeadNow(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(created))
	for _, change := range []func(*mapping.Rule){byParent, func(r *mapping.Rule) { r.Name, r.Project = "elsewhere", "OPS" }} {
		b.useRule(change)
		if _, err := b.Reroute(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	row := b.tickets()[0]
	for _, other := range b.tickets() {
		if members, err := b.store.FindingsOfTicket(t.Context(), other.ID); err != nil || len(members) > 0 {
			row = other
		}
	}
	if row.Destination.Project != "OPS" || row.Rule != "elsewhere" || row.Due.IsZero() {
		t.Errorf("%s goes to %s by rule %q, due %v", row.Group, row.Destination.Project, row.Rule, row.Due)
	}
}

func TestATicketThatWasAttemptedKeepsItsFindingsAndNewOnesGoToTheirGroup(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(created))
	b.attempt()
	b.useRule(byParent)
	if _, err := b.Reroute(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.post(secondTarget())
	b.post(strings.Replace(sample(created), "TARGET_CREATED", "TARGET_FIXED", 1))
	if got := b.members(); !same(got, map[string]int{"target intent": 1, "group wanted": 1}) {
		t.Errorf("%v", got)
	}
}

func TestAFindingThatNoRuleMatchesAnyMoreGetsNoTicket(t *testing.T) {
	for name, attempted := range map[string]bool{"never attempted": false, "attempted": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, everything)
			b.post(sample(created))
			want := map[string]int{"target none": 0}
			if attempted {
				b.attempt()
				want = map[string]int{"target intent": 1}
			}
			b.useRule(func(r *mapping.Rule) { r.Match.Kind = mapping.Patterns{"violation"} })
			if _, err := b.Reroute(t.Context()); err != nil {
				t.Fatal(err)
			}
			unrouted, err := b.store.Unrouted(t.Context(), 0)
			if got := b.members(); !same(got, want) || err != nil || (len(unrouted) == 1) == attempted {
				t.Errorf("%v and %d unrouted, want %v; %v", got, len(unrouted), want, err)
			}
			b.useRule(func(*mapping.Rule) {})
			if _, err := b.Reroute(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := b.members(); got["target none"]+got["target intent"] != 1 || b.tickets()[0].Due.IsZero() != attempted {
				t.Errorf("back: %v", got)
			}
		})
	}
}

func TestAnIgnoredTicketKeepsItsFindings(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(created))
	if err := b.store.IgnoreTicket(t.Context(), b.tickets()[0].ID, "no"); err != nil {
		t.Fatal(err)
	}
	b.useRule(byParent)
	b.post(strings.Replace(sample(created), "TARGET_CREATED", "TARGET_FIXED", 1))
	if got := b.members(); !same(got, map[string]int{"target ignored": 1}) {
		t.Errorf("%v", got)
	}
}

func TestAFindingThatIsNotRoutedIsLoggedWithTheReason(t *testing.T) {
	for name, c := range map[string]struct {
		rule func(*mapping.Rule)
		want string
	}{
		"no rule matches":            {func(r *mapping.Rule) { r.Match.Kind = mapping.Patterns{"violation"} }, "no rule matches"},
		"the rule's expression ends": {func(r *mapping.Rule) { r.When = `description == ""` }, "rule-SEC"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, everything)
			logged := b.useRule(c.rule)
			long := `"description":"` + strings.Repeat("long ", 100_000) + `","data_before":` // longer than an expression reads
			b.post(strings.Replace(sample(created), `"id":`, long+`"","id":`, 1))
			if !strings.Contains(logged.String(), c.want) {
				t.Errorf("logged %s", logged)
			}
			if unrouted, err := b.store.Unrouted(t.Context(), 0); err != nil || len(unrouted) != 1 {
				t.Errorf("%d unrouted findings, %v", len(unrouted), err)
			}
		})
	}
}

func TestAFindingOnWhichARuleFailsLeavesATicketThatNothingWasSentFor(t *testing.T) {
	for name, attempted := range map[string]bool{"nothing was sent": false, "a create was sent": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, everything)
			b.useRule(func(r *mapping.Rule) { r.When = `description != "secret"` })
			b.post(sample(created))
			if attempted {
				b.attempt()
			}
			long := `"description":"` + strings.Repeat("long ", 100_000) + `","id":` // longer than an expression reads
			b.post(strings.Replace(strings.Replace(sample(created), `"id":`, long, 1), `"time":16`, `"time":17`, 1))
			unrouted, err := b.store.Unrouted(t.Context(), 0)
			if err != nil || (len(unrouted) == 0) != attempted {
				t.Errorf("%d unrouted findings, %v", len(unrouted), err)
			}
		})
	}
}

func TestANoteWakesEveryTicketThatHoldsATargetOfItsFinding(t *testing.T) {
	b := newBench(t, everything)
	b.post(sample(created))
	b.attempt() // a ticket of its own
	b.useRule(byParent)
	b.post(secondTarget(), strings.Replace(sample(created), "8000-000000000001", "8000-000000000003", 1))
	versions := make(map[int64]int64)
	for _, row := range b.tickets() {
		versions[row.ID] = row.Version
	}
	b.post(sample(noteMade))
	for _, row := range b.tickets() {
		if row.Version <= versions[row.ID] {
			t.Errorf("the ticket of %s was not woken", row.Group)
		}
	}
	if len(versions) != 2 {
		t.Errorf("%d tickets, want one of its own and one of the group", len(versions))
	}
	if _, ok := finding.ParseKey(b.tickets()[1].Group); !ok {
		t.Error("the first ticket is no finding's")
	}
}
