package jira

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

const (
	checkTransition = "transition"
	reopening       = "open" // the disposition whose outcome is a reopening
)

// flow is what can be read of the workflow of an issue type.
type flow struct {
	statuses []status
	recent   []answer                // the last issues of the type
	offered  map[string][]transition // by issue id
}

// workflow looks for every disposition whether its way is on offer, and what the screens on it want.
// Jira tells transitions only issue by issue: the way is followed from a recent issue, and from
// status to status as long as there is a recent issue in the next one.
func (e *examination) workflow(ctx context.Context) {
	wants := e.wants(ticket.WantTransition)
	if len(wants) == 0 || e.typ.ID == "" {
		return
	}
	var err error
	w := flow{offered: map[string][]transition{}}
	if w.statuses, err = e.t.statusesOf(ctx, e.need.Destination.Project, e.typ); err != nil {
		e.unknown(checkTransition, e.need.Key, "the statuses of the project cannot be read: "+err.Error(), "try again later")
	}
	if w.recent, err = e.t.recentIssues(ctx, e.cloud, e.need.Destination.Project, e.typ.ID); err != nil {
		e.unknown(checkTransition, e.need.Key, "no issue can be searched for, to see the workflow from: "+err.Error(), "try again later")
		return
	}
	var unseen []ticket.Want
	for _, want := range wants {
		if from, found := w.sample(want.Disposition != reopening, e.ours); found {
			e.way(ctx, &w, want, from)
			continue
		}
		unseen = append(unseen, want)
		e.beyond(ctx, &w, want, want.Path)
	}
	e.unseen(unseen)
}

// unseen tells of ways that there is no issue to follow from, of those of one key at once.
func (e *examination) unseen(wants []ticket.Want) {
	for len(wants) > 0 {
		first := wants[0]
		alike := func(w ticket.Want) bool {
			return slices.Equal(w.Key, first.Key) && (w.Disposition == reopening) == (first.Disposition == reopening)
		}
		outcomes := []string{outcomeOf(first)}
		for _, w := range wants[1:] {
			if alike(w) {
				outcomes = append(outcomes, w.Disposition)
			}
		}
		wants = slices.DeleteFunc(slices.Clone(wants), alike)
		e.unknown(checkTransition, first.Key, fmt.Sprintf("%s: project %s has no recent %s issue of type %s to see the workflow from",
			strings.Join(outcomes, ", "), e.need.Destination.Project, openWord(first.Disposition != reopening), e.typ.Name),
			"look again when there is one: Jira tells transitions only issue by issue")
	}
}

// way follows the way to one disposition's outcome from an issue, choosing as the delivery chooses.
func (e *examination) way(ctx context.Context, w *flow, want ticket.Want, from answer) {
	open := want.Disposition == reopening
	path := remaining(want.Path, from.Fields.Status)
	for range maxHops {
		at := from.Fields.Status
		offered, err := w.transitionsOf(ctx, e.t, from)
		if err != nil {
			e.failed(checkTransition, outcomeOf(want)+": the transitions of "+from.Key+" cannot be read", want.Key, err)
			return
		}
		next, rest, err := choose(offered, path, at, ticket.Change{Open: open, Closing: ticket.Closing{Transitions: want.Path}})
		if err != nil {
			e.noWay(want, from, offered, err)
			return
		}
		e.screenRequires(want, next)
		if path = rest; len(path) == 0 {
			e.end(want, next, from)
			return
		}
		var found bool
		if from, found = w.in(next.To); !found {
			e.healthy(checkTransition, want.Key, "%s: transition %q leads to %q; what follows can be seen only from an issue there", outcomeOf(want), next.Name, next.To.Name)
			e.beyond(ctx, w, want, path)
			return
		}
	}
	e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkTransition, Text: fmt.Sprintf("%s: more than %d transitions", outcomeOf(want), maxHops), Hint: "shorten transitions", Key: want.Key})
}

// noWay tells that nothing leads on from where an issue is. What is left of a path is not needed in
// a status that is as wanted; and from a status in which no issue begins a way may well be missing.
func (e *examination) noWay(want ticket.Want, from answer, offered []transition, err error) {
	te, at := ticket.AsError(err), from.Fields.Status
	s := ticket.Symptom{Severity: ticket.Failing, Check: checkTransition, Text: fmt.Sprintf("%s: %s (seen from %s)", outcomeOf(want), te.Message, from.Key),
		Hint: strings.ReplaceAll(te.Hint, "<disposition>", want.Disposition), Paste: wayLine(want, offered), Key: want.Key}
	switch open := want.Disposition == reopening; {
	case at.open() == open:
		e.healthy(checkTransition, want.Key, "%s: status %q is reached, and the rest of the path is not needed there", outcomeOf(want), at.Name)
		return
	case !open && at.Category.Key != "new":
		s.Severity, s.Paste = ticket.Unknown, ""
		s.Hint = "no issue that stands at the beginning is there to see the workflow from; " + s.Hint
	}
	e.add(s)
}

