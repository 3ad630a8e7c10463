package explain

import (
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/finding"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
	"ticketd/mapping"
)

// names is a set of names in the order of their first mention.
type names []string

func (n *names) add(all ...string) {
	for _, name := range all {
		if name != "" && !slices.Contains(*n, name) {
			*n = append(*n, name)
		}
	}
}

// demand is what the rules ask of one tracker, which its practice tracker must have.
type demand struct {
	projects   names // or repositories
	types      names
	priorities names
	components names
	versions   names
	levels     names
	assignees  names
	milestones names
	parents    names
	fields     []ticket.Field
	closings   []ticket.Closing // for the dispositions that are rehearsed
	reopening  []string         // path of transitions
}

// add takes up what a view asks for a subject. What cannot be rendered is not asked for: the ticket
// is held then.
func (d *demand) add(v mapping.View, s mapping.Subject, to ticket.Destination) {
	d.projects.add(to.Project)
	d.types.add(to.IssueType)
	if draft, err := v.Draft(s, "", ticket.Ref{}); err == nil {
		d.priorities.add(draft.Priority)
		d.components.add(draft.Components...)
		d.versions.add(draft.FixVersions...)
		d.levels.add(draft.SecurityLevel)
		d.assignees.add(draft.Assignee)
		d.milestones.add(draft.Milestone)
		d.parents.add(draft.Parent)
		d.addFields(draft.Fields)
	}
	if reopening, err := v.Closing(s, finding.Open); err == nil {
		d.reopening = reopening.Transitions
	}
	if now := s.Finding.Disposition; now.Closed() {
		if c, err := v.Closing(s, now); err == nil {
			d.closings = append(d.closings, c)
		}
	}
}

func (d *demand) addFields(fields []ticket.Field) {
	for _, f := range fields {
		if !slices.ContainsFunc(d.fields, func(g ticket.Field) bool { return g.Name == f.Name }) {
			d.fields = append(d.fields, f)
		}
	}
}

// projects of a practice Jira; on Data Center an issue has its epic in a field of its own.
func (d *demand) jiraProjects(dataCenter bool) []jiratest.Project {
	out := make([]jiratest.Project, len(d.projects))
	for i, key := range d.projects {
		p := jiratest.Project{
			Key: key, IssueTypes: d.types, Workflow: d.workflow(), Components: d.components, Versions: d.versions,
			SecurityLevels: d.levels, Fields: screenOf(d.fields),
		}
		for _, f := range d.fields {
			if strings.EqualFold(f.Name, "Affects versions") || f.Name == "versions" {
				p.Versions = append(slices.Clone(p.Versions), f.Values...)
			}
		}
		if len(d.parents) > 0 {
			p.Subtasks = subtasks(d.types)
		}
		if len(d.parents) > 0 && dataCenter {
			p.Fields[jiratest.EpicLink] = jiratest.Field{Name: "Epic Link"}
		}
		out[i] = p
	}
	return out
}

// subtasks gives the types that are called so: the configuration does not tell.
func subtasks(types []string) []string {
	return slices.DeleteFunc(slices.Clone(types), func(name string) bool {
		return !strings.EqualFold(strings.ReplaceAll(name, "-", ""), "subtask")
	})
}

// screen is the screen of the last transition of a closing.
func (d *demand) screen(c ticket.Closing) map[string]jiratest.Field {
	fields := screenOf(c.Fields)
	if c.Resolution != "" {
		fields["resolution"] = jiratest.Field{Name: "Resolution", Allowed: []string{c.Resolution}}
	}
	return fields
}

// screenOf puts fields on a screen: under their id, or one that is made up for a name. Those of the
// system are on it already.
func screenOf(fields []ticket.Field) map[string]jiratest.Field {
	screen := make(map[string]jiratest.Field, len(fields))
	for i, f := range fields {
		switch {
		case ofSystem(f.Name):
		case isFieldID(f.Name):
			screen[f.Name] = jiratest.Field{Name: f.Name}
		default:
			screen[fmt.Sprint("customfield_", 90001+i)] = jiratest.Field{Name: f.Name}
		}
	}
	return screen
}

// named tells whether fields are named by what people see, so that their ids are made up.
func (d *demand) named() bool {
	return slices.ContainsFunc(d.fields, func(f ticket.Field) bool { return !ofSystem(f.Name) && !isFieldID(f.Name) })
}

// isFieldID tells ids of custom fields, "customfield_10010", from names that people see.
func isFieldID(name string) bool {
	digits, custom := strings.CutPrefix(name, "customfield_")
	return custom && isID(digits)
}

// ofSystem tells the fields of Jira itself that rules may set, by id or name.
func ofSystem(name string) bool {
	return slices.ContainsFunc([]string{"environment", "versions", "Affects versions"}, func(s string) bool { return strings.EqualFold(s, name) })
}
