package jiratest

import (
	"encoding/json"
	"slices"
	"strings"
)

// systemFields are the fields that come with Jira, by id, in the order of a screen. Data Center
// shows the parent of a sub-task in no list.
func (s *Server) systemFields() []string {
	all := []string{"project", "issuetype", "summary", "description", "labels", "priority", "components", "assignee", "reporter",
		"duedate", "fixVersions", "versions", "security", "environment"}
	if s.o.DataCenter {
		return all
	}
	return append(all, "parent")
}

// systemName is what people see.
func systemName(id string) string {
	name, known := map[string]string{
		"project": "Project", "issuetype": "Issue Type", "summary": "Summary", "description": "Description", "labels": "Labels",
		"priority": "Priority", "components": "Components", "assignee": "Assignee", "reporter": "Reporter", "duedate": "Due date",
		"fixVersions": "Fix versions", "versions": "Affects versions", "security": "Security Level", "environment": "Environment", "parent": "Parent",
	}[id]
	if !known {
		return id
	}
	return name
}

func systemSchema(id string) map[string]any {
	typ, special := map[string][]string{
		"project": {"project"}, "issuetype": {"issuetype"}, "labels": {"array", "string"}, "priority": {"priority"},
		"components": {"array", "component"}, "assignee": {"user"}, "reporter": {"user"}, "duedate": {"date"},
		"fixVersions": {"array", "version"}, "versions": {"array", "version"}, "security": {"securitylevel"}, "parent": {"issuelink"},
	}[id]
	if !special {
		typ = []string{"string"}
	}
	schema := map[string]any{"type": typ[0], "system": id}
	if len(typ) > 1 {
		schema["items"] = typ[1]
	}
	return schema
}

// system sets a field that comes with Jira.
func (e *editor) system(name string, raw json.RawMessage) {
	var ref struct{ ID, Name, AccountID string }
	switch name {
	case "summary":
		e.summary(raw)
	case "description":
		e.description(raw)
	case "environment":
		stored, problem := e.s.text(e.c, raw)
		if problem != "" {
			e.errors[name] = problem
		}
		e.i.Environment = stored
	case "labels":
		var labels []string
		if json.Unmarshal(raw, &labels) != nil {
			e.errors[name] = noArray
			return
		}
		e.i.Labels = nil
		for _, l := range labels {
			e.addLabel(l)
		}
	case "priority":
		if json.Unmarshal(raw, &ref) != nil || !e.priority(ref.ID, ref.Name) {
			e.errors[name] = "The priority selected is invalid."
		}
	case "issuetype":
		if json.Unmarshal(raw, &ref) != nil || !e.issueType(ref.ID, ref.Name) {
			e.errors[name] = "Specify a valid issue type"
		}
	case "components":
		e.i.Components = e.choices(name, "Component", e.p.Components, raw)
	case "fixVersions":
		e.i.FixVersions = e.choices(name, "Version", e.p.Versions, raw)
	case "versions":
		e.choices(name, "Version", e.p.Versions, raw)
	case "duedate":
		if json.Unmarshal(raw, &e.i.DueDate) != nil || dateProblem(e.i.DueDate) != "" {
			e.errors[name] = noDate + e.i.DueDate
		}
	case "security":
		_ = json.Unmarshal(raw, &ref) // what cannot be read names no level
		if e.i.SecurityLevel = pick(e.p.SecurityLevels, 0, choice{ID: ref.ID, Value: ref.Name}); e.i.SecurityLevel == "" {
			e.errors[name] = "Security level is not valid."
		}
	case "assignee":
		if problem := e.assignable(raw); problem != "" {
			e.errors[name] = problem
			return
		}
		_ = json.Unmarshal(raw, &ref) // assignable has read it
		e.i.Assignee = ref.AccountID
		if e.s.o.DataCenter {
			e.i.Assignee = ref.Name
		}
	case "resolution":
		_ = json.Unmarshal(raw, &ref) // checked by the transition
		e.i.Resolution = ref.Name
	}
}

// choices reads a list of names or ids of a field of the system.
func (e *editor) choices(field, word string, known []string, raw json.RawMessage) []string {
	var refs []struct{ ID, Name string }
	if json.Unmarshal(raw, &refs) != nil {
		e.errors[field] = noArray
		return nil
	}
	var names []string
	for _, r := range refs {
		name := pick(known, 0, choice{ID: r.ID, Value: r.Name})
		if name == "" {
			e.errors[field] = word + " name '" + r.Name + r.ID + "' is not valid"
		}
		names = append(names, name)
	}
	return names
}

// assignable checks a person.
func (e *editor) assignable(raw json.RawMessage) string {
	var named struct{ AccountID, Name string }
	if json.Unmarshal(raw, &named) != nil {
		return "expected Object"
	}
	name := named.AccountID
	if e.s.o.DataCenter {
		name = named.Name
	}
	return unless(e.p.Assignable == nil || slices.Contains(e.p.Assignable, name), "User '"+name+"' cannot be assigned issues.")
}

func (e *editor) summary(raw json.RawMessage) {
	var text string
	switch err := json.Unmarshal(raw, &text); {
	case err != nil:
		e.errors["summary"] = noString
	case strings.TrimSpace(text) == "":
		e.errors["summary"] = "You must specify a summary of the issue."
	case strings.ContainsAny(text, "\r\n"):
		e.errors["summary"] = "The summary is invalid because it contains newline characters."
	case utf16Len(text) >= 255:
		e.errors["summary"] = "Summary must be less than 255 characters."
	}
	e.i.Summary = text
}

func (e *editor) description(raw json.RawMessage) {
	stored, problem := e.s.text(e.c, raw)
	if problem != "" {
		e.errors["description"] = problem
	}
	e.i.Raw = stored
}

func (e *editor) priority(id, name string) bool {
	for n, p := range e.s.o.Priorities {
		if len(e.p.Priorities) > 0 && !slices.Contains(e.p.Priorities, p) {
			continue
		}
		if (id != "" && (id == itoa(int64(n+1)) || id == p)) || (name != "" && strings.EqualFold(p, name)) {
			e.i.Priority = p
			return true
		}
	}
	return false
}

func (e *editor) issueType(id, name string) bool {
	for n, t := range e.p.IssueTypes {
		if (id != "" && (id == itoa(int64(10001+n)) || id == t)) || (name != "" && strings.EqualFold(t, name)) {
			e.i.IssueType = t
			return true
		}
	}
	return false
}
