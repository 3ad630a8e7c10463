package explain

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
)

// Event is what became of a webhook body.
type Event struct {
	Verdict string    `json:"verdict"` // event, probe, personal, unhandled, unparsed
	Type    string    `json:"type"`    // as sent; "" where it could not be read
	Entry   string    `json:"entry"`   // of the table of event types, which recognised it; "" where none did
	Reason  string    `json:"reason"`  // why it is unhandled or unparsed
	Class   string    `json:"class"`   // status, note_created, note_deleted; "" of what is no event
	Time    int64     `json:"time"`    // Unix seconds
	Fields  []Decoded `json:"fields"`  // that the event tells, by name
}

// Decoded is one attribute with the place in the body that filled it.
type Decoded struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Path  string `json:"path"` // in event.data, or "event.type"
}

func eventOf(d datatheorem.Decoded) *Event {
	e := &Event{
		Verdict: string(d.Verdict), Type: d.Type, Entry: d.Entry, Reason: d.Reason,
		Class: string(d.Event.Class), Time: d.Event.Time, Fields: []Decoded{},
	}
	for _, name := range slices.Sorted(maps.Keys(d.Event.Fields)) {
		e.Fields = append(e.Fields, Decoded{Name: string(name), Value: d.Event.Fields[name], Path: d.Paths[name]})
	}
	return e
}

// Finding is a finding as it stands after the event.
type Finding struct {
	Key         string            `json:"key"` // kind/uuid
	Disposition string            `json:"disposition"`
	Parent      string            `json:"parent"`
	Fields      map[string]string `json:"fields"` // by the names that rules use
}

func findingOf(f finding.Finding) *Finding {
	fields := make(map[string]string, len(f.Fields))
	for name, v := range f.Fields {
		fields[string(name)] = v.Text
	}
	return &Finding{Key: f.Key.String(), Disposition: string(f.Disposition), Parent: f.Parent.Text, Fields: fields}
}

// Place is a place in the configuration.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
}

func (o Options) place(key []string) Place {
	file, line, _ := o.Config.Position(key)
	return Place{File: file, Line: line}
}

// Rule is what one rule said.
type Rule struct {
	Name    string `json:"name"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`   // the first condition that did not hold; "" where it matched
	Place   Place  `json:"place"` // of that condition, or of the rule
}

func rulesOf(o Options, t mapping.Trace) []Rule {
	rules := make([]Rule, len(t.Rules))
	for i, v := range t.Rules {
		key := v.Key
		if len(key) == 0 {
			key = []string{"rule", strconv.Itoa(i)}
		}
		rules[i] = Rule{Name: v.Rule, Matched: v.Matched, Why: v.Why, Place: o.place(key)}
	}
	return rules
}

// Route is where the finding goes.
type Route struct {
	Rule      string   `json:"rule"`
	Place     Place    `json:"place"` // of the rule
	Tracker   string   `json:"tracker"`
	Project   string   `json:"project"` // or repository
	IssueType string   `json:"issue_type"`
	Group     string   `json:"group"`    // the finding's key where it has the ticket to itself
	Grouped   bool     `json:"grouped"`  // others may share the ticket
	GroupBy   []string `json:"group_by"` // what they share it by
	Members   []string `json:"members"`  // of the group, as far as they were told
}

func routeOf(o Options, t mapping.Trace, s mapping.Subject) *Route {
	to := t.Route
	r := &Route{
		Rule: to.Rule, Place: o.place([]string{"rule", strconv.Itoa(slices.Index(o.Config.Mapping.Rules(), to.Rule))}),
		Tracker: to.Destination.Tracker, Project: to.Destination.Project, IssueType: to.Destination.IssueType,
		Group: to.Group, Grouped: mapping.Grouped(to.Group), GroupBy: listOf(t.GroupBy), Members: []string{},
	}
	for _, f := range s.Members {
		r.Members = append(r.Members, f.Key.String())
	}
	return r
}

