package deliver_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketd/internal/ticket"
)

// How long the scripted tracker may take to show what was done: Z and L of the proof.
const (
	simLate = 3 * time.Minute // longest delay of an effect
	simLag  = 4 * time.Minute // longest lag of the search
)

type simIssue struct {
	ref      ticket.Ref
	marker   string
	open     bool
	deleted  bool
	edited   bool      // by a person, who changed the text and put on a label
	effectAt time.Time // when it comes into being
	seenAt   time.Time // when the search shows it
	comments map[string]ticket.Posted
	draft    ticket.Draft // as written last
	labels   []string     // put on and taken off by themselves
	sentAt   time.Time    // when the call arrived that made it
	said     []string     // the text of every comment that was ever posted
}

// tardy tells whether the issue could not be seen when the quiet period was over: then nothing can
// prevent a second one, and an audit has to close it.
func (i *simIssue) tardy() bool { return i.seenAt.Sub(i.sentAt) > simQuiet-time.Minute }

// simTracker loses answers, shows effects late, lags in search, throttles and refuses.
type simTracker struct {
	now    func() time.Time
	rng    *rand.Rand
	faults float64       // probability that a call goes wrong
	late   time.Duration // longest delay of an effect; 0: none is late
	lag    time.Duration // longest lag of the search; 0: none
	skew   time.Duration // of its clock
	// fail, where it is set, sees every call first and may refuse it or move the clock.
	fail func(op string, r ticket.Ref) error
	// refuseCreate, where it is set, may refuse to make an issue.
	refuseCreate func(d ticket.Draft) error

	mu       sync.Mutex // in a world calls come from several goroutines
	issues   []*simIssue
	calls    int
	comments int
	doubled  []string // what was wrong at the moment when an issue was made
	journal  []string // what happened, in order
}

// before is what every call begins with. read says that nothing but an error can come of a fault.
func (s *simTracker) before(op string, r ticket.Ref, read bool) error {
	if s.fail != nil {
		if err := s.fail(op, r); err != nil {
			s.calls++
			return err
		}
	}
	if !read || !s.broken() {
		return nil
	}
	// Half of what goes wrong is no answer.
	return simError(s.one(ticket.Retry, ticket.Retry, ticket.Retry, ticket.Pause, ticket.HoldDestination, ticket.HoldTracker))
}

func (s *simTracker) broken() bool { s.calls++; return s.faults > 0 && s.rng.Float64() < s.faults }

// say writes into the journal. The caller holds mu.
func (s *simTracker) say(format string, args ...any) {
	s.journal = append(s.journal, s.now().Format("02 15:04:05.000000000 ")+fmt.Sprintf(format, args...))
}

// one draws one of the decisions, as a refusal or a failure.
func (s *simTracker) one(some ...ticket.Decision) ticket.Decision { return some[s.rng.IntN(len(some))] }

// upTo draws a time in [0, limit).
func (s *simTracker) upTo(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(s.rng.Int64N(int64(limit)))
}

const simHint = "what a person can do"

func simError(d ticket.Decision) error {
	return &ticket.Error{Op: "sim", Decision: d, Message: d.String(), Hint: simHint}
}

// certainly is an error of a call that had no effect. One that throttles mostly says for how long.
func (s *simTracker) certainly(some ...ticket.Decision) error {
	d := s.one(some...)
	e := &ticket.Error{Op: "sim", Decision: d, Message: d.String(), Hint: simHint}
	if d == ticket.Pause || d == ticket.Slow {
		e.After = []time.Duration{0, time.Second, time.Minute, 10 * time.Minute}[s.rng.IntN(4)]
		e.Secondary = s.rng.IntN(2) == 0
	}
	return e
}

func (s *simTracker) Identity(context.Context) (ticket.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ticket.Account{ID: "1", Name: "sim"}, s.before("identity", ticket.Ref{}, true)
}

