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
var schedules = flag.Uint64("schedules", 30, "number of random schedules of faults")

func TestEveryScheduleOfFaultsEndsWithOneTrueIssuePerFinding(t *testing.T) {
	crashes, calls, restored, followed, waited := 0, 0, 0, 0, 0
	drawn := *schedules
	if testing.Short() {
		drawn = min(drawn, 10)
	}
	for seed := range drawn {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			p := newPlay(newSim(t, seed, policyOf(seed)))
			p.run()
			p.heal()
			for _, wrong := range p.wrong() {
				t.Error(wrong)
			}
			crashes, calls, restored = crashes+p.crashes, calls+p.tracker.calls, restored+p.restored
			followed, waited = followed+p.followed(), waited+p.waited
		})
	}
	t.Logf("%d schedules, %d crashes, %d tracker calls, %d restored stores, %d following issues, %d findings waited", drawn, crashes, calls, restored, followed, waited)
	if !testing.Short() && (crashes == 0 || restored == 0 || followed == 0 || waited == 0) {
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

// policyOf gives each schedule one of the policies under which issues follow each other or not,
// findings share a ticket or not, tickets wait for their turn or not, and closing is a comment or not.
func policyOf(seed uint64) func(*mapping.Rule) {
	return func(r *mapping.Rule) {
		r.OnRegression = []string{"reopen", "new"}[seed%2]
		r.ReopenWithin = []string{"90d", "20m", "0"}[seed%3]
		if seed/6%2 == 1 {
			r.GroupBy = mapping.Names{"parent"}
		}
		if seed/12%2 == 1 {
			bound := 1 + int(seed%2)
			r.MaxNewPerHour = &bound
		}
		if seed%5 == 4 {
			r.On = map[string]mapping.Outcome{"fixed": {CommentOnly: true}}
		}
	}
}

// play is one schedule: what was told to ticketd, and what people did meanwhile.
type play struct {
	*sim

	at       int64 // of the newest event
	want     map[string]finding.Disposition
	opened   map[string]time.Time // when it was last told to have opened
	touched  map[string]time.Time // when a person last closed or deleted an issue, by group
	note     bool                 // the note on the first finding's parent stands
	grouped  map[string]string    // the group of a finding
	restored int
	waited   int // how many findings a digest listed when all was at rest
}

const simNote = "note-1"

func newPlay(s *sim) *play {
	return &play{sim: s, at: s.clock.Unix(), want: make(map[string]finding.Disposition),
		opened: make(map[string]time.Time), touched: make(map[string]time.Time), grouped: make(map[string]string)}
}

// targets is how many findings a schedule is about; two have one parent. The last of them open late.
const (
	targets = 6
	early   = 4
	parents = 3
)

func target(n int) string { return fmt.Sprint("target-", n) }
func parent(n int) string { return fmt.Sprint("parent-", n%parents) }

func (p *play) tell(n int, verb string) {
	p.t.Helper()
	p.at++
	id := target(n)
	p.post(statusBody(id, parent(n), verb, p.at))
	p.want[id] = map[string]finding.Disposition{"CREATED": finding.Open, "FIXED": finding.Fixed,
		"RISK_ACCEPTED": finding.RiskAccepted, "COMPENSATING_CONTROL": finding.CompensatingControl}[verb]
	if verb == "CREATED" {
		p.opened[id] = p.clock
	}
}

// run sends events of a few findings in a random order with random pauses, lets people close and
// delete issues in between, and puts the store back from a backup in some schedules.
func (p *play) run() {
	p.t.Helper()
	for n := range early {
		p.tell(n, "CREATED")
	}
	p.post(noteBody(simNote, parent(0), "CREATED", p.at))
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
			p.post(noteBody(simNote, parent(0), "DELETED", p.at))
			p.note = false
		default:
			verbs := []string{"CREATED", "CREATED", "FIXED", "RISK_ACCEPTED", "COMPENSATING_CONTROL"}
			p.tell(rng.IntN(early), verbs[rng.IntN(len(verbs))])
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
	for _, group := range append(p.groups(), p.digest()) {
		if slices.Contains(p.issuesOf(group), i) {
			p.touched[group] = p.clock
		}
	}
	i.open, i.deleted = false, deletes
}

// heal lets the tracker be well and a person retry what is held; after two days all must be true. In
// between, everything that can be done now is, and what waits for its turn waits.
func (p *play) heal() {
	p.t.Helper()
	p.tracker.faults = 0
	p.retryHeld()
	for n := early; n < targets; n++ {
		p.tell(n, "CREATED")
	}
	p.pass(45 * time.Minute)
	p.rest()
	for _, wrong := range p.wrongList() {
		p.t.Error(wrong)
	}
	for range 3 {
		p.retryHeld()
		p.pass(20 * time.Hour)
	}
}

// rest waits until the digest has nothing more to do for now.
func (p *play) rest() {
	p.t.Helper()
	for range 20 {
		row, err := p.store.FindTicket(p.t.Context(), p.digest())
		if err != nil || row.Due.IsZero() || row.Due.Sub(p.clock) > time.Hour {
			return
		}
		p.pass(time.Minute)
	}
}

func (p *play) retryHeld() {
	p.t.Helper()
	held, err := p.store.Tickets(p.t.Context(), store.TicketFilter{States: []store.TicketState{store.TicketHeld}})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range held {
		if err := p.store.RetryTicket(p.t.Context(), row.ID, p.clock); err != nil {
			p.t.Fatal(err)
		}
	}
}
