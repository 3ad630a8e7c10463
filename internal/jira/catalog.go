package jira

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// catalogPause is how long a name that the site does not have is believed to be missing.
const catalogPause = time.Minute

var reCustomField = regexp.MustCompile(`^customfield_[0-9]{1,19}$`)

// schema is Jira's description of the type of a field.
type schema struct {
	Type   string `json:"type"`   // string, number, option, array, user, date, …
	Items  string `json:"items"`  // of an array
	Custom string `json:"custom"` // com.atlassian.jira.plugin.system.customfieldtypes:select; "" of a system field
	System string `json:"system"`
}

// siteField is a field of the site.
type siteField struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Untranslated string `json:"untranslatedName"` // Cloud sends it, but does not document it
	Schema       schema `json:"schema"`
}

func (f siteField) is(name string) bool {
	return f.ID == name || strings.EqualFold(f.Name, name) || strings.EqualFold(f.Untranslated, name)
}

// catalog is the site's fields as they were asked for last.
type catalog struct {
	fields []siteField
	at     time.Time
}

// isFieldID tells whether a name is an id for certain: it needs no look at the site.
func isFieldID(name string) bool {
	return reCustomField.MatchString(name) || slices.Contains([]string{
		"project", "issuetype", "summary", "description", "labels", "priority", "components", "assignee", "reporter",
		"duedate", "fixVersions", "versions", "security", "parent", "environment", "resolution", "timetracking",
	}, name)
}

// siteFields gives the fields of the site, asking for them where that was never done, or longer ago
// than a minute and fresh ones are wanted.
func (t *Tracker) siteFields(ctx context.Context, fresh bool) ([]siteField, error) {
	t.mu.Lock()
	have := t.fields
	t.mu.Unlock()
	if !have.at.IsZero() && (!fresh || t.o.Now().Sub(have.at) < catalogPause) {
		return have.fields, nil
	}
	path, _, err := t.api(ctx, "field")
	if err != nil {
		return nil, err
	}
	var fields []siteField
	if err := t.do(ctx, request{op: "fields", method: http.MethodGet, path: path}, &fields); err != nil {
		return nil, amend(err, func(e *ticket.Error) {
			if e.Decision == ticket.HoldDestination { // tickets of rules without names go on
				e.Decision, e.Hint = ticket.HoldTicket, "the account cannot read the list of fields: name fields by their ids in the rule"
			}
		})
	}
	fields = slices.DeleteFunc(fields, func(f siteField) bool { return f.ID == "" })
	t.mu.Lock()
	t.fields = catalog{fields, t.o.Now()}
	t.mu.Unlock()
	return fields, nil
}

// fieldID gives the id of a field that a rule names by id or by the name that people see. A name
// that several fields have, or none, holds the ticket: nothing was sent.
func (t *Tracker) fieldID(ctx context.Context, name string) (string, error) {
	if isFieldID(name) {
		return name, nil
	}
	var fields []siteField
	for _, fresh := range []bool{false, true} {
		var err error
		if fields, err = t.siteFields(ctx, fresh); err != nil {
			return "", err
		}
		found, err := lookup(fields, "the site", name)
		if found != "" || err != nil {
			return found, err
		}
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return "", &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("the site has no field %q", name),
		Hint: fmt.Sprintf("correct %s in the rule%s", fieldKey(name), orNearest(name, names))}
}

// lookup finds a field by id, else by name; "" where there is none.
func lookup(fields []siteField, where, name string) (string, error) {
	var ids []string
	for _, f := range fields {
		if f.ID == name {
			return f.ID, nil
		}
		if f.is(name) {
			ids = append(ids, outbound.Printable(f.ID, 100))
		}
	}
	switch len(ids) {
	case 0:
		return "", nil
	case 1:
		return ids[0], nil
	}
	slices.Sort(ids)
	return "", &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("%s has %d fields %q", where, len(ids), name),
		Hint: fmt.Sprintf("name the field by its id in the rule instead of %s: one of %s", fieldKey(name), list(ids))}
}

// fieldValues writes the fields of a rule for a create, by id. Only names need a look at the site.
func (t *Tracker) fieldValues(ctx context.Context, cloud bool, fields []ticket.Field) (map[string]any, error) {
	out := make(map[string]any, len(fields))
	names := make(map[string]string, len(fields))
	for _, f := range fields {
		id, err := t.fieldID(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		if other, twice := names[id]; twice {
			return nil, &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("%q and %q are the same field %s", other, f.Name, id),
				Hint: fmt.Sprintf("remove %s or %s from the rule", fieldKey(other), fieldKey(f.Name))}
		}
		names[id] = f.Name
		if out[id], err = encode(cloud, id, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}
