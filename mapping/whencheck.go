package mapping

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// whenOperators are the operators that stay; see [expression] for those that go.
func whenOperators() []string {
	return []string{"==", "!=", "<", "<=", ">", ">=", "and", "&&", "or", "||", "not", "!", "in", "contains", "startsWith", "endsWith", "matches"}
}

// checkWhen parses an expression, holds it against what an expression may do and gives the fields
// that it reads, each once. Types are not looked at yet.
func checkWhen(text string) (read []string, faults []fault) {
	config := conf.CreateNew()
	config.MaxNodes = maxWhenNodes
	for name := range config.Builtins {
		config.Disabled[name] = !slices.Contains(whenBuiltins(), name)
	}
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, []fault{whenFault(text, err)}
	}
	c := whenChecker{text: text, callees: make(map[ast.Node]bool)}
	find(&tree.Node, c.declare)
	find(&tree.Node, c.node)
	slices.SortStableFunc(c.faults, func(a, b fault) int { return a.pos - b.pos })
	slices.Sort(c.read)
	return slices.Compact(c.read), c.faults
}

// visit makes a visitor of a function.
type visit func(ast.Node)

func (v visit) Visit(n *ast.Node) { v(*n) }

func find(root *ast.Node, v visit) { ast.Walk(root, v) }

// whenChecker looks at the nodes of an expression.
type whenChecker struct {
	text      string
	variables []string          // declared by let
	callees   map[ast.Node]bool // identifiers that name a function
	read      []string
	cost      int // of the patterns so far: about the steps that one character of a value can take
	faults    []fault
}

// declare notes what the names stand for, before they are looked at: a walk comes to a name before
// the node that tells what it is.
func (c *whenChecker) declare(n ast.Node) {
	switch n := n.(type) {
	case *ast.VariableDeclaratorNode:
		c.variables = append(c.variables, n.Name)
	case *ast.CallNode:
		c.callees[n.Callee] = true
	}
}

func (c *whenChecker) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		c.identifier(n)
	case *ast.CallNode:
		c.call(n)
	case *ast.BuiltinNode:
		c.builtin(n)
	case *ast.UnaryNode:
		if n.Operator != "-" && n.Operator != "+" {
			c.operator(n, n.Operator)
		}
	case *ast.BinaryNode:
		c.operator(n, n.Operator)
		c.words(n)
		if n.Operator == "matches" {
			c.regexp(n)
		}
	case *ast.MemberNode, *ast.SliceNode, *ast.ChainNode:
		c.fault(n, "a value has no parts", "compare it as a whole, or use contains, startsWith, endsWith, matches or like")
	case *ast.NilNode:
		c.fault(n, "there is no nil here", `what a finding does not tell is the empty text: == ""`)
	case *ast.ArrayNode:
		c.list(n)
	case *ast.MapNode, *ast.BytesNode:
		c.fault(n, "only texts, numbers and lists of them can be written here", "")
	}
}

func (c *whenChecker) identifier(n *ast.IdentifierNode) {
	switch _, known := fieldOf(n.Value); {
	case c.callees[n]:
		if !slices.Contains(whenFunctions(), n.Value) {
			c.noFunction(n, n.Value)
		}
	case slices.Contains(c.variables, n.Value):
	case known:
		c.read = append(c.read, n.Value)
	default:
		c.fault(n, "a finding has no "+strconv.Quote(n.Value), first(quoted(n.Value), inReference(n.Value, fieldList(anyField))))
	}
}

// quoted is the hint for a word of a field that stands without its quotes.
func quoted(name string) string {
	for _, f := range Fields() {
		if slices.Contains(f.Words, name) {
			return "write a text in quotes: " + strconv.Quote(name)
		}
	}
	return ""
}

func (c *whenChecker) noFunction(n ast.Node, name string) {
	hint := didYouMean(name, whenFunctions())
	if i := slices.IndexFunc(whenOperators(), func(o string) bool { return strings.EqualFold(o, name) }); i >= 0 {
		hint = between(whenOperators()[i])
	}
	c.fault(n, "there is no function "+strconv.Quote(name), hint)
}

// between is the hint for an operator that is written like a function.
func between(operator string) string {
	return "it stands between two texts: TEXT " + operator + " PART"
}

func (c *whenChecker) call(n *ast.CallNode) {
	name, ok := n.Callee.(*ast.IdentifierNode)
	switch {
	case !ok: // a part of a value, which is told already
	case (name.Value == fnPath || name.Value == fnPaths) && len(n.Arguments) == 1:
		c.path(n.Arguments[0])
	case name.Value == fnLike && len(n.Arguments) == 2:
		c.glob(n.Arguments[1])
	}
}

// path refuses a path that is no constant: what is asked must not depend on a finding.
func (c *whenChecker) path(n ast.Node) {
	path, ok := n.(*ast.StringNode)
	switch {
	case !ok:
		c.fault(n, "a path is a text in quotes", `write it as "affected_asset.hosted_on"`)
	case slices.Contains(strings.Split(path.Value, "."), ""):
		c.fault(n, "the path has an empty step", `write it as member.member, e.g. "affected_asset.hosted_on"`)
	}
}

func (c *whenChecker) glob(n ast.Node) {
	pattern, ok := n.(*ast.StringNode)
	switch {
	case !ok:
		c.fault(n, "a pattern is a text in quotes", `write it as "prod-*"`)
	case pattern.Value == "":
		c.fault(n, "the pattern is empty", `compare with == "" instead`)
	case len(pattern.Value) > maxPattern:
		c.fault(n, fmt.Sprintf("the pattern is longer than %d bytes", maxPattern), "shorten it with a *")
	default:
		c.pay(n, len(pattern.Value))
	}
}

