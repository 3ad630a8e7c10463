package mapping

import (
	"encoding/json"
	"strings"
	"testing"

	"ticketd/internal/finding"
)

func TestEveryExampleOfAnExpressionHoldsForTheSample(t *testing.T) {
	f := richTarget()
	f.Data = map[string]finding.Member{"tags": {JSON: json.RawMessage(`["prod","eu"]`)}, "cvss": {JSON: json.RawMessage(`{"score":"7.5"}`)}}
	for _, d := range Expressions() {
		e, faults := newExpression(d.Example)
		if e == nil || len(faults) > 0 {
			t.Errorf("%s: %+v", d.Example, faults)
			continue
		}
		if yes, err := e.holds(f); !yes || err != nil {
			t.Errorf("%s: %v, %v", d.Example, yes, err)
		}
	}
}

func TestTheTableOfExpressionsHasEveryFunctionAndOperator(t *testing.T) {
	var all strings.Builder
	for _, d := range Expressions() {
		all.WriteString(d.Form + " " + d.Meaning + "\n")
	}
	for _, name := range append(whenFunctions(), whenOperators()...) {
		if !strings.Contains(all.String(), name) {
			t.Errorf("%s is missing", name)
		}
	}
}
