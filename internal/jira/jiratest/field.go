package jiratest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EpicLink is the field by which Data Center puts an issue into an epic.
const EpicLink = "customfield_10006"

// Field is a custom field, or a field of a transition's screen.
type Field struct {
	Name     string
	Type     string // text, paragraph, number, select, multi_select, cascading, user, date, labels, url; "": select where there is a choice, else anything
	Required bool
	Default  bool                // has a default value
	Allowed  []string            // names; none: free
	Below    map[string][]string // of cascading: the options below each of Allowed
	Unlisted bool                // on the screen, but not in the list of fields that Jira gives
}

// schema describes the type of a field as Jira does (facts: jira.md section 3).
func (f Field) schema(id string) map[string]any {
	const system = "com.atlassian.jira.plugin.system.customfieldtypes:"
	number, _ := strconv.Atoi(strings.TrimPrefix(id, "customfield_")) // the fields of tests have numbers
	out := map[string]any{"type": "any", "custom": "com.example.app:field", "customId": number}
	if id == EpicLink {
		out["custom"] = "com.pyxis.greenhopper.jira:gh-epic-link"
		return out
	}
	typ := f.Type
	if typ == "" && len(f.Allowed) > 0 {
		typ = "select"
	}
	known := map[string][3]string{ // type, items, custom
		"text": {"string", "", "textfield"}, "paragraph": {"string", "", "textarea"}, "number": {"number", "", "float"},
		"select": {"option", "", "select"}, "multi_select": {"array", "option", "multiselect"},
		"cascading": {"option-with-child", "", "cascadingselect"}, "user": {"user", "", "userpicker"},
		"date": {"date", "", "datepicker"}, "labels": {"array", "string", "labels"}, "url": {"string", "", "url"},
	}
	if is, found := known[typ]; found {
		out["type"], out["custom"] = is[0], system+is[2]
		if is[1] != "" {
			out["items"] = is[1]
		}
	}
	return out
}

// options are the allowed values of a field, named by value.
func (f Field) options(c *call, id string) []any {
	out := []any{}
	for n, name := range f.Allowed {
		option := optionBody(c, id, n, name)
		var below []any
		for m, child := range f.Below[name] {
			below = append(below, optionBody(c, id, 100*(n+1)+m, child))
		}
		if below != nil {
			option["children"] = below
		}
		out = append(out, option)
	}
	return out
}

func optionBody(c *call, id string, n int, name string) map[string]any {
	number := itoa(int64(n + 1))
	return map[string]any{"self": c.link("customFieldOption/" + id + number), "id": number, "value": name}
}

// choice is an option as a request names it.
type choice struct {
	ID    string  `json:"id"`
	Value string  `json:"value"`
	Child *choice `json:"child"`
}

// The words of Jira about values that it does not take.
const (
	noOption  = "Could not find valid 'id' or 'value' in the Parent Option object."
	noString  = "Operation value must be a string"
	noNumber  = "Operation value must be a number"
	noArray   = "data was not an array"
	noDate    = "Error parsing date string: "
	noAddress = "The URL is not valid."
	tooLong   = "The entered text is too long. It exceeds the allowed limit of 255 characters."
)

// custom sets a custom field, checked by its type as Jira does.
func (e *editor) custom(id string, f Field, raw json.RawMessage) {
	var value any
	_ = json.Unmarshal(raw, &value) // it was part of a valid document
	if problem := e.check(id, f, raw); problem != "" {
		e.errors[id] = problem
		return
	}
	e.i.Fields[id] = value
}

