package jira

import (
	"fmt"
	"slices"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// always are the fields that every create sends, or that Jira fills in by itself.
func always() []string {
	return []string{"project", "issuetype", "summary", "description", "labels", "reporter"}
}

// required tells of the fields that the screen requires and rules do not set.
func (e *examination) required() {
	before := len(e.symptoms)
	for _, f := range e.screen {
		if !f.Required || f.HasDefault || slices.Contains(always(), f.ID) || (f.ID == "parent" && e.typ.Subtask) {
			continue // of a sub-task without a parent the check of the type has told
		}
		rules := e.lacking(e.need.Rules, f.setBy)
		if len(rules) == 0 {
			continue
		}
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRequired,
			Text: fmt.Sprintf("field %q (%s) is required on %s, and %s", outbound.Printable(f.Name, wordLimit), outbound.Printable(f.ID, wordLimit), e.where(), e.doNotSet(rules)),
			Hint: "set it there or in [defaults], or make it optional in Jira", Paste: e.line(f), Key: e.keyOf(rules[0])})
	}
	if len(e.symptoms) == before {
		e.healthy(checkRequired, e.need.Key, "the rules set every required field")
	}
}

// setBy tells whether a want sets the field of a create screen.
func (f metaField) setBy(w ticket.Want) bool {
	if a, known := aspects()[w.Aspect]; known {
		return f.ID == a.field
	}
	switch w.Aspect {
	case ticket.WantParent:
		return f.ID == "parent" || f.Schema.Custom == epicLink
	case ticket.WantField:
		return w.Field != nil && siteField{ID: f.ID, Name: f.Name}.is(w.Field.Name)
	default:
		return false
	}
}

// line is the line of TOML that sets a field, with the first value that it allows.
func (e *examination) line(f metaField) string {
	value := "…"
	if len(f.Allowed) > 0 {
		value = f.Allowed[0].word()
	}
	switch f.ID {
	case "priority":
		return `priority = { "*" = ` + tomlText(value) + " }"
	case "components":
		if len(f.Allowed) > 0 {
			value = f.Allowed[0].label() // always a name
		}
		return "components = " + tomlTexts([]string{value})
	case "fixVersions":
		return "fix_versions = " + tomlTexts([]string{value})
	case "duedate":
		return `due = { "*" = "30d" }`
	case "security":
		return "security_level = " + tomlText(value)
	case "assignee":
		return "assignee = " + tomlText(value)
	case "parent":
		return "parent = " + tomlText(e.need.Destination.Project+"-1")
	}
	name := f.Name
	same := func(other metaField) bool { return other.ID != f.ID && other.Name == f.Name }
	if name == "" || slices.ContainsFunc(e.screen, same) {
		name = f.ID
	}
	return fieldKey(name) + " = " + f.Schema.example(f.Allowed)
}
