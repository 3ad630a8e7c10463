package deliver_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/proof"
	"ticketd/mapping"
	"ticketd/store"
)

// targets is how many findings a schedule is about; two have one parent. The last of them open late.
const (
	targets = 6
	early   = 4
	parents = 3
	simNote = "note-1"
)

func target(n int) string { return fmt.Sprint("target-", n) }
func parent(n int) string { return fmt.Sprint("parent-", n%parents) }

// play is one schedule: what is told to ticketd, and what people do meanwhile.
//
//	p := newPlay(t, drawn(seed, tally))
//	wrong := p.out()
type play struct {
	*world

	rng      *rand.Rand
	sender   *rand.Rand
	stubborn bool        // the sender repeats what was not acknowledged, until it is
	plot     func(*play) // what happens
	moves    bool        // people move issues, and the store is never restored; see person
	at       int64       // of the newest event
	requests uint64
	sent     []*message
	sending  sync.WaitGroup
	grouped  map[string]string    // the group of a finding
	touched  map[string]time.Time // when a person last closed or deleted an issue, by group
	backup   []byte
	restored int
	waited   int // how many findings a digest listed when all was at rest

	want   map[string]finding.Disposition // of what is in the store, once all is at rest
	titles map[string]string              // of the same
	opened map[string]time.Time           // when it was first told of the newest opening
	note   bool                           // the note on the first finding's parent stands
}

// message is an event on its way.
type message struct {
	body         string
	id           string // of the finding; "" for a note
	verb         string
	title        string // of the finding, from then on
	at           int64
	first        time.Time // when it was first sent
	acknowledged bool      // by a store that was not replaced since
}

func newPlay(t *testing.T, s schedule) *play {
	t.Helper()
	p := &play{world: newWorld(t, s), grouped: make(map[string]string), touched: make(map[string]time.Time), at: time.Now().Unix()}
	p.rng, p.sender = p.stream(ofPlay, 0), p.stream(ofSender, 0)
	p.stubborn, p.moves = p.rng.IntN(3) > 0, p.rng.IntN(3) == 0
	for n := range targets {
		body := statusBody(target(n), parent(n), "CREATED", p.at)
		f := finding.Fold(finding.Finding{}, p.table.Decode([]byte(body), time.Now()).Event)
		to, err := p.mapping.Route(f)
		if err != nil {
			t.Fatal(err)
		}
		p.grouped[target(n)] = to.Group
	}
	if p.plot = s.run; p.plot == nil {
		p.plot = (*play).run
	}
	p.start()
	return p
}

func (p *play) tell(n int, verb string) {
	p.at++
	m := &message{id: target(n), verb: verb, at: p.at, title: fmt.Sprint("as it was called ", p.rng.IntN(3))}
	m.body = titled(statusBody(target(n), parent(n), verb, p.at), m.title)
	p.send(m)
}

func (p *play) tellNote(verb string) {
	p.at++
	p.send(&message{body: noteBody(simNote, parent(0), verb, p.at), verb: verb, at: p.at})
}

// send has a message delivered, some late, so that they overtake each other, and some several times.
func (p *play) send(m *message) {
	p.mu.Lock()
	p.sent = append(p.sent, m)
	p.mu.Unlock()
	delay := func(late bool) time.Duration {
		limit := 5 * time.Second
		if late && !p.calm.Load() {
			limit = 20 * time.Minute
		}
		return time.Duration(1 + p.sender.Int64N(int64(limit)))
	}
	p.requests++
	p.deliver(m, p.requests, delay(p.sender.IntN(4) == 0), p.stubborn)
	if p.sender.IntN(4) > 0 || p.calm.Load() {
		return
	}
	for range 1 + p.sender.IntN(3) {
		p.requests++
		p.deliver(m, p.requests, delay(true), p.stubborn)
		p.tally.add("events repeated", 1)
	}
}

