package jira

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// singleLine is how many characters a text field of one line takes ("It exceeds the allowed limit of
// 255 characters.").
const singleLine = 255

// encode writes the value of a field as Jira's API wants it. What cannot be written as its type is
// an error about the field, never a guess. id decides only how the options of the fields that come
// with Jira are named.
func encode(cloud bool, id string, f ticket.Field) (any, error) {
	switch f.Type {
	case ticket.TextField:
		return first(f, func(v string) (any, error) { return textValue(cloud, v), nil })
	case ticket.ParagraphField:
		return renderText(cloud, f.Doc), nil
	case ticket.NumberField:
		return first(f, numberValue)
	case ticket.SelectField:
		return first(f, func(v string) (any, error) { return option(id, v), nil })
	case ticket.MultiSelectField:
		return options(id, f.Values), nil
	case ticket.CascadingField:
		return cascade(f)
	case ticket.UserField:
		return first(f, func(v string) (any, error) { return person(cloud, strings.TrimSpace(v)), nil })
	case ticket.DateField:
		return first(f, dateValue)
	case ticket.LabelsField:
		return labelValues(f.Values), nil
	case ticket.URLField:
		return first(f, urlValue)
	case ticket.JSONField:
		return f.JSON, nil
	}
	return nil, unwritable(f, fmt.Sprintf("%q is no type of a field", f.Type), "use one of the types that the README names")
}

// first writes the one value of a field.
func first(f ticket.Field, write func(string) (any, error)) (any, error) {
	if len(f.Values) == 0 {
		return nil, unwritable(f, "it has no value", "")
	}
	value, err := write(f.Values[0])
	if err != nil {
		return nil, unwritable(f, err.Error(), "")
	}
	return value, nil
}

// unwritable is the refusal of a value before anything was sent.
func unwritable(f ticket.Field, why, hint string) error {
	if hint == "" {
		hint = fmt.Sprintf("correct %s in the rule, or choose another type for it", fieldKey(f.Name))
	}
	return &ticket.Error{Decision: ticket.HoldTicket, Op: "fields", Message: fmt.Sprintf("the value of field %q cannot be written: %s", f.Name, why), Hint: hint}
}

// textValue is a text on one line. Data Center may be set to show such a field as wiki text, so
// what begins a link, an image or a macro is broken by a character that nobody sees; escaping it
// would show wherever the field is plain, as is usual.
func textValue(cloud bool, v string) string {
	s := ticket.OneLine(ticket.Clean(v))
	if !cloud {
		s = strings.NewReplacer("[", "["+ticket.ZeroWidthSpace, "!", "!"+ticket.ZeroWidthSpace, "{", "{"+ticket.ZeroWidthSpace).Replace(s)
	}
	if ticket.Units(s) <= singleLine {
		return s
	}
	return ticket.CutWords(s, singleLine-1) + "…"
}

// numberValue keeps a number as it is written, so that no digit is lost.
func numberValue(v string) (any, error) {
	v = strings.TrimSpace(v)
	if _, err := strconv.ParseFloat(v, 64); err != nil || !json.Valid([]byte(v)) {
		return nil, fmt.Errorf("%q is no number", outbound.Printable(v, 50))
	}
	return json.Number(v), nil
}

func dateValue(v string) (any, error) {
	v = strings.TrimSpace(v)
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return nil, fmt.Errorf("%q is no date like 2026-12-31", outbound.Printable(v, 50))
	}
	return v, nil
}

func urlValue(v string) (any, error) {
	address, ok := webURL(strings.TrimSpace(v))
	if !ok {
		return nil, fmt.Errorf("%q is no http or https address", outbound.Printable(v, 100))
	}
	return address, nil
}

func labelValues(values []string) []string {
	out := []string{}
	for _, v := range values {
		if v = label(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// option names an option: digits alone are its id. The fields that come with Jira call the name of
// an option "name", custom fields call it "value".
func option(id, v string) map[string]any {
	v = ticket.OneLine(ticket.Clean(v))
	switch {
	case reID.MatchString(v):
		return map[string]any{"id": v}
	case slices.Contains(namedOptions(), id):
		return map[string]any{"name": v}
	}
	return map[string]any{"value": v}
}

func namedOptions() []string {
	return []string{"priority", "resolution", "components", "versions", "fixVersions", "security"}
}

func options(id string, values []string) []any {
	out := []any{}
	for _, v := range values {
		out = append(out, option(id, v))
	}
	return out
}

func cascade(f ticket.Field) (any, error) {
	if len(f.Values) != 1 && len(f.Values) != 2 {
		return nil, unwritable(f, "a cascading field takes one or two values", "")
	}
	value := option("", f.Values[0])
	if len(f.Values) == 2 {
		value["child"] = option("", f.Values[1])
	}
	return value, nil
}

// fieldKey is how a rule names a field, as TOML writes it: fields."Team", fields.customfield_10010.
func fieldKey(name string) string { return "fields." + tomlKey(name) }
