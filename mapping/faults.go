package mapping

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// templateName is what text/template calls ours in its errors.
const templateName = "template"

// The forms of text/template's errors: "template: NAME:LINE: …" from the parser, and "template:
// NAME:LINE:BYTE: executing NAME at <.X>: …" from the execution, where BYTE counts from 0.
var (
	parseError   = regexp.MustCompile(`(?s)^template: ` + templateName + `:(\d+): (.*)$`)
	executeError = regexp.MustCompile(`(?s)^template: ` + templateName + `:(\d+):(\d+): executing "[^"]*" at <.*?>: (.*)$`)
	elsewhere    = regexp.MustCompile(`\b` + templateName + `:(\d+)`)
)

func parseFault(text string, err error) fault {
	m := parseError.FindStringSubmatch(err.Error())
	if m == nil {
		return fault{pos: -1, text: err.Error()}
	}
	if m[2] == "unexpected EOF" {
		return fault{pos: offset(text, m[1], "0"), text: "the template ends too early", hint: "an {{if}}, {{range}}, {{with}} or {{define}} needs its {{end}}"}
	}
	said, hint := templateWords(elsewhere.ReplaceAllString(m[2], "line $1 of the template"))
	return fault{pos: offset(text, m[1], "0"), text: said, hint: hint}
}

func executeFault(text string, err error) fault {
	if inner := new(template.ExecError); errors.As(err, inner) {
		err = inner.Err
	}
	m := executeError.FindStringSubmatch(err.Error())
	if m == nil {
		return fault{pos: -1, text: err.Error()}
	}
	said := strings.NewReplacer(
		"error calling "+escaper+": ", "",
		"[]mapping.Data", "the list of members",
		"mapping.Data", "a finding",
		"mapping.styled", "a link or code",
		"reflect: ", "",
	).Replace(m[3])
	said, hint := templateWords(said)
	return fault{pos: offset(text, m[1], m[2]), text: said, hint: hint}
}

// argumentCount is how text/template says that a function is called with too few arguments or too many.
var argumentCount = regexp.MustCompile(`^wrong number of args for (\w+): want (at least )?(\d+) got (\d+)$`)

// templateWords puts what text/template says most often in plainer words.
func templateWords(said string) (text, hint string) {
	switch {
	case said == "unclosed action", strings.HasPrefix(said, `unexpected "}" in`):
		return "{{ is not closed", "close it with }}"
	case said == "unexpected {{end}}":
		return "there is an {{end}} too many", "each ends one {{if}}, {{range}}, {{with}} or {{define}}"
	}
	m := argumentCount.FindStringSubmatch(said)
	if m == nil {
		return said, ""
	}
	for _, f := range Functions() {
		if f.Name == m[1] {
			hint = "write " + f.Name + " " + f.Arguments + "; a | hands over the last of them"
		}
	}
	return m[1] + " is given " + m[4] + " and wants " + m[2] + m[3] + " arguments", hint
}

// offset finds the byte of a line, counted from 1, and a column, counted from 0.
func offset(text, line, column string) int {
	l, _ := strconv.Atoi(line) // both matched \d+, and a number too large is past the end
	c, _ := strconv.Atoi(column)
	pos := 0
	for range l - 1 {
		i := strings.IndexByte(text[pos:], '\n')
		if i < 0 {
			break
		}
		pos += i + 1
	}
	return min(pos+c, len(text))
}
