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
	table := ExpressionTable()
	for _, name := range append(whenFunctions(), whenOperators()...) {
		if name = strings.ReplaceAll(name, "|", `\|`); !strings.Contains(table, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if rows := strings.Count(table, "\n"); rows != len(Expressions())+2 {
		t.Errorf("%d rows", rows)
	}
}
