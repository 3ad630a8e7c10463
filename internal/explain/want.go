package explain

import (
	"fmt"
	"slices"
	"strings"
)

// Want is one thing that an explanation is expected to say.
type Want struct {
	Key   string // see [WantKeys]
	Value string
}

// String gives "key = value", the form of a file of wants.
func (w Want) String() string {
	if w.Value == "" {
		return w.Key
	}
	return w.Key + " = " + w.Value
}

// Miss is a want that did not come true.
type Miss struct {
	Want string `json:"want"` // "project = PAY"
	Got  string `json:"got"`  // in words: `"SEC"`, "nothing"
}

// String tells it in one line.
func (m Miss) String() string { return "wanted " + m.Want + ", got " + m.Got }

// unrouted is the want that no rule matches.
const unrouted = "unrouted"

// wanted is how a key is looked up in an explanation. Of a list one entry has to be the value.
type wanted struct {
	key  string
	look func(e *Explanation) []string
	part bool // the value has to be a part of what is there
}

func wants() []wanted {
	route := func(get func(*Route) string) func(*Explanation) []string {
		return func(e *Explanation) []string { return of(e.Route, get) }
	}
	text := func(get func(*Ticket) string) func(*Explanation) []string {
		return func(e *Explanation) []string { return of(e.Ticket, get) }
	}
	list := func(get func(*Ticket) []string) func(*Explanation) []string {
		return func(e *Explanation) []string { return all(e.Ticket, get) }
	}
	closing := func(get func(*Closing) string) func(*Explanation) []string {
		return func(e *Explanation) []string { return of(e.Closing, get) }
	}
	return []wanted{
		{key: "rule", look: route(func(r *Route) string { return r.Rule })},
		{key: "tracker", look: route(func(r *Route) string { return r.Tracker })},
		{key: "project", look: route(func(r *Route) string { return r.Project })},
		{key: "repository", look: route(func(r *Route) string { return r.Project })},
		{key: "issue_type", look: route(func(r *Route) string { return r.IssueType })},
		{key: "group", look: route(func(r *Route) string { return r.Group })},
		{key: "title", look: text(func(t *Ticket) string { return t.Title })},
		{key: "body", look: text(func(t *Ticket) string { return t.Body }), part: true},
		{key: "label", look: list(func(t *Ticket) []string { return t.Labels })},
		{key: "priority", look: text(func(t *Ticket) string { return t.Priority })},
		{key: "due", look: text(func(t *Ticket) string { return t.DueDate })},
		{key: "assignee", look: text(func(t *Ticket) string { return t.Assignee })},
		{key: "component", look: list(func(t *Ticket) []string { return t.Components })},
		{key: "fix_version", look: list(func(t *Ticket) []string { return t.FixVersions })},
		{key: "security_level", look: text(func(t *Ticket) string { return t.SecurityLevel })},
		{key: "parent", look: text(func(t *Ticket) string { return t.Parent })},
		{key: "milestone", look: text(func(t *Ticket) string { return t.Milestone })},
		{key: "disposition", look: func(e *Explanation) []string { return of(e.Finding, func(f *Finding) string { return f.Disposition }) }},
		{key: "verdict", look: func(e *Explanation) []string { return of(e.Event, func(v *Event) string { return v.Verdict }) }},
		{key: "comment", look: func(e *Explanation) []string {
			return append(closing(func(c *Closing) string { return c.Comment })(e), of(e.Note, func(n *Note) string { return n.Comment })...)
		}, part: true},
		{key: "resolution", look: closing(func(c *Closing) string { return c.Resolution })},
		{key: "state_reason", look: closing(func(c *Closing) string { return c.StateReason })},
	}
}

// of gives the one value of a part that may be missing.
func of[T any](part *T, get func(*T) string) []string {
	if part == nil || get(part) == "" {
		return nil
	}
	return []string{get(part)}
}

func all[T any](part *T, get func(*T) []string) []string {
	if part == nil {
		return nil
	}
	return get(part)
}

