package mapping

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// expression is a compiled `when`. It is immutable and safe for concurrent use.
//
// The language is a part of expr-lang/expr that cannot run long, whatever a finding holds: there is
// no arithmetic and no way to make a text longer, a loop (any, all, none, one, count) goes once over
// one list and none stands within another, and patterns are constants, which a loop asks only of the
// elements. What is left is linear in the length of the values times that of the patterns, and both
// are bounded.
type expression struct {
	program *vm.Program
	fields  []string // that it reads
}

// The bounds of an expression.
const (
	maxWhen      = 4096     // bytes of its text
	maxWhenNodes = 400      // of its tree
	maxWhenCost  = 1000     // of its patterns together: see whenChecker.cost
	maxWhenValue = 64 << 10 // bytes of a value that it reads
	maxWhenList  = 100      // values at a path
)

// The functions of ours that an expression can call.
const (
	fnPath   = "path"
	fnPaths  = "paths"
	fnLike   = "like"
	fnNumber = "number"
)

// whenBuiltins are the functions of expr that stay. Those that loop come first.
func whenLoops() []string { return []string{"all", "any", "count", "none", "one"} }

func whenBuiltins() []string { return append(whenLoops(), "len", "lower", "trim", "upper") }

// whenFunctions are all the names that an expression may call.
func whenFunctions() []string {
	names := append(whenBuiltins(), fnPath, fnPaths, fnLike, fnNumber)
	slices.Sort(names)
	return names
}

// Errors of an expression that meets a finding which it cannot be asked about.
var (
	errWhenValue = errors.New("longer than " + strconv.Itoa(maxWhenValue>>10) + " KiB, which is too long for an expression")
	errWhenList  = errors.New("more than " + strconv.Itoa(maxWhenList) + " values, which are too many for an expression")
)

// newExpression compiles a text and tells what is wrong with it; it gives no expression where that is
// more than a warning.
func newExpression(text string) (*expression, []fault) {
	if len(text) > maxWhen {
		return nil, []fault{{pos: -1, text: fmt.Sprintf("the expression is longer than %d bytes", maxWhen), hint: "split it into several rules"}}
	}
	read, faults := checkWhen(text)
	if slices.ContainsFunc(faults, func(f fault) bool { return !f.warning }) {
		return nil, faults
	}
	program, err := expr.Compile(text, append(whenOptions(), expr.Env(whenTypes()), expr.AsBool())...)
	if err != nil {
		return nil, []fault{whenFault(text, err)}
	}
	e := &expression{program: program, fields: read}
	if err := e.try(); err != nil {
		return nil, []fault{{pos: -1, text: "the expression fails: " + err.Error(), hint: "compare texts with texts and numbers with numbers, in lists as well"}}
	}
	return e, faults
}

// try asks the expression about findings with everything and with nothing. Types are checked before,
// but not those of the elements of a list that mixes them.
func (e *expression) try() error {
	for _, kind := range []finding.Kind{finding.Target, finding.Violation, finding.Service} {
		bare, full := sampleFinding(kind, finding.Open)
		for _, f := range []finding.Finding{bare, full} {
			if _, err := e.holds(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func whenOptions() []expr.Option {
	options := []expr.Option{expr.DisableAllBuiltins(), expr.MaxNodes(maxWhenNodes)}
	for _, name := range whenBuiltins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	return options
}

// whenTypes is what an expression is checked against: every field of the table is text.
func whenTypes() map[string]any {
	types := whenCalls(finding.Finding{})
	for _, f := range Fields() {
		types[f.Name] = ""
	}
	return types
}

// whenCalls are the functions of ours, for a finding. Each path is looked up once, however often a
// loop asks for it.
func whenCalls(f finding.Finding) map[string]any {
	known := make(map[string][]string)
	paths := func(path string) ([]string, error) {
		if values, ok := known[path]; ok {
			return values, nil
		}
		values, err := whenLookup(f, path)
		if err == nil {
			known[path] = values
		}
		return values, err
	}
	return map[string]any{
		fnPath: func(path string) (string, error) {
			values, err := paths(path)
			return strings.Join(values, ", "), err
		},
		fnPaths: paths,
		fnLike: func(text, pattern string) bool {
			return newGlob(pattern).matches(strings.ToLower(text))
		},
		fnNumber: number,
	}
}

// number reads a text as a number; what is none becomes the other one.
func number(text string, otherwise float64) float64 {
	if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && !math.IsNaN(n) {
		return n
	}
	return otherwise
}

func whenLookup(f finding.Finding, path string) ([]string, error) {
	values := lookup(f, strings.Split(path, "."))
	total := 0
	for _, v := range values {
		total += len(v)
	}
	switch {
	case len(values) > maxWhenList:
		return nil, fmt.Errorf("reading path %s: %w", path, errWhenList)
	case total > maxWhenValue:
		return nil, fmt.Errorf("reading path %s: %w", path, errWhenValue)
	}
	return values, nil
}

// holds asks the expression about a finding. An error says what the finding has that it cannot be
// asked about.
func (e *expression) holds(f finding.Finding) (bool, error) {
	env := whenCalls(f)
	for _, name := range e.fields {
		value := fieldValue(f, name)
		if len(value) > maxWhenValue {
			return false, fmt.Errorf("reading %s: %w", name, errWhenValue)
		}
		env[name] = value
	}
	out, err := expr.Run(e.program, env)
	if err != nil {
		return false, errors.New(short(whenMessage(err)))
	}
	yes, ok := out.(bool)
	if !ok {
		return false, errors.New("it does not say true or false")
	}
	return yes, nil
}

// short makes a text that may come from a finding fit for a line: printable, on one line, cut.
func short(text string) string {
	text = ticket.OneLine(ticket.Clean(text))
	if cut := ticket.CutWords(text, maxShort); cut != text {
		return cut + "…"
	}
	return text
}

const maxShort = 80 // UTF-16 units