func (s *simTracker) Create(_ context.Context, d ticket.Draft) (ticket.Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("create", ticket.Ref{}, false); err != nil {
		return ticket.Issue{}, err
	}
	if s.refuseCreate != nil {
		if err := s.refuseCreate(d); err != nil {
			return ticket.Issue{}, err
		}
	}
	at := s.now()
	if s.broken() {
		switch s.rng.IntN(5) {
		case 0:
			return ticket.Issue{}, s.certainly(ticket.Retry, ticket.Pause, ticket.Slow, ticket.HoldTicket, ticket.HoldDestination)
		case 1: // no effect, but who knows
			return ticket.Issue{}, simError(ticket.Doubt)
		case 2:
			at = at.Add(s.upTo(s.late))
		}
		s.make(d, at)
		return ticket.Issue{}, simError(ticket.Doubt)
	}
	return s.tell(s.make(d, at)), nil
}

// make adds an issue as the tracker does. Two with one marker are what ticketd is there to prevent.
func (s *simTracker) make(d ticket.Draft, at time.Time) *simIssue {
	for _, i := range s.issues {
		if i.marker == d.Marker && !i.deleted && !i.tardy() {
			s.doubled = append(s.doubled, fmt.Sprintf("at %v another issue was made with the marker of %s, which was sent at %v and came into being at %v",
				s.now(), i.ref.Key, i.sentAt, i.effectAt))
		}
	}
	i := s.add(d, true, at)
	i.seenAt = i.effectAt.Add(s.upTo(s.lag))
	return i
}

// add makes an issue that comes into being at a time and is searchable at once.
func (s *simTracker) add(d ticket.Draft, open bool, at time.Time) *simIssue {
	n := fmt.Sprint(len(s.issues) + 1)
	i := &simIssue{
		ref:    ticket.Ref{ID: n, Key: d.Destination.Project + "-" + n, Project: d.Destination.Project},
		marker: d.Marker, open: open, effectAt: at, seenAt: at, comments: make(map[string]ticket.Posted),
		draft: d, sentAt: s.now(),
	}
	s.issues = append(s.issues, i)
	s.say("%s is made with %s, comes into being at %s, is seen at %s", i.ref.Key, i.marker, at.Format(time.TimeOnly), i.seenAt.Format(time.TimeOnly))
	return i
}

func (s *simTracker) tell(i *simIssue) ticket.Issue {
	return ticket.Issue{Ref: i.ref, Marker: i.marker, Open: i.open, Ours: true, Created: i.effectAt.Add(s.skew), Status: fmt.Sprint(i.open)}
}

// there gives the issues that exist by now.
func (s *simTracker) there() []*simIssue {
	return slices.DeleteFunc(slices.Clone(s.issues), func(i *simIssue) bool { return i.deleted || i.effectAt.After(s.now()) })
}

// get gives an issue by its id, or the error that says where it is.
func (s *simTracker) get(r ticket.Ref) (*simIssue, error) {
	for _, i := range s.issues {
		if i.ref.ID == r.ID && i.deleted {
			return nil, simError(ticket.Gone)
		}
		if i.ref.ID == r.ID {
			return i, nil
		}
	}
	return nil, simError(ticket.Missing)
}

func (s *simTracker) Read(_ context.Context, r ticket.Ref) (ticket.Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("read", r, true); err != nil {
		return ticket.Issue{}, err
	}
	i, err := s.get(r)
	if err != nil {
		return ticket.Issue{}, err
	}
	if s.broken() {
		return ticket.Issue{}, simError(ticket.Missing)
	}
	return s.tell(i), nil
}

func (s *simTracker) Find(_ context.Context, q ticket.Query) (out []ticket.Issue, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("find", ticket.Ref{}, true); err != nil {
		return nil, err
	}
	for _, i := range s.there() {
		told := s.tell(i)
		asked := len(q.Markers) == 0 || slices.Contains(q.Markers, i.marker)
		if asked && i.ref.Project == q.Project && !i.seenAt.After(s.now()) && !told.Created.Before(q.Since) {
			out = append(out, told)
		}
	}
	return out, nil
}

