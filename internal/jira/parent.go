package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ticketd/internal/ticket"
)

// metaPages bounds the pages of create metadata: of at most 200 entries each on Cloud, of 50 on
// Data Center.
const metaPages = 20

// issueType is a type of issue that a project has.
type issueType struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Subtask bool   `json:"subtask"`
	Level   *int   `json:"hierarchyLevel"` // Cloud: -1 sub-task, 0 usual, 1 epic
}

func (i issueType) is(name string) bool { return (&named{i.ID, i.Name}).is(name) }

// parentFields gives the field that puts an issue under its parent. Cloud has one for every parent.
// On Data Center a sub-task has its parent, and any other issue its epic in a custom field whose id
// differs from site to site (facts: jira.md section 3).
func (t *Tracker) parentFields(ctx context.Context, cloud bool, d ticket.Draft) (map[string]any, error) {
	switch {
	case d.Parent == "":
		return nil, nil
	case !reKey.MatchString(d.Parent):
		return nil, &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("parent %q is no key of an issue", d.Parent),
			Hint: `set parent in the rule to a key like "SEC-12"`}
	case cloud:
		return map[string]any{"parent": map[string]any{"key": d.Parent}}, nil
	}
	subtask, err := t.isSubtask(ctx, d.Destination)
	if err != nil {
		return nil, err
	}
	if subtask {
		return map[string]any{"parent": map[string]any{"key": d.Parent}}, nil
	}
	id, err := t.epicField(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]any{id: d.Parent}, nil
}

// epicField finds the field Epic Link, which is translated and may be renamed, by its type.
func (t *Tracker) epicField(ctx context.Context) (string, error) {
	for _, fresh := range []bool{false, true} {
		fields, err := t.siteFields(ctx, fresh)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(fields, func(f siteField) bool { return f.Schema.Custom == epicLink }); i >= 0 {
			return fields[i].ID, nil
		}
	}
	return "", &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: "the site has no field Epic Link, so that an issue can only be put under a parent as a sub-task",
		Hint: "set issue_type of the rule to a sub-task type, or remove parent"}
}

// isSubtask tells whether a type of issue is one of sub-tasks, asked once per project and type.
func (t *Tracker) isSubtask(ctx context.Context, to ticket.Destination) (bool, error) {
	key := ticket.Destination{Project: to.Project, IssueType: to.IssueType}
	t.mu.Lock()
	subtask, known := t.subtasks[key]
	t.mu.Unlock()
	if known {
		return subtask, nil
	}
	types, err := t.issueTypes(ctx, to.Project)
	if err != nil {
		return false, atDestination(err)
	}
	i := slices.IndexFunc(types, func(i issueType) bool { return i.is(to.IssueType) })
	if i < 0 {
		return false, &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("project %s has no issue type %q", to.Project, to.IssueType),
			Hint: hintIssueType}
	}
	t.mu.Lock()
	t.subtasks[key] = types[i].Subtask
	t.mu.Unlock()
	return types[i].Subtask, nil
}

// issueTypes gives the types of issue that the account may create in a project.
func (t *Tracker) issueTypes(ctx context.Context, project string) ([]issueType, error) {
	path, _, err := t.api(ctx, "issue", "createmeta", project, "issuetypes")
	if err != nil {
		return nil, err
	}
	types, err := metaOf[issueType](ctx, t, path)
	return slices.DeleteFunc(types, func(i issueType) bool { return !reID.MatchString(i.ID) }), err
}

// metaOf reads the pages of create metadata. Cloud calls the entries issueTypes or fields, Data
// Center values; a site may give smaller pages than asked for (facts: jira.md section 3).
func metaOf[T any](ctx context.Context, t *Tracker, path string) ([]T, error) {
	var all []T
	for range metaPages {
		var page struct {
			Types  []T   `json:"issueTypes"`
			Fields []T   `json:"fields"`
			Values []T   `json:"values"`
			Total  int   `json:"total"`
			IsLast *bool `json:"isLast"`
		}
		query := url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(2 * pageSize)}}
		if err := t.do(ctx, request{op: "createmeta", method: http.MethodGet, path: path, query: query}, &page); err != nil {
			return nil, err
		}
		some := slices.Concat(page.Types, page.Fields, page.Values)
		all = append(all, some...)
		last := len(all) >= page.Total
		if page.IsLast != nil {
			last = *page.IsLast
		}
		if last || len(some) == 0 {
			return all, nil
		}
	}
	return nil, &ticket.Error{Decision: ticket.Retry, Op: "createmeta", Status: http.StatusOK, Err: errPages}
}
