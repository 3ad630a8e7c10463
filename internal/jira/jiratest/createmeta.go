package jiratest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// createMetaTypes and createMetaFields have one shape on Cloud and another on Data Center
// (facts: jira.md section 3).
func (s *Server) createMetaTypes(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	var types []map[string]any
	for i := range p.IssueTypes {
		types = append(types, s.typeBody(c, p, i))
	}
	return s.metaPage(c, "issueTypes", types)
}

func (s *Server) createMetaFields(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	if _, has := p.typeByID(c.r.PathValue("type")); !has {
		return failure(http.StatusNotFound, "The issue type does not exist in the project.")
	}
	var fields []map[string]any
	for _, id := range s.systemFields() {
		if !p.hides(id) {
			fields = append(fields, s.systemMeta(c, p, id))
		}
	}
	screen := s.screen(p)
	for _, id := range slices.Sorted(maps.Keys(screen)) {
		f := screen[id]
		field := meta(id, f.Name, f.schema(id), f.Required)
		field["hasDefaultValue"] = f.Default
		if len(f.Allowed) > 0 {
			field["allowedValues"] = f.options(c, id)
		}
		fields = append(fields, field)
	}
	return s.metaPage(c, "fields", fields)
}

func meta(id, name string, schema map[string]any, required bool) map[string]any {
	return map[string]any{"fieldId": id, "key": id, "name": name, "required": required, "hasDefaultValue": false,
		"operations": []string{"set"}, "schema": schema}
}

func (s *Server) systemMeta(c *call, p *Project, id string) map[string]any {
	required := slices.Contains([]string{"summary", "issuetype", "project"}, id) || slices.Contains(p.Required, id)
	field := meta(id, systemName(id), systemSchema(id), required)
	allowed := map[string][]string{"components": p.Components, "fixVersions": p.Versions, "versions": p.Versions, "security": p.SecurityLevels}
	switch names, limited := allowed[id]; {
	case id == "priority":
		values := []any{}
		for _, name := range s.priorities(p) {
			values = append(values, s.priority(c, name))
		}
		field["allowedValues"], field["hasDefaultValue"] = values, true
	case id == "reporter": // by itself the account
		field["hasDefaultValue"] = true
	case limited:
		field["allowedValues"] = named(c, id, names, names)
	}
	return field
}

// named are things of a project that have an id and a name; the ids count through all of them.
func named(c *call, kind string, all, chosen []string) []any {
	out := []any{}
	for _, name := range chosen {
		id := itoa(int64(slices.Index(all, name) + 1))
		out = append(out, map[string]any{"self": c.link(kind + "/" + id), "id": id, "name": name})
	}
	return out
}

// metaPage gives the page that was asked for; Jira's own page is 50, and at most Options.PageSize.
func (s *Server) metaPage(c *call, name string, values []map[string]any) reply {
	query := c.r.URL.Query()
	start, _ := strconv.Atoi(query.Get("startAt")) // none: the first page
	size, err := strconv.Atoi(query.Get("maxResults"))
	if err != nil || size <= 0 {
		size = 50
	}
	size = min(size, s.o.PageSize)
	end := min(start+size, len(values))
	some := values[min(max(start, 0), end):end]
	if some == nil {
		some = []map[string]any{}
	}
	body := map[string]any{"startAt": start, "maxResults": size, "total": len(values)}
	if s.o.DataCenter {
		body["isLast"], body["values"] = end == len(values), some
		return ok(body)
	}
	body[name] = some
	return ok(body)
}

func (s *Server) typeBody(c *call, p *Project, i int) map[string]any {
	id := itoa(int64(10001 + i))
	level := p.level(p.IssueTypes[i])
	body := map[string]any{"self": c.link("issuetype/" + id), "id": id, "name": p.IssueTypes[i], "description": "", "subtask": level < 0}
	if !s.o.DataCenter {
		body["hierarchyLevel"] = level
	}
	return body
}

// typeOf is the type of an issue, one that the project has no more included.
func (s *Server) typeOf(c *call, p *Project, name string) map[string]any {
	i, has := p.issueType(name)
	if has {
		return s.typeBody(c, p, i)
	}
	gone := &Project{IssueTypes: []string{name}, Subtasks: p.Subtasks}
	body := s.typeBody(c, gone, 0)
	body["id"] = "10000"
	return body
}

// typeByID gives the name of a type of issue.
func (p *Project) typeByID(id string) (string, bool) {
	for i, name := range p.IssueTypes {
		if id == itoa(int64(10001+i)) {
			return name, true
		}
	}
	return "", false
}

// statusList gives the statuses of each type; here they are the same.
func (s *Server) statusList(c *call) reply {
	p, seen := s.visible(c.r.PathValue("project"))
	if !seen {
		return noProject(c)
	}
	out := []any{}
	for i, name := range p.IssueTypes {
		statuses := []any{}
		for _, st := range p.Workflow.Statuses {
			statuses = append(statuses, s.statusBody(c, st))
		}
		out = append(out, map[string]any{"self": c.link("issuetype/" + itoa(int64(10001+i))), "id": itoa(int64(10001 + i)), "name": name,
			"subtask": p.level(name) < 0, "statuses": statuses})
	}
	return ok(out)
}

// assignableUsers finds a person who may be assigned issues of a project, by account id on Cloud
// and by the beginning of the name on Data Center.
func (s *Server) assignableUsers(c *call) reply {
	query := c.r.URL.Query()
	p, seen := s.visible(query.Get("project"))
	if !seen {
		return noProject(c)
	}
	asked := query.Get("accountId")
	if s.o.DataCenter {
		asked = query.Get("username")
	}
	out := []any{}
	if asked != "" && (p.Assignable == nil || slices.Contains(p.Assignable, asked)) {
		out = append(out, s.user(c, User{AccountID: asked, Name: asked, Key: asked, Display: asked}))
	}
	return ok(out)
}

// resolutionList gives the resolutions that any workflow of the site knows, and Done.
func (s *Server) resolutionList(c *call) reply {
	names := []string{"Done"}
	for _, key := range slices.Sorted(maps.Keys(s.projects)) {
		for _, t := range s.projects[key].Workflow.Transitions {
			names = append(names, t.Fields["resolution"].Allowed...)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return ok(named(c, "resolution", names, names))
}
