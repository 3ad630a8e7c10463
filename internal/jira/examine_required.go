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

// required tells of the fields that the screen requires and no rule sets.
func (e *examination) required() {
	set := e.setFields()
	before := len(e.symptoms)
	for _, f := range e.screen {
		isSet := slices.ContainsFunc(set, siteField{ID: f.ID, Name: f.Name}.is)
		if !f.Required || f.HasDefault || isSet || slices.Contains(always(), f.ID) || (f.ID == "parent" && e.typ.Subtask) {
			continue // of a sub-task without a parent the check of the type has told
		}
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRequired,
			Text: fmt.Sprintf("field %q (%s) is required on %s, and no rule that leads here sets it", outbound.Printable(f.Name, wordLimit), outbound.Printable(f.ID, wordLimit), e.where()),
			Hint: "set it in the rules that lead here, or in [defaults], or make it optional in Jira", Paste: e.line(f), Key: e.need.Key})
	}
	if len(e.symptoms) == before {
		e.healthy(checkRequired, e.need.Key, "the rules set every required field")
	}
}

// setFields gives the fields that rules set, by id or name.
func (e *examination) setFields() []string {
	var set []string
	for _, w := range e.need.Wants {
		switch a, known := aspects()[w.Aspect]; {
		case known:
			set = append(set, a.field)
		case w.Aspect == ticket.WantParent:
			set = append(set, "parent")
			if i := slices.IndexFunc(e.screen, func(f metaField) bool { return f.Schema.Custom == epicLink }); i >= 0 {
				set = append(set, e.screen[i].ID)
			}
		case w.Aspect == ticket.WantField && w.Field != nil:
			set = append(set, w.Field.Name)
		}
	}
	return set
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