func (c *whenChecker) regexp(n *ast.BinaryNode) {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		c.fault(n.Right, "a pattern is a text in quotes", `write it as matches "^prod-[0-9]+$"`)
		return
	}
	tree, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		c.fault(n.Right, err.Error(), "write a regular expression as Go has them")
		return
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		c.fault(n.Right, err.Error(), "write a regular expression as Go has them")
		return
	}
	c.pay(n.Right, len(program.Inst))
}

// pay adds what a pattern costs, so that a long value cannot keep the expression busy.
func (c *whenChecker) pay(n ast.Node, cost int) {
	if before := c.cost; before <= maxWhenCost && before+cost > maxWhenCost {
		c.fault(n, "the patterns of the expression take too long on a long value", "write shorter ones, without large numbers of repetitions, or split the rule")
	}
	c.cost += cost
}

// words warns of a comparison with a word that the field never has.
func (c *whenChecker) words(n *ast.BinaryNode) {
	name, ok := n.Left.(*ast.IdentifierNode)
	if !ok || !slices.Contains([]string{"==", "!=", "in"}, n.Operator) {
		return
	}
	compared := []ast.Node{n.Right}
	if list, ok := n.Right.(*ast.ArrayNode); ok {
		compared = list.Nodes
	}
	for _, to := range compared {
		if word, ok := to.(*ast.StringNode); ok {
			c.word(word, name.Value)
		}
	}
}

func (c *whenChecker) word(n *ast.StringNode, name string) {
	field, _ := fieldOf(name)
	if n.Value == "" || slices.Contains(field.Words, n.Value) {
		return
	}
	text := name + " is never " + strconv.Quote(n.Value)
	i := slices.IndexFunc(field.Words, func(w string) bool { return strings.EqualFold(w, n.Value) })
	switch {
	case i >= 0:
		c.warn(n, text, fmt.Sprintf("write %q, or like(%s, %q), which does not mind the case", field.Words[i], name, n.Value))
	case name == fieldKind || name == fieldDisposition: // Data Theorem may send new words of the others
		c.warn(n, text, didYouMean(n.Value, field.Words))
	}
}

// list refuses lists of lists, which could be compared without end: let gives the inner one a name.
func (c *whenChecker) list(n *ast.ArrayNode) {
	for i := range n.Nodes {
		find(&n.Nodes[i], func(inner ast.Node) {
			name, named := inner.(*ast.IdentifierNode)
			if _, is := inner.(*ast.ArrayNode); is || named && slices.Contains(c.variables, name.Value) {
				c.fault(inner, "a list holds texts and numbers", "write them out")
			}
		})
	}
}

func (c *whenChecker) builtin(n *ast.BuiltinNode) {
	if !slices.Contains(whenBuiltins(), n.Name) {
		c.noFunction(n, n.Name)
	}
	if !slices.Contains(whenLoops(), n.Name) {
		return
	}
	if len(n.Arguments) != 2 { // expr takes a count without one, of a list that we do not have
		c.fault(n, n.Name+" needs a list and a condition", loopExample(n.Name))
	}
	for i := range n.Arguments {
		find(&n.Arguments[i], func(inner ast.Node) { c.inLoop(n.Name, inner) })
	}
}

func loopExample(name string) string {
	return "write e.g. " + name + `(paths("tags"), # == "prod")`
}

// inLoop refuses what would make a loop long: another loop, and a pattern that is asked of the same
// value again and again.
func (c *whenChecker) inLoop(name string, n ast.Node) {
	var asked ast.Node
	switch n := n.(type) {
	case *ast.BuiltinNode:
		if slices.Contains(whenLoops(), n.Name) {
			c.fault(n, strconv.Quote(n.Name)+" stands within "+strconv.Quote(name), "ask one list after the other")
		}
	case *ast.BinaryNode:
		if n.Operator == "matches" {
			asked = n.Left
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == fnLike && len(n.Arguments) == 2 {
			asked = n.Arguments[0]
		}
	}
	if asked != nil && !ofElement(asked) {
		c.fault(asked, "within "+strconv.Quote(name)+" a pattern is only asked of #", "ask it before: let found = …; "+name+"(…, found and …)")
	}
}

// ofElement tells whether a text is the element of a loop, if in other letters.
func ofElement(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.PointerNode:
		return true
	case *ast.BuiltinNode:
		return len(n.Arguments) == 1 && ofElement(n.Arguments[0])
	}
	return false
}

func (c *whenChecker) operator(n ast.Node, name string) {
	if !slices.Contains(whenOperators(), name) {
		c.fault(n, "an expression compares and does not calculate: there is no "+strconv.Quote(name), "use one of "+strings.Join(whenOperators(), " "))
	}
}

func (c *whenChecker) fault(n ast.Node, text, hint string) {
	c.put(fault{pos: bytesOf(c.text, n.Location().From), text: text, hint: hint})
}

func (c *whenChecker) warn(n ast.Node, text, hint string) {
	c.put(fault{pos: bytesOf(c.text, n.Location().From), text: text, hint: hint, warning: true})
}

func (c *whenChecker) put(f fault) {
	if !slices.Contains(c.faults, f) {
		c.faults = append(c.faults, f)
	}
}