func (e *editor) check(id string, f Field, raw json.RawMessage) string {
	switch {
	case id == EpicLink:
		return e.epic(raw)
	case f.Type == "" && len(f.Allowed) > 0, f.Type == "select":
		return f.one(raw)
	case f.Type == "multi_select":
		return f.many(raw)
	case f.Type == "cascading":
		return f.cascade(raw)
	case f.Type == "paragraph":
		_, problem := e.s.text(e.c, raw)
		return problem
	case f.Type == "number":
		var number float64
		return unless(json.Unmarshal(raw, &number) == nil, noNumber)
	case f.Type == "labels":
		return labelProblem(raw)
	case f.Type == "user":
		return e.assignable(raw)
	}
	return f.line(raw)
}

// line checks the types that are a string.
func (f Field) line(raw json.RawMessage) string {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch f.Type {
	case "text":
		return firstOf(unless(isText, noString), unless(utf16Len(text) <= 255, tooLong))
	case "url":
		return firstOf(unless(isText, noString), unless(strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"), noAddress))
	case "date":
		return firstOf(unless(isText, noString), dateProblem(text))
	}
	return ""
}

func dateProblem(text string) string {
	_, err := time.Parse(time.DateOnly, text)
	return unless(err == nil, noDate+text)
}

// one checks a single choice.
func (f Field) one(raw json.RawMessage) string {
	var chosen choice
	if json.Unmarshal(raw, &chosen) != nil || (chosen.ID == "" && chosen.Value == "") {
		return noOption
	}
	return unless(f.has(chosen), "Option value '"+chosen.Value+chosen.ID+"' is not valid")
}

func (f Field) has(chosen choice) bool { return pick(f.Allowed, 0, chosen) != "" }

// pick gives the name of the option that is meant, "" where there is none. Ids count from first; a
// name of digits is an id as well.
func pick(names []string, first int, chosen choice) string {
	for n, name := range names {
		if name == chosen.Value || (chosen.ID != "" && (chosen.ID == itoa(int64(first+n+1)) || chosen.ID == name)) {
			return name
		}
	}
	return ""
}

func (f Field) many(raw json.RawMessage) string {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return noArray
	}
	for _, one := range all {
		if problem := f.one(one); problem != "" {
			return problem
		}
	}
	return ""
}

func (f Field) cascade(raw json.RawMessage) string {
	if problem := f.one(raw); problem != "" {
		return problem
	}
	var chosen choice
	_ = json.Unmarshal(raw, &chosen) // one has read it
	if chosen.Child == nil {
		return ""
	}
	parent := pick(f.Allowed, 0, chosen)
	first := 100 * (slices.Index(f.Allowed, parent) + 1)
	return unless(pick(f.Below[parent], first, *chosen.Child) != "", "Option value '"+chosen.Child.Value+chosen.Child.ID+"' is not valid")
}

func labelProblem(raw json.RawMessage) string {
	var labels []string
	if json.Unmarshal(raw, &labels) != nil {
		return noArray
	}
	for _, l := range labels {
		if strings.ContainsAny(l, " \t\r\n") {
			return "The label '" + l + "' contains spaces which is invalid."
		}
	}
	return ""
}

func unless(is bool, problem string) string {
	if is {
		return ""
	}
	return problem
}

func firstOf(problems ...string) string {
	i := slices.IndexFunc(problems, func(p string) bool { return p != "" })
	if i < 0 {
		return ""
	}
	return problems[i]
}

// customFields are the custom fields of the site, whichever project shows them. The lock is held.
func (s *Server) customFields() map[string]Field {
	all := map[string]Field{}
	if s.o.DataCenter {
		all[EpicLink] = Field{Name: "Epic Link"}
	}
	maps.Copy(all, s.o.Fields)
	for _, p := range s.projects {
		maps.Copy(all, p.Fields)
	}
	return all
}

// screen gives the custom fields of a project's create and edit screens.
func (s *Server) screen(p *Project) map[string]Field {
	shown := maps.Clone(p.Fields)
	if shown == nil {
		shown = map[string]Field{}
	}
	if s.o.DataCenter && !p.hides(EpicLink) {
		shown[EpicLink] = Field{Name: "Epic Link"}
	}
	return shown
}