// deliver sends a message after a while, and again where the sender is stubborn. number tells the
// delivery from all others.
func (p *play) deliver(m *message, number uint64, delay time.Duration, stubborn bool) {
	nth := number << 12
	rng := p.stream(ofSender, nth)
	p.sending.Go(func() {
		sleep(delay)
		for {
			nth++
			if p.posted(m, nth) || p.ends() || !stubborn && !p.calm.Load() {
				return
			}
			sleep(time.Duration(1 + rng.Int64N(int64(5*time.Minute))))
		}
	})
}

func (p *play) posted(m *message, nth uint64) bool {
	p.mu.Lock()
	if m.first.IsZero() {
		m.first = time.Now()
	}
	before := p.restored
	p.mu.Unlock()
	p.tally.add("events posted", 1)
	if !p.post(m.body, nth) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.acknowledged = m.acknowledged || before == p.restored
	p.say("acknowledged: %s %s at %d", m.id, m.verb, m.at)
	return true
}

// run sends events of a few findings in a random order with random pauses, lets people have their way
// with the issues in between, and puts the store back from a backup in some schedules.
func (p *play) run() {
	for n := range early {
		p.tell(n, "CREATED")
	}
	p.tellNote("CREATED")
	for range 3 + p.rng.IntN(8) {
		p.pass(time.Duration(p.rng.Int64N(int64(15 * time.Minute))))
		switch p.rng.IntN(8) {
		case 0, 1:
			p.person()
		case 2:
			p.operate()
		case 3:
			p.tellNote("DELETED")
		default:
			verbs := []string{"CREATED", "CREATED", "FIXED", "RISK_ACCEPTED", "COMPENSATING_CONTROL"}
			p.tell(p.rng.IntN(early), verbs[p.rng.IntN(len(verbs))])
		}
	}
}

func (p *play) pass(d time.Duration) { sleep(d + time.Duration(1+p.rng.IntN(1000))) }

// operate restarts ticketd, and makes a backup meanwhile or puts one in place.
func (p *play) operate() {
	p.tally.add("restarts", 1)
	switch {
	case p.moves || p.odds.late > simLate: // one broken promise at a time
		p.restart(nil)
	case p.backup == nil:
		p.restart(p.backUp)
	default:
		p.restart(p.restore)
	}
}

// backUp copies a store that has something in it. The caller holds mu, as that of restore does.
func (p *play) backUp() {
	if slices.ContainsFunc(p.sent, func(m *message) bool { return m.acknowledged }) {
		var err error
		p.backup, err = os.ReadFile(p.path())
		p.must(err)
		p.say("the store is backed up")
	}
}

// restore puts the backup in place of the store. Whatever was acknowledged since is sent again: the
// sender has it still.
func (p *play) restore() {
	p.must(os.WriteFile(p.path(), p.backup, 0o600))
	p.restored++
	p.say("the store is restored")
	p.tally.add("stores restored", 1)
	again := p.stream(ofOperator, uint64(p.restored))
	for n, m := range p.sent {
		m.acknowledged = false
		if !m.first.IsZero() {
			p.deliver(m, uint64(p.restored)<<14|uint64(n), time.Duration(1+again.Int64N(int64(time.Hour))), true)
		}
	}
}

// person closes an issue, deletes it, moves it to another project, or writes into it.
//
// An issue that ticketd does not know yet must not be moved, nor one in a schedule in which the store
// forgets what it knew: it is looked for in the project in which it was made. That is a known hole.
func (p *play) person() {
	p.mu.Lock()
	running := p.process
	p.mu.Unlock()
	p.tracker.mu.Lock()
	defer p.tracker.mu.Unlock()
	there := p.tracker.there()
	if len(there) == 0 {
		return
	}
	i, deed := there[p.rng.IntN(len(there))], p.rng.IntN(6)
	switch {
	case deed == 0:
		i.open, i.deleted = false, true
		p.touch(i, "deleted")
	case deed == 1 || deed == 2:
		i.open = false
		p.touch(i, "closed")
	case deed == 3 && p.moves && running.knows(i):
		i.ref.Project, i.ref.Key = "ELSE", "ELSE-"+i.ref.ID
		p.tally.add("issues moved", 1)
		p.tracker.say("%s is moved by a person", i.ref.Key)
	default:
		i.draft.Body, i.edited = simEdit(), true
		if !slices.Contains(i.labels, simLabel) {
			i.labels = append(i.labels, simLabel)
		}
		p.tally.add("issues edited", 1)
		p.tracker.say("%s is edited by a person", i.ref.Key)
	}
}

