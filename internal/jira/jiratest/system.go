package jiratest

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
