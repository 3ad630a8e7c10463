package jiratest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Issue is a snapshot of an issue.
type Issue struct {
	ID            string
	Key           string
	Project       string
	IssueType     string
	Summary       string
	Description   string          // as readable text
	Raw           json.RawMessage // the description as stored: ADF on Cloud, a JSON string on Data Center
	Status        string
	Category      string // new, indeterminate, done
	Resolution    string
	Priority      string
	Labels        []string
	Components    []string
	FixVersions   []string
	DueDate       string
	SecurityLevel string          // "": everybody may read it
	Environment   json.RawMessage // as stored
	Parent        string          // key of the parent or epic
	Assignee      string
	Fields        map[string]any // custom fields
	Properties    map[string]json.RawMessage
	Creator       User
	Created       time.Time
	Updated       time.Time
	Comments      []Comment
}

// Comment is a comment of an issue.
type Comment struct {
	ID         string
	Author     User
	Text       string          // readable
	Raw        json.RawMessage // as stored
	Properties map[string]json.RawMessage
	Created    time.Time
}

// issue is an issue as stored; Description and the Text of comments are filled in snapshots only.
type issue struct {
	Issue
	id int64
}

// Issues gives all issues, oldest first.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Issue, 0, len(s.issues))
	for _, id := range slices.Sorted(maps.Keys(s.issues)) {
		out = append(out, s.issues[id].snapshot())
	}
	return out
}

// Issue gives one issue by its key or id.
func (s *Server) Issue(name string) (Issue, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.find(name)
	if !found {
		return Issue{}, false
	}
	return i.snapshot(), true
}

func (i *issue) snapshot() Issue {
	out := i.Issue
	out.Description = readable(i.Raw)
	out.Labels, out.Components, out.FixVersions = slices.Clone(i.Labels), slices.Clone(i.Components), slices.Clone(i.FixVersions)
	out.Fields, out.Properties = maps.Clone(i.Fields), maps.Clone(i.Properties)
	out.Comments = slices.Clone(i.Comments)
	for n := range out.Comments {
		out.Comments[n].Text = readable(out.Comments[n].Raw)
	}
	return out
}

// find looks an issue up by id, key or former key. The lock is held.
func (s *Server) find(name string) (*issue, bool) {
	id, err := strconv.ParseInt(name, 10, 64)
	if i, found := s.issues[id]; err == nil && found && i.ID == name {
		return i, true
	}
	for _, i := range s.issues {
		if i.Key == name {
			return i, true
		}
	}
	i, ok := s.issues[s.moved[name]]
	return i, ok
}

// seen gives the issue of a call that the account may see.
func (s *Server) seen(c *call) (*issue, *Project, bool) {
	i, found := s.find(c.r.PathValue("issue"))
	if !found {
		return nil, nil, false
	}
	p, visible := s.visible(i.Project)
	return i, p, visible
}

// writable gives the issue of a call that may be changed, or the refusal.
func (s *Server) writable(c *call) (*issue, *Project, *reply) {
	i, p, found := s.seen(c)
	switch {
	case !found:
		refusal := noIssue(c)
		return nil, nil, &refusal
	case p.Archived:
		refusal := failure(http.StatusForbidden, "The project is archived. Issues of an archived project are read-only.")
		return nil, nil, &refusal
	}
	return i, p, nil
}

func (s *Server) read(c *call) reply {
	i, p, found := s.seen(c)
	if !found {
		return noIssue(c)
	}
	query := c.r.URL.Query()
	return ok(s.issueBody(c, i, p, split(query.Get("fields")), split(query.Get("properties"))))
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// issueBody is an issue in an answer, with the fields asked for (none: all) and the properties
// asked for.
func (s *Server) issueBody(c *call, i *issue, p *Project, fields, properties []string) map[string]any {
	all := s.fieldBody(c, i, p)
	maps.DeleteFunc(all, func(name string, _ any) bool {
		return len(fields) > 0 && !slices.Contains(fields, name) && !slices.Contains(fields, "*all")
	})
	body := map[string]any{"expand": "operations", "id": i.ID, "key": i.Key, "self": c.link("issue/" + i.ID), "fields": all}
	if len(properties) > 0 {
		values := map[string]any{}
		for _, name := range properties {
			if v, has := i.Properties[name]; has {
				values[name] = v
			}
		}
		body["properties"] = values
	}
	return body
}

func (s *Server) fieldBody(c *call, i *issue, p *Project) map[string]any {
	at, _ := p.Workflow.status(i.Status)
	fields := map[string]any{
		"summary": i.Summary, "description": s.textBody(c, i.Raw), "issuetype": s.typeOf(c, p, i.IssueType), "project": s.projectBody(c, p, false),
		"status": s.statusBody(c, at), "labels": append([]string{}, i.Labels...), "components": named(c, "component", p.Components, i.Components),
		"creator": s.user(c, i.Creator), "reporter": s.user(c, i.Creator), "assignee": nil, "resolution": nil, "priority": nil,
		"created": i.Created.Format(timeLayout), "updated": i.Updated.Format(timeLayout),
	}
	if i.Resolution != "" {
		fields["resolution"] = map[string]any{"self": c.link("resolution/1"), "id": "1", "name": i.Resolution, "description": ""}
	}
	if i.Priority != "" {
		fields["priority"] = s.priority(c, i.Priority)
	}
	if i.Assignee != "" {
		fields["assignee"] = s.user(c, User{AccountID: i.Assignee, Name: i.Assignee, Key: i.Assignee, Display: i.Assignee})
	}
	fields["fixVersions"] = named(c, "version", p.Versions, i.FixVersions)
	for name, value := range map[string]string{"duedate": i.DueDate, "parent": i.Parent, "security": i.SecurityLevel} {
		if value != "" {
			fields[name] = map[string]any{"key": value, "name": value}
		}
	}
	if i.DueDate != "" {
		fields["duedate"] = i.DueDate
	}
	maps.Copy(fields, i.Fields)
	return fields
}

func (s *Server) statusBody(c *call, st Status) map[string]any {
	ids := map[string]int{"new": 2, "indeterminate": 4, "done": 3}
	names := map[string]string{"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
	colors := map[string]string{"new": "blue-gray", "indeterminate": "yellow", "done": "green"}
	return map[string]any{"self": c.link("status/" + st.ID), "id": st.ID, "name": st.Name, "description": "", "statusCategory": map[string]any{
		"self": c.link("statuscategory/" + itoa(int64(ids[st.Category]))), "id": ids[st.Category], "key": st.Category,
		"name": names[st.Category], "colorName": colors[st.Category]}}
}

// textBody is a text in the form of the API version: version 2 of Cloud shows plain text.
func (s *Server) textBody(c *call, raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	if c.version == 2 && !s.o.DataCenter {
		return readable(raw)
	}
	return raw
}
