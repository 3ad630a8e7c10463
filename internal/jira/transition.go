package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

const hintOutcome = "set transitions, resolution or fields under on.<disposition> of the rule"

// transition is a way out of the present status, as this account may take it. Ids differ from
// workflow to workflow.
type transition struct {
	ID        string                 `json:"id"`
	Name      string                 `json:"name"`
	To        status                 `json:"to"`
	Available *bool                  `json:"isAvailable"`
	Fields    map[string]screenField `json:"fields"`
}

type screenField struct {
	Name       string  `json:"name"`
	Required   bool    `json:"required"`
	HasDefault bool    `json:"hasDefaultValue"`
	Schema     schema  `json:"schema"`
	Allowed    allowed `json:"allowedValues"`
}

// is tells whether a configured name or id means this transition, or the status it leads to.
func (tr transition) is(name string) bool {
	return tr.ID == name || strings.EqualFold(tr.Name, name) || tr.To.is(name)
}

func (t *Tracker) transitions(ctx context.Context, ref ticket.Ref) ([]transition, error) {
	path, _, err := t.api(ctx, "issue", ref.ID, "transitions")
	if err != nil {
		return nil, err
	}
	var list struct {
		Transitions *[]transition `json:"transitions"`
	}
	r := request{op: "transitions", method: http.MethodGet, path: path, query: url.Values{"expand": {"transitions.fields"}}}
	if err := t.do(ctx, r, &list); err != nil {
		return nil, t.missing(ctx, ref, err)
	}
	nameless := func(tr transition) bool { return !reID.MatchString(tr.ID) }
	if list.Transitions == nil || slices.ContainsFunc(*list.Transitions, nameless) {
		return nil, &ticket.Error{Decision: ticket.Retry, Op: r.op, Status: http.StatusOK, Err: errNoTransitions}
	}
	return slices.DeleteFunc(*list.Transitions, func(tr transition) bool { return tr.Available != nil && !*tr.Available }), nil
}

// choose picks the next transition and gives what is left of the path. A configured path is
// followed strictly: closing as "Done" what should be "Won't do" would be wrong. Without one, the
// only transition to a status of the wanted category is taken; of several none.
func choose(offered []transition, path []string, at status, c ticket.Change) (transition, []string, error) {
	if len(c.Transitions) > 0 {
		for i, step := range path {
			if tr, ok := match(offered, step); ok {
				return tr, path[i+1:], nil
			}
		}
		return transition{}, nil, noWay(offered, at, fmt.Sprintf("none of the configured steps %q is offered", c.Transitions))
	}
	for _, category := range wantedCategories(c.Open) {
		var fit []transition
		for _, tr := range offered {
			sameStatus := func(other transition) bool { return other.To.ID == tr.To.ID }
			if tr.To.Category.Key == category && !slices.ContainsFunc(fit, sameStatus) {
				fit = append(fit, tr)
			}
		}
		switch len(fit) {
		case 0:
			continue
		case 1:
			return fit[0], nil, nil
		}
		return transition{}, nil, noWay(fit, at, "several transitions lead there")
	}
	return transition{}, nil, noWay(offered, at, "no transition leads there")
}

// match prefers a transition's own id or name over the status it leads to.
func match(offered []transition, step string) (transition, bool) {
	for _, tr := range offered {
		if tr.ID == step || strings.EqualFold(tr.Name, step) {
			return tr, true
		}
	}
	for _, tr := range offered {
		if tr.is(step) {
			return tr, true
		}
	}
	return transition{}, false
}

func wantedCategories(open bool) []string {
	if open {
		return []string{"new", "indeterminate"}
	}
	return []string{"done"}
}

// noWay is the refusal of the workflow, naming what there is.
func noWay(offered []transition, at status, why string) error {
	var names []string
	for _, tr := range offered {
		names = append(names, fmt.Sprintf("%q (id %s, to %q)", tr.Name, tr.ID, tr.To.Name))
	}
	list := "none; the account may lack the permission Transition Issues"
	if len(names) > 0 {
		list = strings.Join(names, ", ")
	}
	return &ticket.Error{
		Decision: ticket.Refused, Op: "transition", Message: outbound.Printable(fmt.Sprintf("from status %q %s", at.Name, why), messageLimit),
		Hint: outbound.Printable("set transitions under on.<disposition> of the rule; from here there are: "+list, 2*messageLimit),
	}
}

// screen gives the fields to send with a transition: of the configured ones those that are on its
// screen, and the resolution. Jira's list may leave the resolution out although the screen has it,
// so a configured one is tried (tentative) and left out when refused.
func (tr transition) screen(cloud bool, c ticket.Change) (fields map[string]any, tentative bool, err error) {
	if fields, err = tr.values(cloud, c.Fields); err != nil {
		return nil, false, err
	}
	shown, onScreen := tr.Fields["resolution"]
	switch _, given := fields["resolution"]; {
	case given:
	case c.Resolution != "" && (onScreen || !tr.To.open()):
		fields["resolution"] = map[string]any{"name": c.Resolution}
		tentative = !onScreen
	case onScreen && shown.Required && !shown.HasDefault && !tr.To.open():
		if name, ok := shown.resolution(); ok {
			fields["resolution"] = map[string]any{"name": name}
		}
	}
	lacking := map[string]string{}
	for name, f := range tr.Fields {
		if _, sent := fields[name]; f.Required && !f.HasDefault && !sent {
			lacking[outbound.Printable(name, wordLimit)] = outbound.Printable(f.Name, wordLimit) + " is required"
		}
	}
	if len(lacking) == 0 {
		return fields, tentative, nil
	}
	return nil, false, &ticket.Error{
		Decision: ticket.Refused, Op: "transition", Fields: lacking, Message: fmt.Sprintf("transition %q asks for more", tr.Name),
		Hint: "set " + strings.Join(slices.Sorted(maps.Keys(lacking)), ", ") + " under on.<disposition> of the rule: resolution, or fields.<id>",
	}
}

// values writes those of a rule's fields that the screen shows, by id or by name.
func (tr transition) values(cloud bool, fields []ticket.Field) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range fields {
		id, err := tr.field(f.Name)
		if err != nil {
			return nil, err
		}
		if id == "" {
			continue
		}
		if out[id], err = encode(cloud, id, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// field finds a field of the screen by id, else by name; "" where it is not on the screen.
func (tr transition) field(name string) (string, error) {
	var site []siteField
	for id, f := range tr.Fields {
		site = append(site, siteField{ID: id, Name: f.Name})
	}
	return lookup(site, fmt.Sprintf("the screen of transition %q", tr.Name), name)
}

// resolution chooses when the screen requires one and the rule names none: the only one there is,
// or Jira's own word for finished work.
func (f screenField) resolution() (string, bool) {
	names := f.Allowed.names()
	if len(names) == 1 {
		return names[0], true
	}
	for _, usual := range []string{"Done", "Fixed"} {
		if slices.Contains(names, usual) {
			return usual, true
		}
	}
	return "", false
}
