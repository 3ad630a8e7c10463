package jiratest

import (
	"maps"
	"net/http"
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

// permissionKeys are the permissions that ticketd asks for, first those that it needs.
func permissionKeys() []string {
	return []string{"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "DELETE_OWN_COMMENTS", "TRANSITION_ISSUES", "CLOSE_ISSUES",
		"ASSIGN_ISSUES", "SCHEDULE_ISSUES", "SET_ISSUE_SECURITY", "MODIFY_REPORTER", "ADMINISTER", "ADMINISTER_PROJECTS"}
}

// permissions answers for one project. Cloud wants to be told which, and knows its names.
func (s *Server) permissions(c *call) reply {
	p, seen := s.visible(c.r.URL.Query().Get("projectKey"))
	asked := split(c.r.URL.Query().Get("permissions"))
	if !s.o.DataCenter {
		unknown := slices.ContainsFunc(asked, func(name string) bool { return !slices.Contains(permissionKeys(), name) })
		if unknown || len(asked) == 0 {
			return failure(http.StatusBadRequest, "Unrecognized permission keys.")
		}
	}
	have := map[string]any{}
	for _, name := range permissionKeys() {
		if len(asked) > 0 && !slices.Contains(asked, name) && !s.o.DataCenter {
			continue
		}
		granted := c.known && seen && !slices.Contains(p.Lacking, name)
		if strings.HasPrefix(name, "ADMINISTER") {
			granted = granted && slices.Contains(p.Excess, name)
		}
		have[name] = map[string]any{"id": "10", "key": name, "name": name, "type": "PROJECT", "description": "", "havePermission": granted}
	}
	return ok(map[string]any{"permissions": have})
}

func (s *Server) fieldList(c *call) reply {
	var out []map[string]any
	for _, id := range s.systemFields() {
		out = append(out, map[string]any{"id": id, "key": id, "name": systemName(id), "custom": false, "orderable": true, "navigable": true,
			"searchable": true, "clauseNames": []string{id}, "schema": systemSchema(id)})
	}
	if !c.known {
		return ok(out)
	}
	custom := s.customFields()
	for _, id := range slices.Sorted(maps.Keys(custom)) {
		f := custom[id]
		out = append(out, map[string]any{"id": id, "key": id, "name": f.Name, "custom": true, "orderable": true,
			"navigable": true, "searchable": true, "clauseNames": []string{id}, "schema": f.schema(id)})
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

// priorities of a project.
func (s *Server) priorities(p *Project) []string {
	if len(p.Priorities) > 0 {
		return p.Priorities
	}
	return s.o.Priorities
}

// usualPriority is what an issue gets that asks for none.
func (s *Server) usualPriority(p *Project) string {
	all := s.priorities(p)
	return all[len(all)/2]
}

func (s *Server) priority(c *call, name string) map[string]any {
	id := itoa(int64(slices.Index(s.o.Priorities, name) + 1))
	return map[string]any{"self": c.link("priority/" + id), "id": id, "name": name}
}
