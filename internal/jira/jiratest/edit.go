package jiratest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// details is the body of a create, an update or a transition.
type details struct {
	Fields     map[string]json.RawMessage              `json:"fields"`
	Update     map[string][]map[string]json.RawMessage `json:"update"`
	Transition *struct {
		ID string `json:"id"`
	} `json:"transition"`
	Properties []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}

// parse reads a body as Jira does: members it does not know are refused.
func (c *call) parse(into any) *reply {
	dec := json.NewDecoder(strings.NewReader(string(c.body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		refusal := failure(http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
		return &refusal
	}
	return nil
}

func (s *Server) create(c *call) reply {
	var d details
	if refusal := c.parse(&d); refusal != nil {
		return *refusal
	}
	var target struct{ Key string }
	_ = json.Unmarshal(d.Fields["project"], &target) // what cannot be read names no project
	p, visible := s.visible(target.Key)
	if !visible {
		return fieldFailure(map[string]string{"project": "valid project is required"})
	}
	if p.Archived {
		return fieldFailure(map[string]string{"project": "The project is archived."})
	}
	i := &issue{Issue: Issue{Project: p.Key, Status: p.Workflow.Statuses[0].Name, Category: p.Workflow.Statuses[0].Category, Creator: s.o.Account,
		Created: s.o.Now(), Updated: s.o.Now(), Fields: map[string]any{}, Properties: map[string]json.RawMessage{}, Priority: s.usualPriority(p)}}
	e := editor{s: s, c: c, p: p, i: i, errors: map[string]string{}}
	e.set(d.Fields, s.screen(p))
	e.family(d.Fields)
	e.required(d.Fields, append([]string{"summary", "issuetype"}, p.Required...)...)
	e.update(d.Update)
	if len(e.errors) > 0 {
		return fieldFailure(e.errors)
	}
	for _, property := range d.Properties {
		i.Properties[property.Key] = property.Value
	}
	s.lastID++
	s.numbers[p.Key]++
	i.id, i.ID, i.Key = s.lastID, itoa(s.lastID), p.Key+"-"+itoa(s.numbers[p.Key])
	s.issues[i.id] = i
	s.effect("create", i.Key, "%s", i.Summary)
	return reply{status: http.StatusCreated, body: map[string]any{"id": i.ID, "key": i.Key, "self": c.link("issue/" + i.ID)}}
}

func (s *Server) update(c *call) reply {
	i, p, refusal := s.writable(c)
	if refusal != nil {
		return *refusal
	}
	var d details
	if refusal := c.parse(&d); refusal != nil {
		return *refusal
	}
	draft := *i
	draft.Labels, draft.Fields = slices.Clone(i.Labels), maps.Clone(i.Fields)
	e := editor{s: s, c: c, p: p, i: &draft, errors: map[string]string{}}
	e.set(d.Fields, s.screen(p))
	e.update(d.Update)
	if len(e.errors) > 0 {
		return fieldFailure(e.errors)
	}
	draft.Updated = s.o.Now()
	*i = draft
	s.effect("update", i.Key, "%s", strings.Join(e.changed, ", "))
	return reply{status: http.StatusNoContent}
}

// editor sets fields of an issue and collects what is wrong with them.
type editor struct {
	s       *Server
	c       *call
	p       *Project
	i       *issue
	errors  map[string]string
	changed []string
}

func (e *editor) required(sent map[string]json.RawMessage, names ...string) {
	for id, f := range e.p.Fields {
		if f.Required && !f.Default {
			names = append(names, id)
		}
	}
	for _, name := range names {
		if _, is := sent[name]; !is && e.errors[name] == "" {
			e.errors[name] = systemName(name) + " is required."
			if f, custom := e.p.Fields[name]; custom {
				e.errors[name] = f.Name + " is required."
			}
		}
	}
}

func (e *editor) set(fields map[string]json.RawMessage, custom map[string]Field) {
	for name, raw := range fields {
		f, isCustom := custom[name]
		switch {
		case isCustom:
			e.custom(name, f, raw)
		case name != "resolution" && (e.p.hides(name) || !slices.Contains(append(e.s.systemFields(), "parent"), name)):
			e.errors[name] = "Field '" + name + "' cannot be set. It is not on the appropriate screen, or unknown."
			continue
		default:
			e.system(name, raw)
		}
		e.changed = append(e.changed, name)
	}
	slices.Sort(e.changed)
}

func (e *editor) addLabel(l string) {
	switch {
	case strings.ContainsAny(l, " \t\n\r"):
		e.errors["labels"] = "The label '" + l + "' contains spaces which is invalid."
	case utf16Len(l) > 255:
		e.errors["labels"] = "The label '" + l + "' exceeds the maximum length."
	}
	if !slices.Contains(e.i.Labels, l) {
		e.i.Labels = append(e.i.Labels, l)
		slices.Sort(e.i.Labels)
	}
}

// update carries out the operations on labels, the only ones that ticketd uses.
func (e *editor) update(ops map[string][]map[string]json.RawMessage) {
	for name, list := range ops {
		if name != "labels" || e.p.hides(name) {
			e.errors[name] = "Field '" + name + "' cannot be set. It is not on the appropriate screen, or unknown."
			continue
		}
		for _, op := range list {
			for verb, raw := range op {
				e.labelOp(verb, raw)
			}
		}
		e.changed = append(e.changed, "labels")
	}
}

func (e *editor) labelOp(verb string, raw json.RawMessage) {
	var l string
	if json.Unmarshal(raw, &l) != nil {
		e.errors["labels"] = "expected a string"
		return
	}
	switch verb {
	case "add":
		e.addLabel(l)
	case "remove":
		e.i.Labels = slices.DeleteFunc(e.i.Labels, func(have string) bool { return have == l })
	default:
		e.errors["labels"] = "unknown operation " + verb
	}
}