// Ticket is the issue that should exist.
type Ticket struct {
	Marker        string   `json:"marker"`
	Title         string   `json:"title"`
	Body          string   `json:"body"` // readable text; the requests have it in the tracker's own form
	Labels        []string `json:"labels"`
	Assignee      string   `json:"assignee"`
	Priority      string   `json:"priority"`
	DueDate       string   `json:"due_date"`
	Components    []string `json:"components"`
	FixVersions   []string `json:"fix_versions"`
	SecurityLevel string   `json:"security_level"`
	Parent        string   `json:"parent"`
	Milestone     string   `json:"milestone"`
	Fields        []Field  `json:"fields"`
	Error         string   `json:"error"` // why it cannot be written, so that the ticket would be held
}

// Field is a further field of the issue or of a transition's screen.
type Field struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

func ticketOf(v mapping.View, s mapping.Subject, marker string) *Ticket {
	d, err := v.Draft(s, marker, ticket.Ref{})
	t := &Ticket{
		Marker: marker, Title: d.Title, Body: Plain(d.Body), Labels: listOf(d.Labels), Assignee: d.Assignee,
		Priority: d.Priority, DueDate: d.DueDate, Components: listOf(d.Components), FixVersions: listOf(d.FixVersions),
		SecurityLevel: d.SecurityLevel, Parent: d.Parent, Milestone: d.Milestone, Fields: fieldsOf(d.Fields),
	}
	if err != nil {
		t.Error = err.Error()
	}
	return t
}

func fieldsOf(fields []ticket.Field) []Field {
	out := make([]Field, len(fields))
	for i, f := range fields {
		out[i] = Field{Name: f.Name, Type: string(f.Type), Value: valueOf(f)}
	}
	return out
}

func valueOf(f ticket.Field) any {
	switch f.Type {
	case ticket.JSONField:
		return f.JSON
	case ticket.ParagraphField:
		return Plain(f.Doc)
	case ticket.NumberField:
		if len(f.Values) == 1 {
			return json.Number(f.Values[0])
		}
	case ticket.TextField, ticket.SelectField, ticket.UserField, ticket.DateField, ticket.URLField:
		if len(f.Values) == 1 {
			return f.Values[0]
		}
	case ticket.MultiSelectField, ticket.CascadingField, ticket.LabelsField:
	}
	return listOf(f.Values)
}

// texts gives the value as wants may name it: of a list each entry, of JSON its text.
func (f Field) texts() []string {
	switch v := f.Value.(type) {
	case []string:
		return v
	case string:
		return []string{v}
	}
	text, err := json.Marshal(f.Value)
	if err != nil {
		return nil
	}
	return []string{string(text)}
}

// Closing is what is done for a disposition that closes.
type Closing struct {
	Disposition string   `json:"disposition"`
	CommentOnly bool     `json:"comment_only"` // the issue's state is left alone
	Comment     string   `json:"comment"`
	Transitions []string `json:"transitions"` // none: the one that leads to a closed state
	Resolution  string   `json:"resolution"`
	StateReason string   `json:"state_reason"`
	Labels      []string `json:"labels"` // added
	Fields      []Field  `json:"fields"`
	Error       string   `json:"error"` // why it cannot be written, so that the ticket would be held
}

func closingOf(v mapping.View, s mapping.Subject) *Closing {
	d := s.Finding.Disposition
	c, err := v.Closing(s, d)
	out := &Closing{
		Disposition: string(d), CommentOnly: v.CommentOnly(d), Comment: Plain(v.StateComment(s)),
		Transitions: listOf(c.Transitions), Resolution: c.Resolution, StateReason: c.StateReason,
		Labels: listOf(c.AddLabels), Fields: fieldsOf(c.Fields),
	}
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

// Note is what becomes of a note.
type Note struct {
	On      string `json:"on"` // kind/uuid that it was written on
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"` // its comment is deleted
	Comment string `json:"comment"` // "" of a deleted one
	Ignored bool   `json:"ignored"` // the rule says that notes are no comments
}

func noteOf(o Options, h *history, f finding.Finding, ev finding.Event) *Note {
	n := &Note{On: ev.Key.String(), ID: ev.Note.ID}
	for _, known := range h.notes {
		if known.Subject == ev.Key && known.ID == ev.Note.ID {
			n.Deleted = known.Deleted
			if to, err := o.Config.Mapping.Route(f); err == nil {
				v := o.Config.Mapping.For(h.subject(f, to), to.Destination, to.Rule)
				n.Ignored = !v.Policy().Notes
				if !known.Deleted {
					n.Comment = Plain(v.NoteComment(known))
				}
			}
		}
	}
	return n
}