// WantKeys lists the keys of wants. "label", "component" and "fix_version" want one entry of a list;
// "body" and "comment" want a part of a text; "fields.NAME" wants the value of a field; "unrouted"
// has no value; the others want exactly the value, which where it is empty means that there is none.
func WantKeys() []string {
	var keys []string
	for _, w := range wants() {
		keys = append(keys, w.key)
	}
	return append(keys, fieldKey+"NAME", unrouted)
}

const fieldKey = "fields."

// NewWant checks a key, and what it may be given.
func NewWant(key, value string, given bool) (Want, error) {
	key = strings.TrimSpace(key)
	known := key == unrouted || strings.HasPrefix(key, fieldKey) && len(key) > len(fieldKey) ||
		slices.ContainsFunc(wants(), func(w wanted) bool { return w.key == key })
	switch {
	case !known:
		return Want{}, fmt.Errorf("%q cannot be wanted; there are %s", key, strings.Join(WantKeys(), ", "))
	case key == unrouted && given:
		return Want{}, fmt.Errorf("%q has no value", key)
	case key != unrouted && !given:
		return Want{}, fmt.Errorf("%q needs a value: %s=VALUE", key, key)
	}
	return Want{Key: key, Value: strings.TrimSpace(value)}, nil
}

// ParseWants reads the form of the command line: "rule=payments,project=PAY,unrouted". A part
// without "=" that is no key goes on with the value before it, which so may hold commas.
func ParseWants(list string) ([]Want, error) {
	var out []Want
	for part := range strings.SplitSeq(list, ",") {
		key, value, given := strings.Cut(part, "=")
		if !given && strings.TrimSpace(key) != unrouted && len(out) > 0 {
			out[len(out)-1].Value += "," + part
			continue
		}
		w, err := NewWant(key, value, given)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// ParseWantFile reads the form of a file: a line "key = value" for each want, "unrouted" alone, empty
// lines and lines that begin with "#". Its errors name the line.
func ParseWantFile(text string) ([]Want, error) {
	var out []Want
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, given := strings.Cut(line, "=")
		w, err := NewWant(key, value, given)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it wants nothing; write lines like %q", "rule = payments")
	}
	return out, nil
}

// Missed gives the wants that do not come true.
func (e *Explanation) Missed(all []Want) []Miss {
	var out []Miss
	for _, w := range all {
		if got, ok := e.meets(w); !ok {
			out = append(out, Miss{Want: w.String(), Got: got})
		}
	}
	return out
}

// meets tells whether a want comes true, and what is there instead.
func (e *Explanation) meets(w Want) (got string, ok bool) {
	if w.Key == unrouted {
		if e.Route == nil {
			return "", true
		}
		return fmt.Sprintf("rule %q", e.Route.Rule), false
	}
	there, part := e.look(w.Key)
	for _, v := range there {
		if v == w.Value || part && strings.Contains(v, w.Value) {
			return "", true
		}
	}
	if w.Value == "" && len(there) == 0 {
		return "", true
	}
	return e.instead(there), false
}

// look gives what is there for a key.
func (e *Explanation) look(key string) (values []string, part bool) {
	if name, is := strings.CutPrefix(key, fieldKey); is {
		return e.field(name), false
	}
	i := slices.IndexFunc(wants(), func(w wanted) bool { return w.key == key })
	if i < 0 {
		return nil, false
	}
	return wants()[i].look(e), wants()[i].part
}

// field gives the value of a field as text; of a list the whole, and each entry.
func (e *Explanation) field(name string) []string {
	if e.Ticket == nil {
		return nil
	}
	i := slices.IndexFunc(e.Ticket.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return e.Ticket.Fields[i].texts()
}

// instead tells what is there in place of a want.
func (e *Explanation) instead(there []string) string {
	switch {
	case len(there) > 0:
		quoted := make([]string, len(there))
		for i, v := range there {
			quoted[i] = fmt.Sprintf("%q", v)
		}
		return strings.Join(quoted, ", ")
	case e.Finding == nil && e.Event != nil:
		return "an event that is " + e.Event.Verdict + why(e.Event.Reason)
	case e.Route == nil:
		return "no ticket" + why(e.Unrouted)
	}
	return "nothing"
}

func why(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
