package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/internal/explain"
	"ticketd/store"
)

// explanationText is an explanation for people. Whatever comes from a finding is made safe, and text
// of several lines is indented, so that no line of it can pass for one of ours.
func explanationText(d explainDocument, row *store.Ticket) string {
	e := &d.Explanation
	parts := []string{
		eventText(e.Event), findingText(e), assumedText(e.Assumed), ruleText(e), routeText(e.Route),
		wantedTicketText(e.Ticket), closingText(e.Closing), noteText(e.Note), storedText(row, d.Sharing),
		rehearsalText(e.Rehearsal), missText(d.Misses),
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// sheet is a table of names and values without the empty ones.
func sheet(rows ...[]string) string {
	return table(slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" })...)
}

func eventText(v *explain.Event) string {
	if v == nil {
		return ""
	}
	at := ""
	if v.Time != 0 {
		at = clock(time.Unix(v.Time, 0))
	}
	text := sheet(
		[]string{"event", dash(v.Type)},
		[]string{"verdict", strings.TrimSuffix(v.Verdict+": "+verdictText(v.Verdict), ": ")},
		[]string{"reason", v.Reason},
		[]string{"table entry", v.Entry},
		[]string{"class", v.Class},
		[]string{"time", at},
	)
	rows := [][]string{{"ATTRIBUTE", "VALUE", "FROM"}}
	for _, f := range v.Fields {
		rows = append(rows, []string{f.Name, short(f.Value), f.Path})
	}
	return text + section(rows)
}

// verdictText tells what becomes of a body that changes no finding.
func verdictText(verdict string) string {
	switch datatheorem.Verdict(verdict) {
	case datatheorem.VerdictProbe:
		return "the test of Data Theorem's guide; kept, no ticket"
	case datatheorem.VerdictPersonal:
		return "it is about a person; counted, its body erased, no ticket"
	case datatheorem.VerdictUnhandled, datatheorem.VerdictUnparsed:
		return "kept, no ticket; `ticketd events apply` tries again after [[events]] was extended"
	case datatheorem.VerdictEvent:
	}
	return ""
}

func findingText(e *explain.Explanation) string {
	f := e.Finding
	if f == nil {
		return ""
	}
	text := sheet(
		[]string{"finding", f.Key},
		[]string{"disposition", f.Disposition},
		[]string{"parent", f.Parent},
	)
	if e.Event != nil {
		return text
	}
	rows := [][]string{{"ATTRIBUTE", "VALUE"}}
	for _, name := range sortedKeys(f.Fields) {
		rows = append(rows, []string{name, short(f.Fields[name])})
	}
	return text + section(rows)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func assumedText(assumed []string) string {
	var b strings.Builder
	for _, a := range assumed {
		b.WriteString("assumed: " + safe(a) + "\n")
	}
	return b.String()
}

func ruleText(e *explain.Explanation) string {
	if e.Finding == nil {
		return ""
	}
	rows := [][]string{{"RULE", "WHERE", "MATCHES", "WHY NOT"}}
	for _, r := range e.Rules {
		rows = append(rows, []string{r.Name, placeText(r.Place), map[bool]string{true: "yes", false: "no"}[r.Matched], r.Why})
	}
	text := table(rows...)
	if e.Unrouted != "" {
		text += "no ticket: " + safe(e.Unrouted) + "\n"
	}
	return text
}

func placeText(at explain.Place) string {
	if at.Line == 0 {
		return at.File
	}
	return at.File + ":" + strconv.Itoa(at.Line)
}

func routeText(r *explain.Route) string {
	if r == nil {
		return ""
	}
	return sheet(
		[]string{"rule", strings.TrimSpace(r.Rule + "  " + placeText(r.Place))},
		[]string{"tracker", r.Tracker},
		[]string{"project", r.Project},
		[]string{"issue type", r.IssueType},
		[]string{"group", r.Group},
		[]string{"grouped by", strings.Join(r.GroupBy, ", ")},
		[]string{"members", membersText(r.Members)},
	)
}

// membersText names the members of a group, the first of many.
func membersText(members []string) string {
	const most = 10
	if len(members) <= most {
		return strings.Join(members, ", ")
	}
	return fmt.Sprintf("%s, … (%d)", strings.Join(members[:most], ", "), len(members))
}

func wantedTicketText(t *explain.Ticket) string {
	if t == nil {
		return ""
	}
	rows := [][]string{
		{"ticket", dash(t.Title)},
		{"held", t.Error},
		{"marker", t.Marker},
		{"labels", strings.Join(t.Labels, ", ")},
		{"priority", t.Priority},
		{"due", t.DueDate},
		{"assignee", t.Assignee},
		{"components", strings.Join(t.Components, ", ")},
		{"fix versions", strings.Join(t.FixVersions, ", ")},
		{"security level", t.SecurityLevel},
		{"parent", t.Parent},
		{"milestone", t.Milestone},
	}
	return sheet(append(rows, fieldRows(t.Fields)...)...) + block(t.Body)
}

func fieldRows(fields []explain.Field) [][]string {
	var rows [][]string
	for _, f := range fields {
		rows = append(rows, []string{"field " + f.Name, f.Type + "  " + oneLineJSON(f.Value)})
	}
	return rows
}

// oneLineJSON shows a value as JSON does, without the escapes for HTML.
func oneLineJSON(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "cannot be shown: " + err.Error()
	}
	return strings.TrimSpace(b.String())
}

// block is a text of several lines, set apart.
func block(text string) string {
	if text == "" {
		return ""
	}
	return "\n" + indent(safeLines(text), "  | ")
}

// indent puts by before every line, without leaving space at the end of an empty one.
func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight(by+line, " ") + "\n")
	}
	return b.String()
}

