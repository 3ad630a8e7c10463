package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// peopleLimit bounds how many assignees and how many parents are asked for, each by a call.
const peopleLimit = 20

// people looks whether those can be assigned whom the rules name.
func (e *examination) people(ctx context.Context) {
	const check = "assignee"
	e.each(ticket.WantAssignee, check, func(w ticket.Want) {
		can, err := e.t.assignable(ctx, e.cloud, e.need.Destination.Project, w.Value)
		switch {
		case err != nil:
			e.unknown(check, w.Key, "cannot look whether "+w.Value+" can be assigned: "+err.Error(), "try again later, or look it up in Jira")
		case !can:
			hint := "name the account id of a person who may be assigned issues of the project"
			if !e.cloud {
				hint = "name the user name of a person who may be assigned issues of the project"
			}
			e.add(ticket.Symptom{Severity: ticket.Warning, Check: check, Text: fmt.Sprintf("%q cannot be assigned issues of project %s: tickets are made without the assignee", w.Value, e.need.Destination.Project),
				Hint: hint, Key: w.Key})
		default:
			e.healthy(check, w.Key, "%q can be assigned", w.Value)
		}
	})
}

// each looks at every different value of an aspect, and says where it gives up.
func (e *examination) each(what ticket.Aspect, check string, look func(ticket.Want)) {
	seen := map[string]bool{}
	for _, w := range e.wants(what) {
		if w.Value == "" || seen[w.Value] {
			continue
		}
		if len(seen) == peopleLimit {
			e.unknown(check, w.Key, fmt.Sprintf("more than %d are named: the others are not looked at", peopleLimit), "look the others up in Jira")
			return
		}
		seen[w.Value] = true
		look(w)
	}
}

// assignable tells whether somebody may be assigned issues of a project. Data Center finds people
// by the beginning of their names.
func (t *Tracker) assignable(ctx context.Context, cloud bool, project, name string) (bool, error) {
	path, _, err := t.api(ctx, "user", "assignable", "search")
	if err != nil {
		return false, err
	}
	query := url.Values{"project": {project}, "username": {name}, "maxResults": {"100"}}
	if cloud {
		query = url.Values{"project": {project}, "accountId": {name}, "maxResults": {"100"}}
	}
	var found []user
	if err := t.do(ctx, request{op: "assignable", method: http.MethodGet, path: path, query: query}, &found); err != nil {
		return false, err
	}
	return slices.ContainsFunc(found, func(u user) bool { return u.named(name) }), nil
}

// parents looks whether the parents can be seen and may have such children.
func (e *examination) parents(ctx context.Context) {
	const check = "parent"
	e.each(ticket.WantParent, check, func(w ticket.Want) {
		over, err := e.t.parentType(ctx, w.Value)
		if err != nil {
			e.failed(check, "parent "+w.Value+" cannot be read", w.Key, err)
			return
		}
		if why := e.unfit(ctx, over); why != "" {
			e.add(ticket.Symptom{Severity: ticket.Failing, Check: check, Text: fmt.Sprintf("%s cannot be the parent of a %s: %s", w.Value, outbound.Printable(e.need.Destination.IssueType, wordLimit), why),
				Hint: "name another issue as parent, or choose another issue_type", Key: w.Key})
			return
		}
		e.healthy(check, w.Key, "%s can be seen, and may be a parent", w.Value)
	})
}

func (t *Tracker) parentType(ctx context.Context, key string) (issueType, error) {
	if !reKey.MatchString(key) {
		return issueType{}, &ticket.Error{Decision: ticket.HoldTicket, Op: "parent", Message: fmt.Sprintf("%q is no key of an issue", key), Hint: `set parent in the rule to a key like "SEC-12"`}
	}
	path, _, err := t.api(ctx, "issue", key)
	if err != nil {
		return issueType{}, err
	}
	var seen struct {
		Fields struct {
			Type issueType `json:"issuetype"`
		} `json:"fields"`
	}
	r := request{op: "parent", method: http.MethodGet, path: path, query: url.Values{"fields": {"issuetype"}}}
	if err := t.do(ctx, r, &seen); err != nil {
		return issueType{}, amend(err, func(e *ticket.Error) {
			if e.Status == http.StatusNotFound {
				e.Message, e.Hint = "issue "+key+" does not exist, or the account cannot see it", "correct parent in the rule, or give the account access to the issue"
			}
		})
	}
	return seen.Fields.Type, nil
}

// unfit says why an issue of a type cannot have children of ours; "" where nothing speaks against it.
func (e *examination) unfit(ctx context.Context, over issueType) string {
	switch {
	case over.Level != nil && e.typ.Level != nil:
		if *over.Level != *e.typ.Level+1 {
			return fmt.Sprintf("its type %s is not one level above", outbound.Printable(over.Name, wordLimit))
		}
	case over.Subtask:
		return "it is a sub-task itself"
	case !e.cloud && e.typ.ID != "" && !e.typ.Subtask:
		id, err := e.t.epicField(ctx)
		if err != nil {
			return err.Error()
		}
		if _, shown := e.shown(id); len(e.screen) > 0 && !shown {
			return "the field Epic Link is not on " + e.where()
		}
	}
	return ""
}
