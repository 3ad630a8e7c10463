package deliver_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/mapping"
	"ticketd/store"
)

// More schedules for a night: go test ./internal/deliver -run Schedule -schedules 10000 -timeout 0
var schedules = flag.Uint64("schedules", 25, "number of random schedules of faults")

func TestEveryScheduleOfFaultsEndsWithOneTrueIssuePerFinding(t *testing.T) {
	crashes, calls, restored, followed := 0, 0, 0, 0
	for seed := range *schedules {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			p := newPlay(newSim(t, seed, policyOf(seed)))
			p.run()
			p.heal()
			for _, wrong := range p.wrong() {
				t.Error(wrong)
			}
			crashes, calls, restored = crashes+p.crashes, calls+p.tracker.calls, restored+p.restored
			followed += p.followed()
		})
	}
	t.Logf("%d schedules, %d crashes, %d tracker calls, %d restored stores, %d following issues", *schedules, crashes, calls, restored, followed)
	if crashes == 0 || restored == 0 || followed == 0 {
		t.Error("something never happened: the simulation does not prove what it should")
	}
}

// The same schedules with a quiet period shorter than the tracker's lag must go wrong, or they would
// not prove that the right one is long enough.
func TestTheSchedulesFindAQuietPeriodThatIsTooShort(t *testing.T) {
	for seed := range uint64(40) {
		p := newPlay(newSim(t, seed, policyOf(seed)))
		p.quiet = time.Second
		p.start()
		p.run()
		p.quiet = simQuiet
		if p.twice() {
			return
		}
	}
	t.Error("no schedule made a second issue")
}

// policyOf gives each schedule one of the policies under which issues follow each other or not.
func policyOf(seed uint64) func(*mapping.Rule) {
	return func(r *mapping.Rule) {
		r.OnRegression = []string{"reopen", "new"}[seed%2]
		r.ReopenWithin = []string{"90d", "20m", "0"}[seed%3]
	}
}

// play is one schedule: what was told to ticketd, and what people did meanwhile.
type play struct {
	*sim

	at       int64 // of the newest event
	want     map[string]finding.Disposition
	opened   map[string]time.Time // when it was last told to have opened
	touched  map[string]time.Time // when a person last closed or deleted an issue of it
	note     bool                 // the note on the first finding stands
	restored int
}

const simNote = "note-1"

func newPlay(s *sim) *play {
	return &play{sim: s, at: s.clock.Unix(), want: make(map[string]finding.Disposition),
		opened: make(map[string]time.Time), touched: make(map[string]time.Time)}
}

func target(n int) string { return fmt.Sprint("target-", n) }

func (p *play) tell(id, verb string) {
	p.t.Helper()
	p.at++
	p.post(statusBody(id, "parent-"+id, verb, p.at))
	p.want[id] = map[string]finding.Disposition{"CREATED": finding.Open, "FIXED": finding.Fixed,
		"RISK_ACCEPTED": finding.RiskAccepted, "COMPENSATING_CONTROL": finding.CompensatingControl}[verb]
	if verb == "CREATED" {
		p.opened[id] = p.clock
	}
}

// run sends events of three findings in a random order with random pauses, lets people close and
// delete issues in between, and puts the store back from a backup in some schedules.
func (p *play) run() {
	p.t.Helper()
	for n := range 3 {
		p.tell(target(n), "CREATED")
	}
	p.post(noteBody(simNote, "parent-"+target(0), "CREATED", p.at))
	p.note = true
	rng := p.tracker.rng
	var restore func()
	for range 3 + rng.IntN(8) {
		p.pass(time.Duration(rng.Int64N(int64(15 * time.Minute))))
		switch rng.IntN(8) {
		case 0:
			p.person(rng.IntN(4) == 0)
		case 1:
			if restore == nil {
				restore = p.backUp()
			}
		case 2:
			if restore != nil {
				restore()
				restore, p.restored = nil, p.restored+1
				for _, body := range slices.Clone(p.posted) { // the sender has them still
					p.post(body)
				}
			}
		case 3:
			p.post(noteBody(simNote, "parent-"+target(0), "DELETED", p.at))
			p.note = false
		default:
			verbs := []string{"CREATED", "CREATED", "FIXED", "RISK_ACCEPTED", "COMPENSATING_CONTROL"}
			p.tell(target(rng.IntN(3)), verbs[rng.IntN(len(verbs))])
		}
	}
}

// person closes an issue, or deletes it.
func (p *play) person(deletes bool) {
	there := p.tracker.there()
	if len(there) == 0 {
		return
	}
	i := there[p.tracker.rng.IntN(len(there))]
	for n := range 3 {
		if slices.Contains(p.issues(target(n)), i) {
			p.touched[target(n)] = p.clock
		}
	}
	i.open, i.deleted = false, deletes
}

// heal lets the tracker be well and a person retry what is held; after two days all must be true.
func (p *play) heal() {
	p.t.Helper()
	p.tracker.faults = 0
	for range 3 {
		held, err := p.store.Tickets(p.t.Context(), store.TicketFilter{States: []store.TicketState{store.TicketHeld}})
		if err != nil {
			p.t.Fatal(err)
		}
		for _, row := range held {
			if err := p.store.RetryTicket(p.t.Context(), row.ID, p.clock); err != nil {
				p.t.Fatal(err)
			}
		}
		p.pass(20 * time.Hour)
	}
}

const generations = 12

// issues gives the issues of a finding, of every generation.
func (p *play) issues(id string) (all []*simIssue) {
	for g := range generations {
		all = append(all, p.of(p.marker(id, g+1))...)
	}
	return all
}

// of gives the issues with a marker that nobody deleted.
func (p *play) of(marker string) (all []*simIssue) {
	for _, i := range p.tracker.issues {
		if i.marker == marker && !i.deleted {
			all = append(all, i)
		}
	}
	return all
}

func (p *play) followed() (n int) {
	for i := range 3 {
		n += max(0, len(p.issues(target(i)))-1)
	}
	return n
}

// twice tells whether any marker has two issues.
func (p *play) twice() bool {
	for n := range 3 {
		for g := range generations {
			if len(p.of(p.marker(target(n), g+1))) > 1 {
				return true
			}
		}
	}
	return false
}

// wrong lists what is not as it should be.
func (p *play) wrong() (all []string) {
	complain := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if p.twice() {
		complain("two issues have one marker")
	}
	for n := range 3 {
		id, open := target(n), 0
		for _, i := range p.issues(id) {
			if i.open {
				open++
			}
			seen := make(map[string]bool)
			for _, c := range i.comments {
				if seen[c.Marker] {
					complain("%s: a comment is there twice on %s", id, i.ref.Key)
				}
				seen[c.Marker] = true
			}
		}
		closed, respected := p.want[id].Closed(), p.touched[id].After(p.opened[id])
		if open > 1 || (closed && open > 0) || (!closed && !respected && open != 1) {
			complain("%s is %s (left to a person: %v) with %d open of %d issues; its ticket: %+v",
				id, p.want[id], respected, open, len(p.issues(id)), p.row(id))
		}
	}
	row := p.row(target(0))
	for _, i := range p.of(row.Marker) {
		want := 0
		if p.note {
			want = 1
		}
		if n := p.count(i, mapping.CommentMarker(row.Marker, "note/"+simNote)); !row.Ref.IsZero() && n != want {
			complain("the note is there %d times on %s, want %d", n, i.ref.Key, want)
		}
	}
	return all
}
