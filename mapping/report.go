package mapping

import (
	"reflect"
	"slices"
	"strconv"
)

// place is the path of a key in the configuration, as [Problem] has it.
type place []string

// key leads further into the configuration.
func (p place) key(keys ...string) place { return slices.Concat(p, keys) }

func rulePlace(i int) place { return place{"rule", strconv.Itoa(i)} }

// elementPlace leads to an element of a list of n; one alone may be written without a list.
func elementPlace(list place, n, i int) place {
	if n == 1 {
		return list
	}
	return list.key(strconv.Itoa(i))
}

// report collects every mistake.
type report struct{ problems []Problem }

func (r *report) add(at place, text, hint string) {
	r.put(Problem{Path: at, Text: text, Hint: hint})
}

func (r *report) warn(at place, text, hint string) {
	r.put(Problem{Path: at, Text: text, Hint: hint, Warning: true})
}

// put leaves out what is known: a mistake in the defaults is met again by every rule.
func (r *report) put(p Problem) {
	if !slices.ContainsFunc(r.problems, func(q Problem) bool { return reflect.DeepEqual(p, q) }) {
		r.problems = append(r.problems, p)
	}
}

// fatal tells whether anything was found that is more than a warning.
func (r *report) fatal() bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return !p.Warning })
}
