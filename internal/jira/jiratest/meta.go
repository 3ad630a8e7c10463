package jiratest

import (
	"maps"
	"slices"
	"strings"
)

const timeLayout = "2006-01-02T15:04:05.000-0700"

func (s *Server) serverInfo(c *call) reply {
	info := map[string]any{
		"baseUrl": "http://" + c.r.Host, "version": "1001.0.0-SNAPSHOT", "versionNumbers": []int{1001, 0, 0}, "deploymentType": "Cloud",
		"buildNumber": 100290, "serverTitle": "Jira", "serverTime": s.o.Now().Format(timeLayout),
	}
	if s.o.DataCenter {
		info["version"], info["versionNumbers"], info["deploymentType"] = "10.3.24", []int{10, 3, 24}, "Server"
	}
	return ok(info)
}

func (s *Server) myself(c *call) reply { return ok(s.user(c, s.o.Account)) }

// user is an account as the deployment names it.
func (s *Server) user(c *call, u User) map[string]any {
	out := map[string]any{"displayName": u.Display, "active": true, "timeZone": "Etc/UTC"}
	if u.Email != "" {
		out["emailAddress"] = u.Email
	}
	if s.o.DataCenter {
		out["self"], out["name"], out["key"] = c.link("user?username="+u.Name), u.Name, u.Key
		return out
	}
	out["self"], out["accountId"], out["accountType"] = c.link("user?accountId="+u.AccountID), u.AccountID, "atlassian"
	return out
}

func (s *Server) project(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	return ok(s.projectBody(c, p, true))
}

func (s *Server) projectBody(c *call, p *Project, whole bool) map[string]any {
	body := map[string]any{"self": c.link("project/" + p.id()), "id": p.id(), "key": p.Key, "name": p.Name, "projectTypeKey": "software"}
	if whole {
		body["archived"] = p.Archived
	}
	return body
}

func (s *Server) permissions(c *call) reply {
	_, seen := s.visible(c.r.URL.Query().Get("projectKey"))
	have := map[string]any{}
	for _, name := range []string{"BROWSE_PROJECTS", "CREATE_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"} {
		if asked := c.r.URL.Query().Get("permissions"); asked != "" && !slices.Contains(strings.Split(asked, ","), name) {
			continue
		}
		have[name] = map[string]any{"id": "10", "key": name, "name": name, "type": "PROJECT", "description": "", "havePermission": c.known && seen}
	}
	return ok(map[string]any{"permissions": have})
}

func (s *Server) fieldList(*call) reply {
	var out []map[string]any
	for _, f := range systemFields() {
		out = append(out, map[string]any{"id": f, "name": f, "custom": false, "orderable": true, "navigable": true, "searchable": true, "clauseNames": []string{f}})
	}
	return ok(out)
}

func (s *Server) priorityList(c *call) reply {
	var out []map[string]any
	for _, name := range s.o.Priorities {
		out = append(out, s.priority(c, name))
	}
	return ok(out)
}

func (s *Server) priority(c *call, name string) map[string]any {
	id := itoa(int64(slices.Index(s.o.Priorities, name) + 1))
	return map[string]any{"self": c.link("priority/" + id), "id": id, "name": name}
}

// createMetaTypes and createMetaFields have one shape on Cloud and another on Data Center
// (facts: jira.md section 3).
func (s *Server) createMetaTypes(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	var types []map[string]any
	for i := range p.IssueTypes {
		types = append(types, p.typeBody(c, i))
	}
	return s.metaPage("issueTypes", types)
}

func (s *Server) createMetaFields(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	var fields []map[string]any
	add := func(id, name string, required bool) {
		fields = append(fields, map[string]any{"fieldId": id, "key": id, "name": name, "required": required, "hasDefaultValue": false,
			"operations": []string{"set"}, "schema": map[string]any{"type": "string", "system": id}})
	}
	for _, id := range systemFields() {
		if !p.hides(id) {
			add(id, id, id == "summary")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.Fields)) {
		add(id, p.Fields[id].Name, p.Fields[id].Required)
	}
	return s.metaPage("fields", fields)
}

func (s *Server) metaPage(name string, values []map[string]any) reply {
	body := map[string]any{"startAt": 0, "maxResults": 50, "total": len(values), name: values}
	if s.o.DataCenter {
		body = map[string]any{"startAt": 0, "maxResults": 50, "total": len(values), "isLast": true, "values": values}
	}
	return ok(body)
}

func (p *Project) typeBody(c *call, i int) map[string]any {
	id := itoa(int64(10001 + i))
	return map[string]any{"self": c.link("issuetype/" + id), "id": id, "name": p.IssueTypes[i], "description": "", "subtask": false}
}

func systemFields() []string {
	return []string{"project", "issuetype", "summary", "description", "labels", "priority", "components", "assignee", "reporter", "duedate", "fixVersions", "versions"}
}
