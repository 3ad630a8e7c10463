package mapping

import (
	"errors"
	"net/url"
	"strings"

	"ticketd/internal/ticket"
)

var errURL = errors.New("is no http or https URL")

// paragraph compiles a text with structure.
func (c *compiler) paragraph(at place, value any) *customField {
	text, ok := value.(string)
	if !ok {
		s := shapeOf(ticket.ParagraphField)
		c.add(at, s.wrong, s.hint)
		return nil
	}
	if text == "" {
		return nothing(ticket.ParagraphField)
	}
	t := c.docTemplate(at, text)
	if t == nil {
		return nil
	}
	return &customField{ticket.ParagraphField, fixed(t.Template), func(d Data) (ticket.Field, error) {
		doc, err := t.doc(d)
		return ticket.Field{Doc: doc}, err
	}}
}

// nothing is a field that is left out, whatever it would inherit.
func nothing(kind ticket.FieldType) *customField {
	return &customField{kind, true, func(Data) (ticket.Field, error) { return ticket.Field{}, nil }}
}

// url compiles an address. One that is the configuration's own may lead anywhere; one whose host
// comes from a finding is left out unless it leads to the portal.
func (c *compiler) url(at place, value any) *customField {
	texts, _ := c.texts(at, ticket.URLField, value)
	if texts == nil {
		return nil
	}
	text := strings.TrimSpace(texts[0])
	if text == "" {
		return nothing(ticket.URLField)
	}
	t := c.template(at, text, opaque)
	if t == nil {
		return nil
	}
	if fixed(t) && !ownAddress(text) {
		c.add(at, mistaken(text, errURL).Error(), `write { url = "https://example.com/page" }`)
		return nil
	}
	return &customField{ticket.URLField, fixed(t), func(d Data) (ticket.Field, error) {
		out, _, err := execute(t, d)
		if err != nil {
			return ticket.Field{}, err
		}
		target, ok := printedAddress(out, c.portal)
		if !ok {
			return ticket.Field{}, nil
		}
		return ticket.Field{Values: []string{target}}, nil
	}}
}

func ownAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}
