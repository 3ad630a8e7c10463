package explain

import (
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/jira/jiratest"
)

// initial is the status of a new issue of a practice Jira.
const initial = "To Do"

// The categories of statuses, as Jira calls them.
const (
	categoryNew  = "new"
	categoryBusy = "indeterminate"
	categoryDone = "done"
)

// workflow offers, from every status, each step that the rules name and, where they name none, the one
// that is usual. The last step of a closing leads to a closed status and has what the rules set on its
// screen; the last of a reopening leads to where a new issue is.
func (d *demand) workflow() jiratest.Workflow {
	f := &flow{Workflow: jiratest.Workflow{Statuses: []jiratest.Status{{ID: "10000", Name: initial, Category: categoryNew}}}}
	back := d.reopening
	if len(back) == 0 {
		back = []string{initial}
	}
	end := len(back) - 1
	for _, step := range back[:end] {
		f.step(step, categoryBusy)
	}
	f.transition(back[end], initial)
	for _, c := range d.closings {
		path := c.Transitions
		if len(path) == 0 {
			path = []string{"Done"}
		}
		end := len(path) - 1
		for _, step := range path[:end] {
			f.step(step, categoryBusy)
		}
		f.screen(f.step(path[end], categoryDone), d.screen(c))
	}
	return f.Workflow
}

// flow is a workflow in the making.
type flow struct{ jiratest.Workflow }

// step adds a step of a path, where there is none of the name yet, and gives the number of its
// transition. A status that a closing ends in stays closed.
func (f *flow) step(name, category string) int {
	status := name
	if isID(name) {
		status = "after " + name
	}
	at := slices.IndexFunc(f.Statuses, func(s jiratest.Status) bool { return s.Name == status })
	switch {
	case at < 0:
		f.Statuses = append(f.Statuses, jiratest.Status{ID: strconv.Itoa(10000 + len(f.Statuses)), Name: status, Category: category})
	case category == categoryDone:
		f.Statuses[at].Category = category
	}
	return f.transition(name, status)
}

func (f *flow) transition(name, to string) int {
	t := jiratest.Transition{ID: strconv.Itoa(9001 + len(f.Transitions)), Name: name, To: to, Fields: map[string]jiratest.Field{}}
	if isID(name) {
		t.ID, t.Name = name, "transition "+name
	}
	at := slices.IndexFunc(f.Transitions, func(u jiratest.Transition) bool { return u.Name == t.Name && u.To == to })
	if at >= 0 {
		return at
	}
	f.Transitions = append(f.Transitions, t)
	return len(f.Transitions) - 1
}

// screen puts fields on the screen of a transition, beside those that another disposition wants there.
func (f *flow) screen(n int, fields map[string]jiratest.Field) {
	on := f.Transitions[n].Fields
	for id, field := range fields {
		field.Allowed = append(slices.Clone(on[id].Allowed), field.Allowed...)
		on[id] = field
	}
}

func isID(name string) bool { return name != "" && strings.Trim(name, "0123456789") == "" }
