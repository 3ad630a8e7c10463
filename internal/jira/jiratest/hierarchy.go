package jiratest

import (
	"encoding/json"
	"slices"
	"strings"
)

// level of a type of issue: sub-task -1, epic 1, all others 0.
func (p *Project) level(issueType string) int {
	switch {
	case slices.Contains(p.Subtasks, issueType):
		return -1
	case strings.EqualFold(issueType, "Epic"):
		return 1
	}
	return 0
}

// parent puts an issue under another. Data Center knows only the parent of a sub-task.
func (e *editor) parent(raw json.RawMessage) {
	var named struct{ ID, Key string }
	_ = json.Unmarshal(raw, &named) // what cannot be read names no issue
	over, found := e.s.find(named.Key + named.ID)
	if found {
		_, found = e.s.visible(over.Project)
	}
	switch {
	case !found:
		e.errors["parent"] = "Could not find issue by id or key."
	case e.s.projects[over.Project].level(over.IssueType) != e.p.level(e.i.IssueType)+1:
		e.errors["parent"] = "Given parent issue does not belong to appropriate hierarchy."
		if e.s.o.DataCenter {
			e.errors["parent"] = "The issue selected is not a valid parent."
		}
	}
	e.i.Parent = named.Key + named.ID
}

// epic checks the field Epic Link and sets the parent.
func (e *editor) epic(raw json.RawMessage) string {
	var key string
	if json.Unmarshal(raw, &key) != nil {
		return noString
	}
	over, found := e.s.find(key)
	if !found || e.s.projects[over.Project].level(over.IssueType) != 1 {
		return "Issue '" + key + "' is not a valid epic."
	}
	e.i.Parent = key
	return ""
}

// family checks what needs the type of the issue, after all fields are set.
func (e *editor) family(sent map[string]json.RawMessage) {
	raw, is := sent["parent"]
	switch {
	case e.p.level(e.i.IssueType) < 0 && !is:
		e.errors["parent"] = "Issue type is a sub-task but parent issue key or id not specified."
	case is && e.s.o.DataCenter && e.p.level(e.i.IssueType) >= 0:
		e.errors["parent"] = "Field 'parent' cannot be set. It is not on the appropriate screen, or unknown."
	case is && e.errors["issuetype"] == "":
		e.parent(raw)
	}
}
