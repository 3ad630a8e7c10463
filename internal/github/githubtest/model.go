package githubtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

type repository struct {
	id       int64
	name     string   // owner/repo
	former   []string // names it had
	archived bool
	noIssues bool
	hidden   bool // from the caller
	readOnly bool // the caller may write issues, but has no push access: decorations are dropped
	noLabels bool // the caller may not make labels
	admin    bool // the caller administers it
	disabled bool
	public   bool
	without  bool // the App is not installed here
	last     int
	created  time.Time
	people   map[string]bool  // logins that can be assigned, in lower case
	labels   map[string]label // by name in lower case
	issues   map[int]*issue
	deleted  map[int]bool
	moved    map[int]*issue // transferred, by old number

	milestones []*milestone // by number, from 1
}

type label struct {
	id   int64
	name string
}

type milestone struct {
	id     int64
	number int
	title  string
	closed bool
}

type issue struct {
	repo      *repository
	id        int64
	number    int
	title     string
	body      string
	state     string
	reason    string
	author    string
	closer    string
	labels    []string
	assignees []string
	comments  []*comment
	created   time.Time
	updated   time.Time
	closed    time.Time
	milestone *milestone
	locked    bool
	pull      bool
}

type comment struct {
	id      int64
	author  string
	body    string
	created time.Time
}

func (i *issue) key() string { return i.repo.name + "#" + strconv.Itoa(i.number) }

func (i *issue) has(label string) bool {
	return slices.ContainsFunc(i.labels, func(l string) bool { return strings.EqualFold(l, label) })
}

func (i *issue) setState(state, reason, by string, now time.Time) {
	if i.state == state {
		return // a reason alone changes nothing
	}
	i.state, i.reason, i.closer, i.closed, i.updated = state, reason, "", time.Time{}, now
	switch {
	case state == "closed":
		i.closer, i.closed = by, now
		if reason == "" {
			i.reason = "completed"
		}
	default:
		i.reason = "reopened"
	}
}

func (i *issue) snapshot() Issue {
	shot := Issue{Key: i.key(), Repository: i.repo.name, Number: i.number, Title: i.title, Body: i.body,
		State: i.state, StateReason: i.reason, Author: i.author, Labels: slices.Clone(i.labels),
		Assignees: slices.Clone(i.assignees), Created: i.created}
	if i.milestone != nil {
		shot.Milestone, shot.MilestoneNumber = i.milestone.title, i.milestone.number
	}
	for _, c := range i.comments {
		shot.Comments = append(shot.Comments, Comment{c.id, c.author, c.body})
	}
	return shot
}

// sorted gives the issues by number.
func (r *repository) sorted() []*issue {
	list := make([]*issue, 0, len(r.issues))
	for n := 1; n <= r.last; n++ {
		if i := r.issues[n]; i != nil {
			list = append(list, i)
		}
	}
	return list
}

// find gives the repository that has a name, or had it while no other has; renamed tells which.
func (s *Server) find(name string) (r *repository, renamed bool) {
	for _, r := range s.repos {
		if strings.EqualFold(r.name, name) {
			return r, false
		}
	}
	for _, r := range s.repos {
		if slices.ContainsFunc(r.former, func(old string) bool { return strings.EqualFold(old, name) }) {
			return r, true
		}
	}
	return nil, false
}

func (s *Server) addIssue(r *repository, author, title, body string) *issue {
	r.last++
	now := s.now()
	i := &issue{repo: r, id: s.id(), number: r.last, title: title, body: body, state: "open",
		author: author, created: now, updated: now}
	r.issues[i.number] = i
	return i
}

// label gives an issue a label; one that the repository does not have is made, as GitHub does.
func (s *Server) label(i *issue, name string) {
	if i.has(name) {
		return
	}
	s.defineLabel(i.repo, name)
	i.labels = append(i.labels, name)
}

// defineLabel makes a label in a repository, if it is not there.
func (s *Server) defineLabel(r *repository, name string) {
	if key := strings.ToLower(name); r.labels[key].id == 0 {
		r.labels[key] = label{s.id(), name}
	}
}

// milestone gives the milestone with a number; nil where there is none.
func (r *repository) milestone(number int) *milestone {
	if number < 1 || number > len(r.milestones) {
		return nil
	}
	return r.milestones[number-1]
}
