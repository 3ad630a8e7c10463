package mapping

import (
	"errors"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"ticketd/internal/ticket"
)

// Bounds of one execution, against hostile sizes rather than hostile templates: what goes beyond is
// cut, so that no finding can hold its own ticket up.
const (
	maxOutput = 64 << 10 // bytes
	maxWrites = 20_000   // pieces of text and turns of a range or of a template
)

// lineTemplate gives one plain line.
type lineTemplate struct{ *template.Template }

// docTemplate gives a text with structure: see [parseDoc] for what its literal text may hold.
type docTemplate struct {
	*template.Template
	portal portal
}

// line executes the template and folds all white space.
func (t lineTemplate) line(d Data) (string, error) {
	out, _, err := execute(t.Template, d)
	return oneLine(out), err
}

func (t docTemplate) doc(d Data) (ticket.Doc, error) {
	out, cut, err := execute(t.Template, d)
	if err != nil {
		return nil, err
	}
	doc := parseDoc(out, t.portal)
	if cut {
		doc = append(doc, ticket.Para(ticket.Text("… (the text was too long and was cut here)")...))
	}
	return doc, nil
}

// fixed tells whether the template gives the same for every finding, because nothing in it is
// executed.
func fixed(t *template.Template) bool {
	return !slices.ContainsFunc(t.Root.Nodes, func(n parse.Node) bool { return n.Type() != parse.NodeText })
}

// execute gives the output, and whether it had to be cut.
func execute(t *template.Template, d Data) (string, bool, error) {
	w := new(budget)
	err := t.Execute(w, d)
	if errors.Is(err, errBudget) {
		return w.text.String(), true, nil
	}
	return w.text.String(), false, err
}

var errBudget = errors.New("the template's output is used up")

// budget keeps what fits. It counts the writes too, because a range or a recursion that prints
// nothing would otherwise go on for as long as the finding is large: see [count].
type budget struct {
	text   strings.Builder
	writes int
}

func (b *budget) Write(p []byte) (int, error) {
	b.writes++
	room := maxOutput - b.text.Len()
	if b.writes <= maxWrites && len(p) <= room {
		return b.text.Write(p)
	}
	n := min(room, len(p))
	for n > 0 && n < len(p) && !utf8.RuneStart(p[n]) {
		n--
	}
	b.text.Write(p[:n])
	return n, errBudget
}

// fault is a mistake in a template or an expression.
type fault struct {
	pos     int    // byte offset, -1 where it is not known
	text    string // what is wrong
	hint    string // "" when there is nothing to say
	warning bool   // works, but hardly as meant
}

const escaper = "_print"

// newTemplate parses the text and sends everything that it prints through escape, as html/template
// does: the author of a template cannot forget to escape, and a value can never become structure.
func newTemplate(text string, funcs template.FuncMap, escape func(any) (string, error)) (*template.Template, []fault) {
	if i := strings.IndexFunc(text, reserved); i >= 0 {
		return nil, []fault{{pos: i, text: "a private-use character is not allowed here"}}
	}
	main := parse.New(templateName)
	main.Mode = parse.SkipFuncCheck // ours has positions and suggestions
	trees := make(map[string]*parse.Tree)
	if _, err := main.Parse(text, "", "", trees); err != nil {
		return nil, []fault{parseFault(text, err)}
	}
	w := walker{funcs: funcs}
	t := template.New(templateName).Funcs(funcs).Funcs(template.FuncMap{escaper: escape})
	for name, tree := range trees {
		w.list(tree.Root)
		count(tree.Root) // a template may call itself
		if _, err := t.AddParseTree(name, tree); err != nil {
			return nil, []fault{{pos: -1, text: err.Error()}}
		}
	}
	slices.SortFunc(w.faults, func(a, b fault) int { return a.pos - b.pos })
	return t, w.faults
}

// docTemplate compiles a template of a body or a comment; nil for an empty text and for one with
// mistakes, which it reports.
func (c *compiler) docTemplate(at place, text string) *docTemplate {
	t := c.template(at, text, opaque)
	if t == nil {
		return nil
	}
	return &docTemplate{t, c.portal}
}

// line compiles a template of one line; nil as docTemplate.
func (c *compiler) line(at place, text string) *lineTemplate {
	t := c.template(at, text, plain)
	if t == nil {
		return nil
	}
	return &lineTemplate{t}
}

func (c *compiler) template(at place, text string, escape func(any) (string, error)) *template.Template {
	if text == "" {
		return nil
	}
	t, faults := newTemplate(text, functions(c.portal), escape)
	if len(faults) == 0 {
		faults = try(text, t, c.sampled(t))
	}
	for _, f := range faults {
		c.put(Problem{Path: at, Inside: f.pos + 1, Text: f.text, Hint: f.hint})
	}
	if len(faults) > 0 {
		return nil
	}
	return t
}

// sampled gives what to execute a template on: of one that gives the same for every finding, anything.
func (c *compiler) sampled(t *template.Template) []Data {
	if fixed(t) {
		return []Data{{}}
	}
	if c.samples == nil {
		c.samples = samples()
	}
	return c.samples
}

// try executes the template on the samples and gives the first error.
func try(text string, t *template.Template, samples []Data) []fault {
	for _, d := range samples {
		_, cut, err := execute(t, d)
		if err != nil {
			return []fault{executeFault(text, err)}
		}
		if cut {
			return []fault{{pos: 0, text: "it goes on without end, or prints too much", hint: "look at its ranges, and for a template that calls itself"}}
		}
	}
	return nil
}
