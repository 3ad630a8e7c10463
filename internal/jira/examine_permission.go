package jira

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

// permission is one that the account needs, or should not have.
type permission struct {
	key      string
	name     string          // as Jira's administration shows it
	severity ticket.Severity // of its being wrong
	why      string
	excess   bool // it should not have it
}

// permissionsFor gives the permissions that matter for what the rules want.
func (e *examination) permissionsFor() []permission {
	all := []permission{
		{key: "BROWSE_PROJECTS", name: "Browse Projects", severity: ticket.Failing, why: "issues cannot be found again"},
		{key: "CREATE_ISSUES", name: "Create Issues", severity: ticket.Failing, why: "no ticket can be made"},
		{key: "EDIT_ISSUES", name: "Edit Issues", severity: ticket.Failing, why: "tickets cannot be kept up to date"},
		{key: "ADD_COMMENTS", name: "Add Comments", severity: ticket.Failing, why: "tickets do not tell what becomes of the finding"},
		{key: "DELETE_OWN_COMMENTS", name: "Delete Own Comments", severity: ticket.Warning, why: "a comment that was sent twice stays"},
		{key: "ADMINISTER", name: "Administer Jira", severity: ticket.Warning, why: "a stolen token would give away the site", excess: true},
		{key: "ADMINISTER_PROJECTS", name: "Administer Projects", severity: ticket.Warning, why: "a stolen token would give away the project", excess: true},
	}
	if len(e.wants(ticket.WantTransition)) > 0 {
		all = append(all, permission{key: "TRANSITION_ISSUES", name: "Transition Issues", severity: ticket.Failing, why: "tickets can be neither closed nor reopened"},
			permission{key: "CLOSE_ISSUES", name: "Close Issues", severity: ticket.Warning, why: "workflows that ask for it do not let tickets be closed"})
	}
	if len(e.wants(ticket.WantAssignee)) > 0 {
		all = append(all, permission{key: "ASSIGN_ISSUES", name: "Assign Issues", severity: ticket.Warning, why: "tickets are made without the assignee"})
	}
	if len(e.wants(ticket.WantDueDate)) > 0 {
		all = append(all, permission{key: "SCHEDULE_ISSUES", name: "Schedule Issues", severity: ticket.Warning, why: "tickets are made without the due date"})
	}
	if len(e.wants(ticket.WantSecurityLevel)) > 0 {
		all = append(all, permission{key: "SET_ISSUE_SECURITY", name: "Set Issue Security", severity: ticket.Failing, why: "tickets with a security level are held"})
	}
	return all
}

// permissions looks whether the account may do what it has to, and not much more.
func (e *examination) permissions(ctx context.Context) bool {
	if e.need.Cheap {
		return true
	}
	asked := e.permissionsFor()
	have, err := e.t.myPermissions(ctx, e.need.Destination.Project, asked)
	if err != nil {
		e.failed(checkPermissions, "the permissions of the account cannot be read", e.need.Key, err)
		return true
	}
	before := len(e.symptoms)
	var untold []string
	for _, p := range asked {
		switch granted, told := have[p.key]; {
		case !told:
			untold = append(untold, p.name)
		case granted && p.excess:
			e.add(ticket.Symptom{Severity: p.severity, Check: checkPermissions, Text: "the account has the permission " + p.name + ", which ticketd never needs: " + p.why,
				Hint: "use an account without it", Key: e.need.Key})
		case !granted && !p.excess:
			e.add(ticket.Symptom{Severity: p.severity, Check: checkPermissions, Text: "the account lacks the permission " + p.name + ": " + p.why,
				Hint: "give it to the account in the permission scheme of project " + e.need.Destination.Project, Key: e.need.Key})
		}
	}
	if len(untold) > 0 {
		e.unknown(checkPermissions, e.need.Key, "the site does not tell of the permissions "+list(untold), "look them up in the permission scheme of the project")
	}
	if len(e.symptoms) == before {
		e.healthy(checkPermissions, e.need.Key, "the account has the permissions that it needs, and no more")
	}
	return true
}

// myPermissions asks which permissions the account has in a project. Cloud must be told which to
// look at; Data Center tells all.
func (t *Tracker) myPermissions(ctx context.Context, project string, asked []permission) (map[string]bool, error) {
	path, _, err := t.api(ctx, "mypermissions")
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, p := range asked {
		keys = append(keys, p.key)
	}
	var mine struct {
		Permissions map[string]struct {
			Have *bool `json:"havePermission"`
		} `json:"permissions"`
	}
	query := url.Values{"projectKey": {project}, "permissions": {strings.Join(keys, ",")}}
	if err := t.do(ctx, request{op: "permissions", method: http.MethodGet, path: path, query: query}, &mine); err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for name, p := range mine.Permissions {
		if p.Have != nil && slices.Contains(keys, name) {
			have[name] = *p.Have
		}
	}
	return have, nil
}
