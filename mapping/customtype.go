package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/ticket"
)

// Mistakes of a value, after the value.
var (
	errNumber = errors.New("is no number")
	errDate   = errors.New("is no date")
)

// valueShape is what the value of a type of field looks like in the configuration.
type valueShape struct {
	least, most int // texts
	wrong, hint string
}

const manyTexts = 1000

func shapeOf(kind ticket.FieldType) valueShape {
	switch kind {
	case ticket.CascadingField:
		return valueShape{1, 2, "this type of field takes an option and, below it, at most one more", `write { cascading = ["EMEA", "Berlin"] }`}
	case ticket.MultiSelectField, ticket.LabelsField:
		return valueShape{0, manyTexts, "this type of field takes a text or a list of texts", fmt.Sprintf(`write { %s = ["one", "two"] }`, kind)}
	case ticket.NumberField:
		return valueShape{1, 1, "this type of field takes a number, or a template that gives one", "write { number = 3 }"}
	case ticket.DateField:
		return valueShape{1, 1, "this type of field takes a date, or a template that gives one", `write { date = "2026-12-31" }`}
	default:
		return valueShape{1, 1, "this type of field takes one text", fmt.Sprintf(`write { %s = "text" }`, kind)}
	}
}

// texts gives the texts of a value, one or a list, and where each stands; nil where the value does
// not have the shape.
func (c *compiler) texts(at place, kind ticket.FieldType, value any) ([]string, []place) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	s := shapeOf(kind)
	fits := len(list) >= s.least && len(list) <= s.most && !(isList && s.most == 1)
	texts, places := make([]string, len(list)), make([]place, len(list))
	for i, element := range list {
		places[i] = at
		if isList {
			places[i] = at.key(strconv.Itoa(i))
		}
		var ok bool
		texts[i], ok = textOf(kind, element)
		fits = fits && ok
	}
	if !fits {
		c.add(at, s.wrong, s.hint)
		return nil, nil
	}
	return texts, places
}

// textOf gives the text of a value; of a number where the type is one.
func textOf(kind ticket.FieldType, value any) (string, bool) {
	if text, ok := value.(string); ok {
		return text, true
	}
	switch value.(type) {
	case int64, float64, int:
		text, err := json.Marshal(value)
		return string(text), err == nil && kind == ticket.NumberField
	}
	return "", false
}

// lines compiles a type whose values are lines of text.
func (c *compiler) lines(at place, kind ticket.FieldType, value any) *customField {
	texts, places := c.texts(at, kind, value)
	out := &customField{kind: kind, fixed: true}
	var lines []lineTemplate
	for i, text := range texts {
		if text == "" {
			continue
		}
		t := c.line(places[i], text)
		if t == nil {
			return nil
		}
		out.fixed = out.fixed && fixed(t.Template)
		if fixed(t.Template) {
			c.constant(places[i], kind, *t)
		}
		lines = append(lines, *t)
	}
	if texts == nil {
		return nil
	}
	out.write = func(d Data) (ticket.Field, error) {
		values, err := linesOf(kind, lines, d)
		return ticket.Field{Values: values}, err
	}
	return out
}

// constant reports a text that is the same for every finding and not of its type.
func (c *compiler) constant(at place, kind ticket.FieldType, t lineTemplate) {
	if _, err := linesOf(kind, []lineTemplate{t}, Data{}); err != nil {
		c.add(at, err.Error(), shapeOf(kind).hint)
	}
}

// linesOf executes the templates. Of a list of options an empty or repeated one is left out; of a
// path of options, what comes below an empty one.
func linesOf(kind ticket.FieldType, lines []lineTemplate, d Data) ([]string, error) {
	var values []string
	for _, t := range lines {
		text, err := t.line(d)
		if err != nil {
			return nil, fmt.Errorf("executing the template: %w", err)
		}
		if text, err = valueOf(kind, text); err != nil {
			return nil, err
		}
		if text == "" && kind == ticket.CascadingField {
			break
		}
		if text != "" && (kind == ticket.CascadingField || !slices.Contains(values, text)) {
			values = append(values, text)
		}
	}
	return values, nil
}

// valueOf writes a line as its type has it; nothing stays nothing.
func valueOf(kind ticket.FieldType, text string) (string, error) {
	switch {
	case text == "":
	case kind == ticket.NumberField && (!json.Valid([]byte(text)) || strings.ContainsAny(text[:1], `"{[tfn`)):
		return "", mistaken(text, errNumber)
	case kind == ticket.DateField:
		return dateOf(text)
	case kind == ticket.LabelsField:
		if text = spacesDash.write(tame(text, Jira), Jira); likeMarker(text) {
			return "", nil
		}
	}
	return text, nil
}

// dateOf reads a day, or a time as Data Theorem sends it, of which it takes the day in UTC.
func dateOf(text string) (string, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Format(time.DateOnly), nil
	}
	at, ok := parseTime(text)
	if !ok {
		return "", mistaken(text, errDate)
	}
	return at.Format(time.DateOnly), nil
}

// mistaken shows the beginning of a value that may come from a finding, before what is wrong.
func mistaken(text string, err error) error {
	return fmt.Errorf("%q %w", shorten(oneLine(text), maxName), err)
}
