package mapping

import (
	"reflect"
	"slices"
	"strconv"
	"text/template"
	"text/template/parse"
)

// walker checks the nodes of a template, makes every value it prints pass through the escaper, and
// makes every turn of a range count.
type walker struct {
	funcs  template.FuncMap
	faults []fault
}

func (w *walker) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		w.node(n)
	}
}

func (w *walker) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		w.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 { // a declaration or an assignment prints nothing
			n.Pipe.Cmds = append(n.Pipe.Cmds, escape(n.Pipe.Pos))
		}
	case *parse.IfNode:
		w.branch(&n.BranchNode)
	case *parse.WithNode:
		w.branch(&n.BranchNode)
	case *parse.RangeNode:
		w.branch(&n.BranchNode)
		count(n.List)
	case *parse.TemplateNode:
		w.pipe(n.Pipe)
	}
}

// count makes each execution of the list begin with a write, of nothing.
func count(l *parse.ListNode) {
	turn := &parse.TextNode{NodeType: parse.NodeText, Pos: l.Pos}
	l.Nodes = append([]parse.Node{turn}, l.Nodes...)
}

func (w *walker) branch(n *parse.BranchNode) {
	w.pipe(n.Pipe)
	w.list(n.List)
	w.list(n.ElseList)
}

func (w *walker) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			w.argument(arg)
		}
	}
}

func (w *walker) argument(n parse.Node) {
	switch n := n.(type) {
	case *parse.PipeNode:
		w.pipe(n)
	case *parse.ChainNode:
		w.argument(n.Node)
		w.fields(n.Pos, n.Field)
	case *parse.FieldNode:
		w.fields(n.Pos, n.Ident)
	case *parse.VariableNode:
		w.fields(n.Pos, n.Ident[1:])
	case *parse.IdentifierNode:
		if names := callable(w.funcs); !slices.Contains(names, n.Ident) {
			hint := inReference(n.Ident, names)
			if slices.Contains(dataNames(), n.Ident) {
				hint = "a field begins with a dot: ." + n.Ident
			}
			w.fault(n.Pos, "there is no function "+strconv.Quote(n.Ident), hint)
		}
	}
}

// fields checks names that follow each other. Nothing in [Data] has a name in turn: it is text, a
// number, or the list of the members. What it is that the first name is asked of, only an execution
// can tell: see [try].
func (w *walker) fields(pos parse.Pos, names []string) {
	if len(names) == 0 {
		return
	}
	if known := dataNames(); !slices.Contains(known, names[0]) {
		w.fault(pos, "a finding has no "+strconv.Quote("."+names[0]), inReference(names[0], known))
		return
	}
	switch {
	case len(names) > 1 && names[0] == "Members":
		w.fault(pos, `".Members" is a list`, "write {{range .Members}}{{."+names[1]+"}}{{end}}")
	case len(names) > 1:
		w.fault(pos, strconv.Quote("."+names[0])+" has no fields", "")
	}
}

func (w *walker) fault(pos parse.Pos, text, hint string) {
	w.faults = append(w.faults, fault{pos: int(pos), text: text, hint: hint})
}

func escape(pos parse.Pos) *parse.CommandNode {
	name := parse.NewIdentifier(escaper).SetTree(nil).SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{name}}
}

// dataNames are the fields and methods of [Data].
func dataNames() []string {
	t := reflect.TypeFor[Data]()
	var names []string
	for f := range t.Fields() {
		if f.IsExported() {
			names = append(names, f.Name)
		}
	}
	for m := range t.Methods() {
		names = append(names, m.Name)
	}
	return names
}