const simLabel = "of-a-person"

func (p *play) touch(i *simIssue, how string) {
	p.tally.add("issues "+how, 1)
	p.tracker.say("%s is %s by a person", i.ref.Key, how)
	for _, group := range append(p.groups(), p.digest()) {
		if slices.Contains(p.issuesOf(group), i) || slices.Contains(p.markersOf(group), i.marker) {
			p.touched[group] = time.Now()
		}
	}
}

// knows tells whether the process, if there is one, has the issue in its store.
func (p *process) knows(i *simIssue) bool {
	if p == nil {
		return false
	}
	row, err := p.store.TicketByMarker(p.ctx, i.marker)
	return err == nil && row.Ref.ID == i.ref.ID
}

// heal lets everything be well and a person retry what is held; after two days all must be true. In
// between, everything that can be done now is, and what waits for its turn waits.
func (p *play) heal() {
	p.calm.Store(true)
	p.answers()
	p.pass(2 * simPause) // what stands still goes on
	p.up()
	p.sending.Wait()
	p.up()
	p.faults.add(p.wrongHeld()...)
	p.retryHeld()
	for n := early; n < targets; n++ {
		p.tell(n, "CREATED")
	}
	p.pass(45 * time.Minute)
	p.rest()
	p.remember()
	p.faults.add(p.wrongListSoFar()...)
	for range 3 {
		p.retryHeld()
		p.pass(20 * time.Hour)
	}
}

// answers has every call of the tracker answered from now on.
func (p *play) answers() {
	p.tracker.mu.Lock()
	defer p.tracker.mu.Unlock()
	p.tracker.faults = 0
}

// rest waits until the digest has nothing more to do for now.
func (p *play) rest() {
	for range 20 {
		row, err := p.store.FindTicket(p.t.Context(), p.digest())
		if err != nil || row.Due.IsZero() || time.Until(row.Due) > time.Hour {
			return
		}
		p.pass(time.Minute)
	}
}

func (p *play) retryHeld() {
	for _, row := range p.held() {
		p.must(p.store.RetryTicket(p.t.Context(), row.ID, time.Now()))
	}
	p.up().applied() // as the command line does
}

func (p *play) held() []store.Ticket {
	held, err := p.store.Tickets(p.t.Context(), store.TicketFilter{States: []store.TicketState{store.TicketHeld}})
	p.must(err)
	return held
}

// drawn gives the schedule of a seed: one of the policies under which issues follow each other or not,
// findings share a ticket or not, tickets wait for their turn or not, and closing is a comment or not.
func drawn(seed uint64, told *tally) schedule {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := schedule{seed: seed, deliverers: 1 + max(0, rng.IntN(5)-2), odds: usual(), tally: told}
	points := slices.DeleteFunc(proof.Points(), elsewhere)
	s.favourite = points[rng.IntN(len(points))]
	if rng.IntN(8) == 0 { // the quiet period is not enough: audits must make up for it
		s.odds.late, s.odds.call = 3*time.Hour, 0.4
		s.favourite, s.odds.favourite, s.odds.die = proof.DuplicateClosed, 0.9, 0.003
		s.run = func(p *play) {
			p.run()
			p.answers()
			p.pass(26 * time.Hour) // the audits
		}
	}
	regression := []string{"reopen", "new"}[rng.IntN(2)]
	within := []string{"90d", "20m", "0"}[rng.IntN(3)]
	grouped, bound, only := rng.IntN(2) == 0, rng.IntN(4), rng.IntN(5) == 0
	s.rule = func(r *mapping.Rule) {
		r.OnRegression, r.ReopenWithin = regression, within
		if grouped {
			r.GroupBy = mapping.Names{"parent"}
		}
		if bound == 1 || bound == 2 {
			r.MaxNewPerHour = &bound
		}
		if only {
			r.On = map[string]mapping.Outcome{"fixed": {CommentOnly: true}}
		}
	}
	return s
}
