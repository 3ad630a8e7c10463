package jiratest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

func (s *Server) transitionList(c *call) reply {
	i, p, found := s.seen(c)
	if !found {
		return noIssue(c)
	}
	out := []any{}
	for _, t := range p.Workflow.from(i.Status) {
		to, _ := p.Workflow.status(t.To)
		fields := map[string]any{}
		for id, f := range t.Fields {
			if !f.Unlisted {
				fields[id] = f.body(c, id)
			}
		}
		body := map[string]any{"id": t.ID, "name": t.Name, "to": s.statusBody(c, to), "fields": fields}
		if !s.o.DataCenter {
			body["hasScreen"], body["isAvailable"], body["isConditional"], body["isGlobal"], body["isInitial"] = len(t.Fields) > 0, true, false, len(t.From) == 0, false
		}
		out = append(out, body)
	}
	return ok(map[string]any{"expand": "transitions", "transitions": out})
}

// body is a field of a transition's screen. Resolutions are named by name, options by value.
func (f Field) body(c *call, id string) map[string]any {
	allowed, schema := f.options(c, id), f.schema(id)
	if id == "resolution" {
		allowed, schema = named(c, id, f.Allowed, f.Allowed), map[string]any{"type": id, "system": id}
	}
	return map[string]any{"required": f.Required, "hasDefaultValue": f.Default, "name": f.Name, "key": id,
		"operations": []string{"set"}, "schema": schema, "allowedValues": allowed}
}

func (s *Server) transit(c *call) reply {
	i, p, refusal := s.writable(c)
	if refusal != nil {
		return *refusal
	}
	var d details
	if refusal := c.parse(&d); refusal != nil {
		return *refusal
	}
	if d.Transition == nil {
		return failure(http.StatusBadRequest, "Missing 'transition' identifier")
	}
	offered := p.Workflow.from(i.Status)
	n := slices.IndexFunc(offered, func(t Transition) bool { return t.ID == d.Transition.ID })
	if n < 0 {
		if s.o.DataCenter {
			return failure(http.StatusInternalServerError, "Internal server error") // as its description says
		}
		return failure(http.StatusBadRequest, "It seems that you have tried to perform an illegal workflow operation.")
	}
	t := offered[n]
	e := editor{s: s, c: c, p: p, i: &issue{Issue: i.Issue}, errors: map[string]string{}}
	e.i.Fields = map[string]any{}
	e.screen(t, d.Fields)
	if len(e.errors) > 0 {
		return fieldFailure(e.errors)
	}
	s.arrive(i, p, t.To)
	if e.i.Resolution != "" && i.Category == "done" {
		i.Resolution = e.i.Resolution
	}
	maps.Copy(i.Fields, e.i.Fields)
	s.effect("transition", i.Key, "%s: %s", t.Name, i.Status)
	return reply{status: http.StatusNoContent}
}

// screen sets the fields of a transition's screen and nothing else.
func (e *editor) screen(t Transition, sent map[string]json.RawMessage) {
	for name := range sent {
		if _, on := t.Fields[name]; !on {
			e.errors[name] = "Field '" + name + "' cannot be set. It is not on the appropriate screen, or unknown."
		}
	}
	custom := map[string]Field{}
	for id, f := range t.Fields {
		if _, is := sent[id]; !is && f.Required && !f.Default {
			e.errors[id] = f.Name + " is required."
		}
		if id != "resolution" {
			custom[id] = f
		}
	}
	if len(e.errors) > 0 {
		return
	}
	e.set(sent, custom)
	if f := t.Fields["resolution"]; e.i.Resolution != "" && len(f.Allowed) > 0 && !slices.Contains(f.Allowed, e.i.Resolution) {
		e.errors["resolution"] = "Resolution '" + e.i.Resolution + "' is not valid"
	}
}

// arrive puts an issue into a status; leaving "done" clears the resolution. The lock is held.
func (s *Server) arrive(i *issue, p *Project, status string) {
	st, known := p.Workflow.status(status)
	if !known {
		st = p.Workflow.Statuses[0]
	}
	i.Status, i.Category, i.Updated = st.Name, st.Category, s.o.Now()
	if st.Category != "done" {
		i.Resolution = ""
	}
}
