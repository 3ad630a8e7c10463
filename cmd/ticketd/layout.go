package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// layoutWidth is how long a line of JSON may get before it is broken.
const layoutWidth = 110

// layout writes JSON for people: what fits on a line stays on it, the rest is indented by two spaces a
// level. Members stay in their order. What is no JSON is given as it is.
func layout(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var b strings.Builder
	if err := layoutValue(&b, dec, "", 0); err != nil {
		return string(raw)
	}
	return b.String()
}

// layoutValue writes the next value, or nothing at the end of a list or an object. used is what stands
// before it on its line.
func layoutValue(b *strings.Builder, dec *json.Decoder, indent string, used int) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	var flat bytes.Buffer
	if err := json.Compact(&flat, raw); err != nil {
		return err
	}
	whole := flat.Bytes()
	if composite := whole[0] == '{' || whole[0] == '['; !composite || utf8.RuneCount(whole)+len(indent)+used <= layoutWidth {
		b.Write(whole)
		return nil
	}
	inner := json.NewDecoder(bytes.NewReader(whole))
	inner.UseNumber()
	if _, err := inner.Token(); err != nil {
		return err
	}
	b.WriteByte(whole[0])
	deeper := indent + "  "
	for first := true; inner.More(); first = false {
		if !first {
			b.WriteByte(',')
		}
		b.WriteString("\n" + deeper)
		name := ""
		if whole[0] == '{' {
			var err error
			if name, err = memberName(inner); err != nil {
				return err
			}
			b.WriteString(name)
		}
		if err := layoutValue(b, inner, deeper, utf8.RuneCountInString(name)); err != nil {
			return err
		}
	}
	b.WriteString("\n" + indent)
	b.WriteByte(whole[len(whole)-1])
	return nil
}

// memberName gives the name of the next member as it is written.
func memberName(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	name, _ := token.(string)
	return oneLineJSON(name) + ": ", nil
}
