package jira

import (
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

// epicLink marks the field by which Data Center puts an issue into an epic.
const epicLink = "com.pyxis.greenhopper.jira:gh-epic-link"

// types gives the types of values that a field takes, the one to advise first. What is not known,
// fields of apps above all, takes any JSON.
func (s schema) types() []ticket.FieldType {
	_, kind, _ := strings.Cut(s.Custom, ":")
	known := map[string][]ticket.FieldType{
		"textfield": {ticket.TextField}, "textarea": {ticket.ParagraphField}, "float": {ticket.NumberField},
		"select": {ticket.SelectField}, "radiobuttons": {ticket.SelectField},
		"multiselect": {ticket.MultiSelectField}, "multicheckboxes": {ticket.MultiSelectField},
		"cascadingselect": {ticket.CascadingField}, "userpicker": {ticket.UserField}, "datepicker": {ticket.DateField},
		"labels": {ticket.LabelsField}, "url": {ticket.URLField, ticket.TextField}, "gh-sprint": {ticket.NumberField},
		"gh-epic-link": {ticket.TextField}, "gh-epic-label": {ticket.TextField},
	}
	if types, ok := known[kind]; ok {
		return types
	}
	if s.Custom != "" && !strings.HasPrefix(s.Custom, "com.atlassian.jira.plugin.system.customfieldtypes:") {
		return nil
	}
	return s.plain()
}

// plain tells by the type alone what a field takes, that of the system's own fields.
func (s schema) plain() []ticket.FieldType {
	switch {
	case s.System == "environment", s.System == "description":
		return []ticket.FieldType{ticket.ParagraphField}
	case s.Type == "array" && s.Items == "option", s.Type == "array" && slices.Contains([]string{"versions", "fixVersions", "components"}, s.System):
		return []ticket.FieldType{ticket.MultiSelectField}
	case s.Type == "array" && s.Items == "string":
		return []ticket.FieldType{ticket.LabelsField}
	case s.Type == "resolution", s.Type == "priority", s.Type == "securitylevel", s.Type == "option":
		return []ticket.FieldType{ticket.SelectField}
	}
	return map[string][]ticket.FieldType{
		"string": {ticket.TextField}, "number": {ticket.NumberField}, "option-with-child": {ticket.CascadingField},
		"user": {ticket.UserField}, "date": {ticket.DateField},
	}[s.Type]
}

// takes tells whether a value of a type fits; JSON may be anything, and of an unknown field nothing
// is known.
func (s schema) takes(typ ticket.FieldType) bool {
	types := s.types()
	return len(types) == 0 || typ == ticket.JSONField || slices.Contains(types, typ)
}

// example is a value for a field as a rule writes it: of the type that the field takes, with the
// first of the values that it allows.
func (s schema) example(values allowed) string {
	typ := ticket.JSONField
	if types := s.types(); len(types) > 0 {
		typ = types[0]
	}
	value := map[ticket.FieldType]string{
		ticket.TextField: tomlText("…"), ticket.ParagraphField: tomlText("…"), ticket.NumberField: tomlText("1"),
		ticket.SelectField: tomlText("…"), ticket.MultiSelectField: tomlTexts([]string{"…"}), ticket.CascadingField: tomlTexts([]string{"…", "…"}),
		ticket.UserField: tomlText("…"), ticket.DateField: tomlText("2026-12-31"), ticket.LabelsField: tomlTexts([]string{"…"}),
		ticket.URLField: tomlText("https://…"), ticket.JSONField: tomlText("…"),
	}[typ]
	if len(values) > 0 {
		first := values[0]
		chosen, limited := map[ticket.FieldType]string{
			ticket.SelectField: tomlText(first.word()), ticket.MultiSelectField: tomlTexts([]string{first.word()}), ticket.CascadingField: tomlTexts(first.chain()),
		}[typ]
		if limited {
			value = chosen
		}
	}
	return "{ " + string(typ) + " = " + value + " }"
}