// write runs an effect that may fail before it, after it, or be lost.
func (s *simTracker) write(effect func(), certain ...ticket.Decision) error {
	if !s.broken() {
		effect()
		return nil
	}
	switch n := s.rng.IntN(len(certain) + 5); {
	case n < 3:
		return s.certainly(append(certain, ticket.Retry, ticket.Conflict, ticket.Slow)...)
	case n == 3:
		return simError(ticket.Doubt)
	}
	effect()
	return simError(ticket.Doubt)
}

func (s *simTracker) SetState(_ context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := "close"
	if c.Open {
		op = "open"
	}
	if err := s.before(op, r, false); err != nil {
		return ticket.Issue{}, err
	}
	i, err := s.get(r)
	if err != nil {
		return ticket.Issue{}, err
	}
	err = s.write(func() {
		i.open = c.Open
		s.say("%s is open: %v", i.ref.Key, i.open)
		i.labels = append(i.labels, c.AddLabels...)
	}, ticket.Refused, ticket.HoldTicket)
	return s.tell(i), err
}

func (s *simTracker) Writes(d ticket.Draft) ticket.Written {
	return ticket.Written{Fence: fmt.Sprint(d.Body), Labels: d.Labels}
}

// Update leaves alone what a person wrote.
func (s *simTracker) Update(_ context.Context, r ticket.Ref, d ticket.Draft, w ticket.Written) (ticket.Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("update", r, false); err != nil {
		return ticket.Issue{}, err
	}
	i, err := s.get(r)
	if err != nil {
		return ticket.Issue{}, err
	}
	var kept []string
	if i.edited {
		d.Body, kept = i.draft.Body, []string{"description"}
	}
	err = s.write(func() {
		i.draft = d
		s.say("%s says %v", i.ref.Key, d.Body)
	})
	told := s.tell(i)
	told.Written, told.Kept = w, kept
	return told, err
}

func (s *simTracker) Relabel(_ context.Context, r ticket.Ref, add, remove []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("relabel", r, false); err != nil {
		return err
	}
	i, err := s.get(r)
	if err != nil {
		return err
	}
	return s.write(func() {
		i.labels = slices.DeleteFunc(i.labels, func(l string) bool { return slices.Contains(remove, l) || slices.Contains(add, l) })
		i.labels = append(i.labels, add...)
		s.say("%s has the labels %q", i.ref.Key, i.labels)
	}, ticket.HoldTicket)
}

func (s *simTracker) Comments(_ context.Context, r ticket.Ref) (out []ticket.Posted, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("comments", r, true); err != nil {
		return nil, err
	}
	i, err := s.get(r)
	if err != nil {
		return nil, err
	}
	for _, c := range i.comments {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b ticket.Posted) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *simTracker) AddComment(_ context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("comment", r, false); err != nil {
		return "", err
	}
	i, err := s.get(r)
	if err != nil {
		return "", err
	}
	s.comments++
	id := fmt.Sprint(s.comments)
	return id, s.write(func() {
		i.comments[id] = ticket.Posted{ID: id, Marker: c.Marker}
		i.said = append(i.said, plain(c.Body))
		s.say("%s has the comment %s %s: %s", i.ref.Key, id, c.Marker, plain(c.Body))
	})
}

// plain is a text without its structure.
func plain(d ticket.Doc) string {
	var b strings.Builder
	for _, block := range d {
		for _, spans := range append(block.Items, block.Spans) {
			for _, span := range spans {
				b.WriteString(span.Text + " ")
			}
		}
		b.WriteString(block.Text + "\n")
	}
	return b.String()
}

func (s *simTracker) DeleteComment(_ context.Context, r ticket.Ref, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before("delete comment", r, false); err != nil {
		return err
	}
	i, err := s.get(r)
	if err != nil {
		return err
	}
	return s.write(func() {
		delete(i.comments, id)
		s.say("%s has the comment %s no more", i.ref.Key, id)
	})
}