func closingText(c *explain.Closing) string {
	if c == nil {
		return ""
	}
	state := ""
	if c.CommentOnly {
		state = "left alone: comment only"
	}
	rows := [][]string{
		{"closed as", c.Disposition},
		{"state", state},
		{"held", c.Error},
		{"transitions", strings.Join(c.Transitions, " > ")},
		{"resolution", c.Resolution},
		{"state reason", c.StateReason},
		{"labels added", strings.Join(c.Labels, ", ")},
	}
	return sheet(append(rows, fieldRows(c.Fields)...)...) + block(c.Comment)
}

func noteText(n *explain.Note) string {
	if n == nil {
		return ""
	}
	what := "a comment of every ticket that it concerns"
	switch {
	case n.Ignored:
		what = "nothing: the rule says notes = false"
	case n.Deleted:
		what = "nothing any more: it was deleted, and its comments are"
	}
	return sheet([]string{"note", n.ID}, []string{"on", n.On}, []string{"becomes", what}) + block(n.Comment)
}

// storedText tells of the ticket that a finding of the store has, and how many others share it.
func storedText(row *store.Ticket, others int) string {
	if row == nil {
		return ""
	}
	alone := ", which it has to itself"
	if others > 0 {
		alone = ", which it shares with " + count(others, "other finding")
	}
	return fmt.Sprintf("In the store it belongs to ticket %d%s:\n", row.ID, alone) + ticketSheet(*row)
}

func rehearsalText(r *explain.Rehearsal) string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("Requests, as a practice tracker got them. It takes all that the rules ask for (`ticketd doctor` asks the\n" +
		"real one); ids of issues, comments and transitions are its own.\n")
	because := ""
	for _, q := range r.Requests {
		if q.For != because {
			because = q.For
			b.WriteString("\n" + safe(because) + "\n")
		}
		b.WriteString(requestText(q))
	}
	if len(r.Requests) == 0 {
		b.WriteString("\nnone\n")
	}
	b.WriteString("\n" + sheet([]string{"ticket then", dash(r.State)}, []string{"reason", r.Reason}, []string{"hint", r.Hint}))
	return b.String()
}

// requestText shows a write in full, and anything else in a line.
func requestText(q explain.Request) string {
	line := fmt.Sprintf("  %-6s %s", safe(q.Method), safe(q.URL))
	switch q.Purpose {
	case explain.Bookkeeping:
		return line + "   (once per process)\n"
	case explain.Read:
		return line + "   (only looks)\n"
	case explain.Write:
	}
	if len(q.Body) == 0 {
		return line + "\n"
	}
	return line + "\n" + indent(string(safeJSON([]byte(layout(q.Body)))), "    ")
}

func missText(misses []explain.Miss) string {
	var b strings.Builder
	for _, m := range misses {
		b.WriteString("missed: " + safe(m.String()) + "\n")
	}
	return b.String()
}
