package jiratest

import (
	"slices"
	"strings"
)

// Project is a project of the practice Jira.
type Project struct {
	Key            string
	Name           string
	IssueTypes     []string // none: Bug, Task. One named Epic may be a parent of the others
	Subtasks       []string // those of IssueTypes that are sub-tasks
	Workflow       Workflow // zero: [DefaultWorkflow]
	Priorities     []string // of the project; none: all of the site
	Components     []string
	Versions       []string
	SecurityLevels []string         // none: the field is not on the screens
	Assignable     []string         // account ids or user names; nil: everybody
	HiddenFields   []string         // not on the create and edit screens: "labels", "priority", …
	Required       []string         // fields of the system that are required: "components", "duedate", …
	Fields         map[string]Field // custom fields of the create screen by id
	Lacking        []string         // permissions that the account does not have: "TRANSITION_ISSUES", …
	Excess         []string         // permissions that it should not have: "ADMINISTER", "ADMINISTER_PROJECTS"
	Archived       bool             // read-only
	Hidden         bool             // the account may not see it
}

// Status is a status of a workflow. Category is new, indeterminate or done.
type Status struct {
	ID       string
	Name     string
	Category string
}

// Transition leads from some statuses to one.
type Transition struct {
	ID     string
	Name   string
	From   []string // names of statuses; none: all
	To     string   // name of a status
	Fields map[string]Field
}

// Workflow is how issues of a project move. New issues are in the first status.
type Workflow struct {
	Statuses    []Status
	Transitions []Transition
}

// DefaultWorkflow is To Do, In Progress, Done, each reachable from each, as in a new project.
func DefaultWorkflow() Workflow {
	return Workflow{
		Statuses: []Status{{"10000", "To Do", "new"}, {"3", "In Progress", "indeterminate"}, {"10001", "Done", "done"}},
		Transitions: []Transition{
			{ID: "11", Name: "To Do", To: "To Do"}, {ID: "21", Name: "In Progress", To: "In Progress"}, {ID: "31", Name: "Done", To: "Done"},
		},
	}
}

// ReviewWorkflow closes only by way of a review, with a resolution, and can close as not to be
// done: the workflow of a careful project.
func ReviewWorkflow() Workflow {
	resolution := map[string]Field{"resolution": {Name: "Resolution", Required: true, Allowed: []string{"Fixed", "Won't Do", "Duplicate"}}}
	return Workflow{
		Statuses: []Status{{"1", "Open", "new"}, {"3", "In Progress", "indeterminate"}, {"10100", "In Review", "indeterminate"},
			{"5", "Resolved", "done"}, {"10101", "Won't Do", "done"}},
		Transitions: []Transition{
			{ID: "4", Name: "Start Progress", From: []string{"Open"}, To: "In Progress"},
			{ID: "711", Name: "Ask for Review", From: []string{"In Progress"}, To: "In Review"},
			{ID: "5", Name: "Resolve", From: []string{"In Review"}, To: "Resolved", Fields: resolution},
			{ID: "721", Name: "Refuse", From: []string{"In Review"}, To: "Won't Do", Fields: resolution},
			{ID: "3", Name: "Reopen", From: []string{"Resolved", "Won't Do"}, To: "Open"},
		},
	}
}

func (w Workflow) status(name string) (Status, bool) {
	i := slices.IndexFunc(w.Statuses, func(s Status) bool { return s.Name == name })
	if i < 0 {
		return Status{}, false
	}
	return w.Statuses[i], true
}

// from gives the transitions on offer in a status.
func (w Workflow) from(status string) []Transition {
	var out []Transition
	for _, t := range w.Transitions {
		if len(t.From) == 0 || slices.Contains(t.From, status) {
			out = append(out, t)
		}
	}
	return out
}

// AddProject adds a project, or replaces the one of the same key.
func (s *Server) AddProject(p Project) {
	if len(p.IssueTypes) == 0 {
		p.IssueTypes = []string{"Bug", "Task"}
	}
	if len(p.Workflow.Statuses) == 0 {
		p.Workflow = DefaultWorkflow()
	}
	if p.Name == "" {
		p.Name = p.Key
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projects[p.Key] = &p
}

// visible gives a project that the account can see, by key or id. The lock is held.
func (s *Server) visible(key string) (*Project, bool) {
	p, ok := s.projects[key]
	return p, ok && !p.Hidden
}

// id gives a project its numeric id, the same in every run.
func (p *Project) id() string {
	n := 10000
	for _, r := range p.Key {
		n = (n*31 + int(r)) % 89999
	}
	return itoa(int64(10000 + n))
}

func (p *Project) hides(field string) bool {
	return slices.Contains(p.HiddenFields, field) || (field == "security" && len(p.SecurityLevels) == 0)
}

func (p *Project) issueType(name string) (int, bool) {
	i := slices.IndexFunc(p.IssueTypes, func(t string) bool { return strings.EqualFold(t, name) })
	return i, i >= 0
}
