package jira

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// metaField is a field of the create screen of a type of issue.
type metaField struct {
	ID         string  `json:"fieldId"`
	Key        string  `json:"key"` // the id on sites that do not tell fieldId
	Name       string  `json:"name"`
	Required   bool    `json:"required"`
	HasDefault bool    `json:"hasDefaultValue"`
	Schema     schema  `json:"schema"`
	Allowed    allowed `json:"allowedValues"`
}

// readScreen reads the create screen of the issue type.
func (e *examination) readScreen(ctx context.Context) bool {
	if e.typ.ID == "" {
		return false // told by the step before
	}
	path, _, err := e.t.api(ctx, "issue", "createmeta", e.need.Destination.Project, "issuetypes", e.typ.ID)
	if err == nil {
		e.screen, err = metaOf[metaField](ctx, e.t, path)
	}
	for i, f := range e.screen {
		if f.ID == "" {
			e.screen[i].ID = f.Key
		}
	}
	if err != nil || len(e.screen) == 0 {
		text := "the site tells no field of the create screen"
		if err != nil {
			text = "the create screen cannot be read: " + err.Error()
		}
		e.unknown("create screen", e.need.Key, text, "what the rules set is looked at when the first ticket is made")
		return false
	}
	return true
}

// shown gives a field of the create screen by its id.
func (e *examination) shown(id string) (metaField, bool) {
	i := slices.IndexFunc(e.screen, func(f metaField) bool { return f.ID == id })
	if i < 0 {
		return metaField{}, false
	}
	return e.screen[i], true
}

// where names the create screen in a message.
func (e *examination) where() string {
	return fmt.Sprintf("the create screen of %s in %s", outbound.Printable(e.typ.Name, wordLimit), e.need.Destination.Project)
}

// labels looks whether the issue can carry labels, ours before all.
func (e *examination) labels() {
	key := e.need.Key
	if wants := e.wants(ticket.WantLabel); len(wants) > 0 {
		key = wants[0].Key
	}
	if _, is := e.shown("labels"); !is {
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkLabels,
			Text: "labels are not on " + e.where() + ": tickets have none, and a ticket whose creation was in doubt is found by its text alone",
			Hint: "put Labels on the create and edit screens in Jira", Key: key})
		return
	}
	e.healthy(checkLabels, key, "labels are on %s", e.where())
}

// aspect is what a rule has a key of its own for, and the field of Jira behind it.
type aspect struct {
	field    string // id
	check    string
	severity ticket.Severity // of its not being taken: a decoration is left out, anything else holds the ticket
	key      string          // in TOML
	named    bool            // is sent by its name always; else digits alone are an id
}

func aspects() map[ticket.Aspect]aspect {
	return map[ticket.Aspect]aspect{
		ticket.WantPriority:      {field: "priority", check: "priority", severity: ticket.Warning, key: "priority"},
		ticket.WantComponent:     {field: "components", check: "component", severity: ticket.Warning, key: "components", named: true},
		ticket.WantFixVersion:    {field: "fixVersions", check: "fix version", severity: ticket.Warning, key: "fix_versions"},
		ticket.WantDueDate:       {field: "duedate", check: "due date", severity: ticket.Warning, key: "due"},
		ticket.WantSecurityLevel: {field: "security", check: "security level", severity: ticket.Failing, key: "security_level"},
		ticket.WantAssignee:      {field: "assignee", check: "assignee", severity: ticket.Warning, key: "assignee"},
	}
}

// outcome says what becomes of a ticket whose wish is not met.
func (a aspect) outcome() string {
	if a.severity == ticket.Warning {
		return "tickets are made without it"
	}
	return "tickets are held"
}

// values looks at what the rules set on the create screen.
func (e *examination) values(ctx context.Context) {
	for _, w := range e.need.Wants {
		if w.Aspect == ticket.WantField && w.Field != nil {
			e.field(ctx, w)
		} else if a, known := aspects()[w.Aspect]; known {
			e.value(a, w)
		}
	}
}