// wayLine is the line of TOML that names the one transition which leads to the outcome at once; "" where
// there is none, or there are several.
func wayLine(want ticket.Want, offered []transition) string {
	direct := slices.DeleteFunc(slices.Clone(offered), func(tr transition) bool { return tr.To.open() != (want.Disposition == reopening) })
	if len(direct) != 1 {
		return ""
	}
	return "on." + tomlKey(want.Disposition) + ".transitions = " + tomlTexts([]string{direct[0].Name})
}

// end looks at the last step of a way.
func (e *examination) end(want ticket.Want, last transition, from answer) {
	if open := want.Disposition == reopening; last.To.open() != open {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkTransition, Text: fmt.Sprintf("%s: transition %q ends in status %q, which is %s (seen from %s)", outcomeOf(want), last.Name, last.To.Name, openWord(!open), from.Key),
			Hint: "let transitions end in a status that is " + openWord(open), Key: want.Key})
		return
	}
	e.healthy(checkTransition, want.Key, "%s: transition %q leads to %q (seen from %s)", outcomeOf(want), last.Name, last.To.Name, from.Key)
	e.lastScreen(want, last)
}

// beyond looks at the steps of a path that cannot be followed, by their names alone, and at the
// resolution.
func (e *examination) beyond(ctx context.Context, w *flow, want ticket.Want, path []string) {
	var names []string
	for _, s := range w.statuses {
		names = append(names, s.Name)
	}
	open := want.Disposition == reopening
	for i, step := range path {
		n := slices.IndexFunc(w.statuses, func(s status) bool { return s.is(step) })
		switch last := i == len(path)-1; {
		case len(names) == 0:
		case n < 0:
			e.unknown(checkTransition, want.Key, fmt.Sprintf("%s: step %q is no status of the project; whether a transition has that name is seen only from an issue before it", outcomeOf(want), step),
				"check the name, or name the status that it leads to: "+list(names)+orNearest(step, names))
		case last && w.statuses[n].Category.Key != "" && w.statuses[n].open() != open:
			e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkTransition, Text: fmt.Sprintf("%s: the path ends in status %q, which is %s", outcomeOf(want), step, openWord(!open)),
				Hint: "let transitions end in a status that is " + openWord(open), Key: want.Key})
		}
	}
	e.resolutions(ctx, want)
}

// sample chooses the issue to look from: open or closed, best one of ours in an initial status.
func (w *flow) sample(open bool, ours func(user) bool) (answer, bool) {
	best, found, score := answer{}, false, -1
	for _, a := range w.recent {
		if a.Fields.Status.open() != open {
			continue
		}
		points := 0
		if a.Fields.Status.Category.Key == "new" {
			points += 2
		}
		if ours(a.Fields.Creator) {
			points++
		}
		if points > score {
			best, found, score = a, true, points
		}
	}
	return best, found
}

// in gives a recent issue that is in a status.
func (w *flow) in(at status) (answer, bool) {
	i := slices.IndexFunc(w.recent, func(a answer) bool { return a.Fields.Status.ID == at.ID })
	if i < 0 {
		return answer{}, false
	}
	return w.recent[i], true
}

func (w *flow) transitionsOf(ctx context.Context, t *Tracker, a answer) ([]transition, error) {
	if have, known := w.offered[a.ID]; known {
		return have, nil
	}
	offered, err := t.transitions(ctx, t.ref(a.ID, a.Key, a.Fields.Project.Key))
	if err == nil {
		w.offered[a.ID] = offered
	}
	return offered, err
}

// outcomeOf names what a want is for, as people would say it.
func outcomeOf(want ticket.Want) string {
	if want.Disposition == reopening {
		return "reopening"
	}
	return "closing as " + want.Disposition
}

func openWord(open bool) string {
	if open {
		return "open"
	}
	return "done"
}

// statusesOf gives the statuses that issues of a type can be in.
func (t *Tracker) statusesOf(ctx context.Context, project string, typ issueType) ([]status, error) {
	path, _, err := t.api(ctx, "project", project, "statuses")
	if err != nil {
		return nil, err
	}
	var types []struct {
		ID       string   `json:"id"`
		Statuses []status `json:"statuses"`
	}
	if err := t.do(ctx, request{op: "statuses", method: http.MethodGet, path: path}, &types); err != nil {
		return nil, err
	}
	for _, other := range types {
		if other.ID == typ.ID {
			return other.Statuses, nil
		}
	}
	return nil, nil
}

// recentIssues gives the last issues of a type, one page of them.
func (t *Tracker) recentIssues(ctx context.Context, cloud bool, project, typeID string) ([]answer, error) {
	r := request{op: "search", method: http.MethodPost, path: "rest/api/2/search", read: true}
	if cloud {
		r.path = "rest/api/3/search/jql"
	}
	r.body = map[string]any{"jql": `project = "` + project + `" AND issuetype = ` + typeID + ` ORDER BY created DESC`, "maxResults": pageSize, "fields": fieldList()}
	var page struct {
		Issues []answer `json:"issues"`
	}
	if err := t.do(ctx, r, &page); err != nil {
		return nil, t.searchFailed(ctx, project, err)
	}
	return slices.DeleteFunc(page.Issues, func(a answer) bool { return !a.valid() }), nil
}
