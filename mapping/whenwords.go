package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
)

// The forms of expr's errors that are put in other words.
var (
	mismatch   = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (.*?)(?: and (.*))?\)$`)
	unexpected = regexp.MustCompile(`^unexpected token \w+\((".*")\)$`)
	noList     = regexp.MustCompile(`^builtin (\w+) takes only array \(got (.*)\)$`)
	arguments  = regexp.MustCompile(`^(not enough|too many) arguments to call (\w+)$`)
	typeName   = regexp.MustCompile(`\b(string|int|float64|bool)\b|\[\](?:string|interface ?\{\}|any)`)
)

// whenFault turns an error of expr, which is about what the text says, into ours.
func whenFault(text string, err error) fault {
	f := fault{pos: -1}
	if at := new(file.Error); errors.As(err, &at) {
		f.pos = bytesOf(text, at.From)
	}
	f.text, f.hint = whenWords(strings.TrimSpace(whenMessage(err)))
	return f
}

func whenWords(said string) (text, hint string) {
	switch {
	case strings.HasPrefix(said, "expected bool"):
		return "the expression does not say true or false", `compare, e.g. severity == "HIGH"`
	case said == "unexpected token EOF":
		return "the expression ends too soon", ""
	case said == "literal not terminated":
		return "a text in quotes does not end", "close it with the quote that it begins with"
	case said == "invalid char escape":
		return "this is no character that a backslash writes", "write \\\\ for a backslash, or the text in `…`, where it is itself"
	case strings.HasPrefix(said, "expected at least"):
		return "a list and a condition are needed here", loopExample("any")
	case strings.Contains(said, "maximum allowed nodes"):
		return fmt.Sprintf("the expression has more than %d parts", maxWhenNodes), "split it into several rules"
	}
	if name, ok := strings.CutPrefix(said, "cannot redeclare "); ok {
		return "let cannot give the name " + strconv.Quote(name) + ", which is taken", "choose another"
	}
	if m := noList.FindStringSubmatch(said); m != nil {
		return m[1] + " goes through a list, and this is a " + typeWords(m[2]), loopExample(m[1])
	}
	if m := arguments.FindStringSubmatch(said); m != nil {
		return said, "write " + callForm(m[2])
	}
	if m := unexpected.FindStringSubmatch(said); m != nil {
		token, _ := strconv.Unquote(m[1])
		return m[1] + " is not expected here", unexpectedHint(token)
	}
	if m := mismatch.FindStringSubmatch(said); m != nil {
		kinds := typeWords(m[2])
		if m[3] != "" {
			kinds += " and " + typeWords(m[3])
		}
		return fmt.Sprintf("%s does not go with %s", m[1], kinds), mismatchHint(m[1])
	}
	return typeWords(said), ""
}

func unexpectedHint(token string) string {
	operators := whenOperators()
	switch lower := strings.ToLower(token); {
	case token == "=":
		return "compare with =="
	case token == ",":
		return "a list stands in brackets: [A, B]"
	case slices.Contains(operators, token) && len(token) > len("not"):
		return between(token)
	case lower != token && slices.Contains(operators, lower):
		return "write " + lower
	case slices.Contains(whenFunctions(), token):
		return "write " + callForm(token)
	}
	if near, ok := nearest(token, operators); ok && len(token) > len("not") {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

func mismatchHint(operator string) string {
	switch operator {
	case "in":
		return `write a list in brackets: severity in ["HIGH", "LOW"]`
	case "not", "!":
		return `it turns round what is true or false: not (severity == "LOW")`
	}
	return "every field is text; number(FIELD, 0) makes a number of it"
}

// callForm tells how a function is called.
func callForm(name string) string {
	for _, d := range Expressions() {
		if _, rest, ok := strings.Cut(d.Form, name+"("); ok {
			arguments, _, _ := strings.Cut(rest, ")")
			return name + "(" + arguments + ")"
		}
	}
	return name + "(…)"
}

// typeWords says text for string, and so on.
func typeWords(said string) string {
	return typeName.ReplaceAllStringFunc(said, func(name string) string {
		switch name {
		case "string":
			return "text"
		case "int", "float64":
			return "number"
		case "bool":
			return "true or false"
		}
		return "list"
	})
}

// whenMessage is what an error of expr says, without the picture of the place.
func whenMessage(err error) string {
	if at := new(file.Error); errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}

// bytesOf turns an offset in characters into one in bytes.
func bytesOf(text string, characters int) int {
	for i := range text {
		if characters == 0 {
			return i
		}
		characters--
	}
	return len(text)
}