// value looks at one thing that a rule has a key of its own for.
func (e *examination) value(a aspect, w ticket.Want) {
	f, is := e.shown(a.field)
	if !is {
		e.add(ticket.Symptom{Severity: a.severity, Check: a.check, Text: fmt.Sprintf("the field of %s is not on %s: %s", a.key, e.where(), a.outcome()),
			Hint: fmt.Sprintf("put it on the create screen in Jira, or remove %s", a.key), Key: w.Key})
		return
	}
	if w.Aspect == ticket.WantAssignee {
		return // the person is asked for by itself
	}
	if w.Value == "" || len(f.Allowed) == 0 && w.Aspect == ticket.WantDueDate {
		e.healthy(a.check, w.Key, "%s is on %s", a.key, e.where())
		return
	}
	find := f.Allowed.find
	if a.named {
		find = f.Allowed.named
	}
	if _, exists := find(w.Value); !exists {
		e.add(ticket.Symptom{Severity: a.severity, Check: a.check, Text: fmt.Sprintf("%s does not exist in project %s: %s", called(a.check, w.Value, a.named), e.need.Destination.Project, a.outcome()),
			Hint: f.Allowed.others(w.Value), Key: w.Key})
		return
	}
	e.healthy(a.check, w.Key, "%s %q exists", a.check, w.Value)
}

// called names a value as the rule's word for it is understood.
func called(what, word string, named bool) string {
	if !named && reID.MatchString(word) {
		return what + " with the id " + word
	}
	return fmt.Sprintf("%s %q", what, word)
}

// field looks at a further field of a rule: is it there, on the screen, of the type, with the value?
func (e *examination) field(ctx context.Context, w ticket.Want) {
	const check = "field"
	id, err := e.t.fieldID(ctx, w.Field.Name)
	if err != nil {
		e.fieldUnknown(w, err)
		return
	}
	f, is := e.shown(id)
	if !is {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: check, Text: fmt.Sprintf("field %q is not on %s", w.Field.Name, e.where()),
			Hint: fmt.Sprintf("put it on the create screen in Jira, or remove %s", fieldKey(w.Field.Name)), Key: w.Key})
		return
	}
	if s, bad := fits(check, fieldKey(w.Field.Name), f, *w.Field); bad {
		s.Key = w.Key
		e.add(s)
		return
	}
	e.healthy(check, w.Key, "field %q is on %s and takes the value", w.Field.Name, e.where())
}

// fieldUnknown tells of a field that cannot be found. Where several have its name and the screen
// shows one of them, that one is offered.
func (e *examination) fieldUnknown(w ticket.Want, err error) {
	var paste string
	var shown []metaField
	for _, f := range e.screen {
		if strings.EqualFold(f.Name, w.Field.Name) {
			shown = append(shown, f)
		}
	}
	if len(shown) == 1 && ticket.DecisionOf(err) == ticket.HoldTicket {
		paste = fieldKey(shown[0].ID) + " = " + shown[0].Schema.example(shown[0].Allowed)
	}
	e.failed("field", "the fields of the site cannot be read", w.Key, err)
	last := &e.symptoms[len(e.symptoms)-1]
	last.Paste = paste
}

// fits looks whether a field takes a value as the rule writes it. A value that depends on the
// finding is looked at by its type only.
func fits(check, key string, f metaField, set ticket.Field) (ticket.Symptom, bool) {
	s := ticket.Symptom{Severity: ticket.Failing, Check: check}
	if !f.Schema.takes(set.Type) {
		s.Text = fmt.Sprintf("field %q does not take a value of type %s", set.Name, set.Type)
		s.Hint, s.Paste = "write it as the type that the field has", key+" = "+f.Schema.example(f.Allowed)
		return s, true
	}
	if missing, among, is := unlisted(f, set); is {
		s.Text = fmt.Sprintf("field %q has no %s", set.Name, called("option", missing, false))
		s.Hint, s.Paste = among.others(missing), key+" = "+f.Schema.example(f.Allowed.toward(set.Values[0]))
		return s, true
	}
	return ticket.Symptom{}, false
}

// unlisted gives the first value of a field that is not among those it allows, and these; none where
// all are, or the site tells none.
func unlisted(f metaField, set ticket.Field) (missing string, among allowed, is bool) {
	if len(f.Allowed) == 0 || len(set.Values) == 0 {
		return "", nil, false
	}
	switch set.Type {
	case ticket.SelectField, ticket.MultiSelectField:
		for _, v := range set.Values {
			if _, has := f.Allowed.find(v); !has {
				return v, f.Allowed, true
			}
		}
	case ticket.CascadingField:
		parent, has := f.Allowed.find(set.Values[0])
		if !has {
			return set.Values[0], f.Allowed, true
		}
		if len(set.Values) > 1 {
			_, has := parent.below().find(set.Values[1])
			return set.Values[1], parent.below(), !has
		}
	case ticket.TextField, ticket.ParagraphField, ticket.NumberField, ticket.UserField, ticket.DateField,
		ticket.LabelsField, ticket.URLField, ticket.JSONField:
	}
	return "", nil, false
}
