package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// advise says which keys of the rule to change when Jira refuses fields of a create: those that it
// sets in the wrong form, and those that it does not set. For custom fields it looks at the site's
// fields, once, to tell their types; where that fails the general hint stays.
func (t *Tracker) advise(ctx context.Context, err error, rule []ticket.Field) error {
	e, ok := refused(err, http.StatusBadRequest)
	if !ok || e.Decision != ticket.HoldTicket {
		return err
	}
	var site []siteField
	ids := slices.Sorted(maps.Keys(e.Fields))
	if slices.ContainsFunc(ids, reCustomField.MatchString) {
		site, _ = t.siteFields(ctx, false) // without them there is less to say
	}
	var hints []string
	for _, id := range ids {
		if hint := hintKey(id); hint != "" {
			hints = append(hints, hint)
		}
		if i := slices.IndexFunc(site, func(f siteField) bool { return f.ID == id && reCustomField.MatchString(id) }); i >= 0 {
			hints = append(hints, site[i].advice("", rule))
		}
	}
	if len(hints) == 0 {
		return err
	}
	return amend(err, func(e *ticket.Error) { e.Hint = outbound.Printable(strings.Join(hints, "; "), 2*messageLimit) })
}

// hintKey says what to do about a field that a rule has a key of its own for, where a ticket is held
// for it.
func hintKey(id string) string {
	switch id {
	case "parent":
		return "correct parent in the rule: an issue one level above that the account can see"
	case "security":
		return "correct security_level in the rule, and give the account the permission Set Issue Security; without the level the ticket is not made"
	}
	return ""
}

// advice says how a rule sets a field that Jira refuses. where is the table of the rule that holds
// its fields: "", or "on.<disposition>.".
func (f siteField) advice(where string, rule []ticket.Field) string {
	if f.Schema.Custom == epicLink && where == "" {
		return hintKey("parent")
	}
	i := slices.IndexFunc(rule, func(r ticket.Field) bool { return r.Name == f.ID || f.is(r.Name) })
	if i < 0 {
		return fmt.Sprintf("set %s%s = %s in the rule, or make the field optional in Jira", where, fieldKey(f.Name), f.Schema.example(nil))
	}
	set := rule[i]
	if !f.Schema.takes(set.Type) {
		return fmt.Sprintf("%s%s must be %s", where, fieldKey(set.Name), f.Schema.example(nil))
	}
	return fmt.Sprintf("Jira does not take the value of %s%s: `ticketd doctor` tells which it takes", where, fieldKey(set.Name))
}

// advice says which fields of the transition to set otherwise, of those that Jira refuses.
func (tr transition) advice(refused map[string]string, rule []ticket.Field) string {
	var hints []string
	for _, id := range slices.Sorted(maps.Keys(refused)) {
		if f, shown := tr.Fields[id]; shown && id != "resolution" {
			hints = append(hints, siteField{ID: id, Name: f.Name, Schema: f.Schema}.advice("on.<disposition>.", rule))
		}
	}
	if len(hints) == 0 {
		return hintOutcome
	}
	return strings.Join(hints, "; ")
}
