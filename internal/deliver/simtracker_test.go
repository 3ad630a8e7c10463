package deliver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
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
	effectAt time.Time // when it comes into being
	seenAt   time.Time // when the search shows it
	comments map[string]ticket.Posted
	draft    ticket.Draft // as written last
	labels   []string     // put on and taken off by themselves
	sentAt   time.Time    // when the call was made that made it
	said     []string     // the text of every comment that was ever posted
}

// simTracker loses answers, shows effects late, lags in search, refuses, and lets the process die at
// every call.
type simTracker struct {
	now      func() time.Time
	rng      *rand.Rand
	faults   float64 // probability that a call goes wrong
	lag      time.Duration
	issues   []*simIssue
	calls    int
	comments int
	// fail, where it is set, sees every call first and may refuse it or move the clock.
	fail func(op string, r ticket.Ref) error
	// refuseCreate, where it is set, may refuse to make an issue.
	refuseCreate func(d ticket.Draft) error
}

// before is what every call begins with. read says that nothing but an error can come of a fault.
func (s *simTracker) before(op string, r ticket.Ref, read bool) error {
	if s.fail != nil {
		if err := s.fail(op, r); err != nil {
			s.calls++
			return err
		}
	}
	s.crash()
	if read && s.broken() {
		return simError(ticket.Retry)
	}
	return nil
}

func (s *simTracker) broken() bool { s.calls++; return s.rng.Float64() < s.faults }

// crash ends the process, as far as it is simulated: the goroutine in which a step runs.
func (s *simTracker) crash() {
	if s.faults > 0 && s.rng.IntN(12) == 0 {
		runtime.Goexit()
	}
}

func simError(d ticket.Decision) error { return &ticket.Error{Op: "sim", Decision: d} }

func (s *simTracker) Identity(context.Context) (ticket.Account, error) {
	return ticket.Account{ID: "1", Name: "sim"}, s.before("identity", ticket.Ref{}, true)
}

func (s *simTracker) Create(_ context.Context, d ticket.Draft) (ticket.Issue, error) {
	if err := s.before("create", ticket.Ref{}, false); err != nil {
		return ticket.Issue{}, err
	}
	if s.refuseCreate != nil {
		if err := s.refuseCreate(d); err != nil {
			return ticket.Issue{}, err
		}
	}
	bad := s.broken()
	fault := s.rng.IntN(5)
	if bad && fault == 0 {
		return ticket.Issue{}, simError([]ticket.Decision{ticket.Retry, ticket.Pause, ticket.Slow, ticket.HoldTicket, ticket.HoldDestination}[s.rng.IntN(5)])
	}
	if bad && fault == 1 {
		return ticket.Issue{}, simError(ticket.Doubt) // no effect, but who knows
	}
	at := s.now()
	if bad && fault == 2 {
		at = at.Add(time.Duration(s.rng.Int64N(int64(simLate))))
	}
	i := s.add(d, true, at)
	i.seenAt = i.effectAt.Add(time.Duration(s.rng.Int64N(int64(s.lag))))
	s.crash()
	if bad {
		return ticket.Issue{}, simError(ticket.Doubt)
	}
	return s.tell(i), nil
}

// add makes an issue that comes into being at a time and is searchable at once.
func (s *simTracker) add(d ticket.Draft, open bool, at time.Time) *simIssue {
	n := fmt.Sprint(len(s.issues) + 1)
	i := &simIssue{
		ref:    ticket.Ref{ID: n, Key: "SIM-" + n, Project: d.Destination.Project},
		marker: d.Marker, open: open, effectAt: at, seenAt: at, comments: make(map[string]ticket.Posted),
		draft: d, sentAt: s.now(),
	}
	s.issues = append(s.issues, i)
	return i
}

func (s *simTracker) tell(i *simIssue) ticket.Issue {
	return ticket.Issue{Ref: i.ref, Marker: i.marker, Open: i.open, Ours: true, Created: i.effectAt, Status: fmt.Sprint(i.open)}
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
	if err := s.before("find", ticket.Ref{}, true); err != nil {
		return nil, err
	}
	for _, i := range s.there() {
		asked := len(q.Markers) == 0 || slices.Contains(q.Markers, i.marker)
		if asked && !i.seenAt.After(s.now()) && !i.effectAt.Before(q.Since) {
			out = append(out, s.tell(i))
		}
	}
	return out, nil
}

// write runs an effect that may fail before it, after it, or be lost with the process.
func (s *simTracker) write(effect func(), certain ...ticket.Decision) error {
	if s.broken() {
		certain = append(certain, ticket.Retry, ticket.Doubt, ticket.Conflict)
		if n := s.rng.IntN(len(certain) + 1); n < len(certain) {
			return simError(certain[n])
		}
		effect()
		return simError(ticket.Doubt)
	}
	effect()
	s.crash()
	return nil
}

func (s *simTracker) SetState(_ context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error) {
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
		i.labels = append(i.labels, c.AddLabels...)
	}, ticket.Refused, ticket.HoldTicket)
	return s.tell(i), err
}

func (s *simTracker) Writes(d ticket.Draft) ticket.Written {
	return ticket.Written{Fence: fmt.Sprint(d.Body), Labels: d.Labels}
}

func (s *simTracker) Update(_ context.Context, r ticket.Ref, d ticket.Draft, w ticket.Written) (ticket.Issue, error) {
	if err := s.before("update", r, false); err != nil {
		return ticket.Issue{}, err
	}
	i, err := s.get(r)
	if err != nil {
		return ticket.Issue{}, err
	}
	err = s.write(func() { i.draft = d })
	told := s.tell(i)
	told.Written = w
	return told, err
}

func (s *simTracker) Relabel(_ context.Context, r ticket.Ref, add, remove []string) error {
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
	}, ticket.HoldTicket)
}

func (s *simTracker) Comments(_ context.Context, r ticket.Ref) (out []ticket.Posted, _ error) {
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
	return out, nil
}

func (s *simTracker) AddComment(_ context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
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
	if err := s.before("delete comment", r, false); err != nil {
		return err
	}
	i, err := s.get(r)
	if err != nil {
		return err
	}
	return s.write(func() { delete(i.comments, id) })
}
