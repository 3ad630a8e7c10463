package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"unicode/utf8"

	"ticketd/internal/ticket"
)

// Mistakes of a text that should be JSON.
var (
	errOutside = errors.New(`a value of the finding must stand within the quotes of a text, as in {"value": "{{.Severity}}"}`)
	errKey     = errors.New("a value of the finding cannot be the name of a member")
	errTooLong = errors.New("the JSON becomes too long")
)

// jsonText compiles a template that gives JSON. The JSON is read before the values of the finding
// are put in, and they are put only where it has text: whatever they hold, its structure is the
// template's. Numbers and truth values that the template computes are written as such.
func (c *compiler) jsonText(at place, text string) *customField {
	if strings.TrimSpace(text) == "" {
		return nothing(ticket.JSONField)
	}
	t := c.template(at, text, literal)
	if t == nil {
		return nil
	}
	if err := tryJSON(t, c.sampled(t)); err != nil {
		c.put(Problem{Path: at, Inside: syntaxPlace(t, err), Text: err.Error(), Hint: `write JSON as Jira's API wants it, e.g. { json = '{"value": "{{.Severity}}"}' }`})
		return nil
	}
	return &customField{ticket.JSONField, fixed(t), func(d Data) (ticket.Field, error) {
		value, err := readJSON(t, d)
		return ticket.Field{JSON: value}, err
	}}
}

func tryJSON(t *template.Template, samples []Data) error {
	for _, d := range samples {
		if _, err := readJSON(t, d); err != nil {
			return err
		}
	}
	return nil
}

// syntaxPlace gives the byte, from 1, of a mistake in a text that nothing is executed in.
func syntaxPlace(t *template.Template, err error) int {
	if at := new(json.SyntaxError); fixed(t) && errors.As(err, &at) {
		return int(at.Offset)
	}
	return 0
}

// maxJSONValue is where a value is cut, in bytes: JSON as a whole cannot be, and a long value is not
// to hold its ticket up.
const maxJSONValue = 8 << 10

// literal is the escaper of JSON: numbers and truth values stand as they are.
func literal(v any) (string, error) {
	switch r := reflect.ValueOf(v); {
	case r.Kind() == reflect.Bool, r.CanInt(), r.CanUint():
		return fmt.Sprint(v), nil
	}
	text, err := written(v)
	if err != nil {
		return "", err
	}
	if len(text) > maxJSONValue {
		text = cut(text, maxJSONValue) + "…"
	}
	return opaque(text)
}

// readJSON gives what encoding/json reads of the template's output, with numbers as they are
// written; nil of an empty output.
func readJSON(t *template.Template, d Data) (any, error) {
	out, cut, err := execute(t, d)
	if err != nil {
		return nil, fmt.Errorf("executing the template: %w", err)
	}
	if cut {
		return nil, errTooLong
	}
	skeleton, values := pieces(out)
	if strings.TrimSpace(skeleton) == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(skeleton), new(json.RawMessage)); err != nil {
		return nil, notJSON(skeleton, err)
	}
	dec := json.NewDecoder(strings.NewReader(skeleton))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("reading the JSON: %w", err)
	}
	return inline{values: values}.fill(v)
}

// notJSON tells a value in a wrong place from other mistakes.
func notJSON(skeleton string, err error) error {
	if at := new(json.SyntaxError); errors.As(err, &at) && at.Offset > 0 {
		if r, _ := utf8.DecodeRuneInString(skeleton[at.Offset-1:]); r >= placeholder {
			return errOutside
		}
	}
	return fmt.Errorf("this is no JSON: %w", err)
}

// fill puts the values of the finding into the texts.
func (x inline) fill(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return x.expand(v, func(value styled) string { return ticket.Clean(value.text) }), nil
	case []any:
		for i := range v {
			var err error
			if v[i], err = x.fill(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if strings.ContainsFunc(key, func(r rune) bool { return r >= placeholder }) {
				return nil, errKey
			}
			var err error
			if v[key], err = x.fill(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
