package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/ticket"
)

// customField is a compiled value of `fields`.
type customField struct {
	kind  ticket.FieldType
	fixed bool // the same for every finding
	// write gives the values for what a template sees. What comes out empty is left out; the error
	// is that of a value that cannot be written as its type.
	write func(Data) (ticket.Field, error)
}

// field gives the field of the name, for what a template sees.
func (v *customField) field(name string, d Data) (ticket.Field, error) {
	f, err := v.write(d)
	f.Name, f.Type = name, v.kind
	return f, err
}

// want gives the field with its values where they do not depend on the finding, else without. It is
// false for a field that is always left out.
func (v *customField) want(name string) (ticket.Field, bool) {
	if v.fixed {
		if f, err := v.field(name, Data{}); err == nil {
			return f, !empty(f)
		}
	}
	return ticket.Field{Name: name, Type: v.kind}, true
}

// empty tells whether there is nothing to write.
func empty(f ticket.Field) bool { return len(f.Values) == 0 && len(f.Doc) == 0 && f.JSON == nil }

// writeFields gives the fields of a ticket or of a transition's screen, sorted by name, without
// those that come out empty. A value that cannot be written as its type is an error, except where
// lenient: then its field is left out, too.
func writeFields(fields map[string]*customField, d Data, lenient bool) ([]ticket.Field, error) {
	var out []ticket.Field
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f, err := fields[name].field(name, d)
		switch {
		case err != nil && !lenient:
			return nil, fmt.Errorf("writing the field %q: %w", name, err)
		case err == nil && !empty(f):
			out = append(out, f)
		}
	}
	return out, nil
}

// customFields compiles `fields`, by name.
func (c *compiler) customFields(at place, fields map[string]any) map[string]*customField {
	out := make(map[string]*customField, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := at.key(name)
		if name == "" {
			c.add(at, "the field has no name", "write its id or the name that people see")
		}
		if v := c.customField(at, fields[name]); v != nil {
			out[name] = v
		}
	}
	return out
}

// customField gives nil for a value with mistakes, which it reports. The types of a value are those of
// encoding/json and int64.
func (c *compiler) customField(at place, value any) *customField {
	switch v := value.(type) {
	case string:
		return c.typed(at, ticket.TextField, v)
	case map[string]any:
		if kind, inner, ok := c.typeOf(at, v); ok {
			return c.typed(at.key(string(kind)), kind, inner)
		}
	}
	return c.rawJSON(at, value)
}

// typeOf tells whether a table is { TYPE = value }.
func (c *compiler) typeOf(at place, table map[string]any) (ticket.FieldType, any, bool) {
	var names, given []string
	for _, t := range ticket.FieldTypes() {
		names = append(names, string(t))
		if _, ok := table[string(t)]; ok {
			given = append(given, string(t))
		}
	}
	if len(given) > 1 && len(given) == len(table) {
		c.warn(at, "the field has several types: "+strings.Join(given, ", ")+": the table is sent to Jira as it is", "write { TYPE = value } with one of them")
	}
	if len(table) != 1 {
		return "", nil, false
	}
	for key, inner := range table {
		if slices.Contains(names, key) {
			return ticket.FieldType(key), inner, true
		}
		jira := []string{"value", "id", "name", "key", "accountId", "child"} // of Jira's own values
		if near, ok := nearest(key, names); ok && !slices.Contains(jira, key) {
			c.warn(at.key(key), "there is no type of field "+strconv.Quote(key)+": the table is sent to Jira as it is", "did you mean "+strconv.Quote(near)+"?")
		}
	}
	return "", nil, false
}

// rawJSON takes a value as Jira's API wants it, and refuses what TOML has and JSON has not (inf,
// nan).
func (c *compiler) rawJSON(at place, value any) *customField {
	if _, err := json.Marshal(value); err != nil {
		c.add(at, "the value cannot be sent as JSON", "use text, a number, a boolean, a list or a table")
		return nil
	}
	return &customField{ticket.JSONField, true, func(Data) (ticket.Field, error) { return ticket.Field{JSON: value}, nil }}
}

// typed compiles the value of { TYPE = value }.
func (c *compiler) typed(at place, kind ticket.FieldType, value any) *customField {
	switch kind {
	case ticket.ParagraphField:
		return c.paragraph(at, value)
	case ticket.JSONField:
		if text, ok := value.(string); ok {
			return c.jsonText(at, text)
		}
		return c.rawJSON(at, value)
	case ticket.URLField:
		return c.url(at, value)
	case ticket.MultiSelectField, ticket.LabelsField, ticket.CascadingField,
		ticket.TextField, ticket.NumberField, ticket.SelectField, ticket.UserField, ticket.DateField:
		return c.lines(at, kind, value)
	}
	panic("mapping: no such type of field: " + string(kind))
}
