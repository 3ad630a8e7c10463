package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
)

// The forms of expr's errors that are put in other words.
var (
	mismatch   = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (.*?)(?: and (.*))?\)$`)
	unexpected = regexp.MustCompile(`^unexpected token \w+\((".*")\)$`)
	noList     = regexp.MustCompile(`^builtin (\w+) takes only array \(got (.*)\)$`)
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
	case strings.Contains(said, "maximum allowed nodes"):
		return fmt.Sprintf("the expression has more than %d parts", maxWhenNodes), "split it into several rules"
	}
	if name, ok := strings.CutPrefix(said, "cannot redeclare "); ok {
		return "let cannot give the name " + strconv.Quote(name) + ", which is taken", "choose another"
	}
	if m := noList.FindStringSubmatch(said); m != nil {
		return m[1] + " goes through a list, and this is a " + typeWords(m[2]), `write e.g. ` + m[1] + `(paths("tags"), # == "prod")`
	}
	if m := unexpected.FindStringSubmatch(said); m != nil {
		if m[1] == strconv.Quote("=") {
			hint = "compare with =="
		}
		return m[1] + " is not expected here", hint
	}
	if m := mismatch.FindStringSubmatch(said); m != nil {
		kinds := typeWords(m[2])
		if m[3] != "" {
			kinds += " and " + typeWords(m[3])
		}
		return fmt.Sprintf("%s does not go with %s", m[1], kinds), "every field is text; number(FIELD, 0) makes a number of it"
	}
	return typeWords(said), ""
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
