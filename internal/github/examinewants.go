package github

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// assigneesAtMost bounds the calls of one examination.
const assigneesAtMost = 30

// wants gives the wants of one aspect whose value is known beforehand.
func (e *examination) wants(a ticket.Aspect) []ticket.Want {
	return slices.DeleteFunc(slices.Clone(e.need.Wants), func(w ticket.Want) bool { return w.Aspect != a || w.Value == "" })
}

// labels looks whether the labels exist. A missing one is made by GitHub with the first issue, if the
// account may make labels.
func (e *examination) labels(ctx context.Context) {
	wants := e.wants(ticket.WantLabel)
	if len(wants) == 0 || e.role.known && !e.role.decide {
		return // no label is taken from this account, which was said
	}
	list, part, err := listed[gh.Label](ctx, e.t, e.place, "labels", nil)
	if err != nil {
		e.trouble(checkLabel, "the labels of "+e.place.String()+" cannot be read", nil, err)
		return
	}
	for _, w := range wants {
		e.label(w, part, slices.ContainsFunc(list, func(l *gh.Label) bool {
			return contains(labelNames([]string{w.Value}), l.GetName())
		}))
	}
}

func (e *examination) label(w ticket.Want, part, exists bool) {
	name := strconv.Quote(w.Value)
	switch {
	case exists:
		e.well(checkLabel, name+" exists", w.Key)
	case e.role.known && !e.role.push && part:
		e.add(ticket.Symptom{Severity: ticket.Unknown, Check: checkLabel, Key: w.Key,
			Text: name + " is not among the first " + strconv.Itoa(listPages*perPage) + " labels of " + e.place.String(),
			Hint: "check that it exists; the account may not make labels"})
	case e.role.known && !e.role.push:
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkLabel, Key: w.Key,
			Text: name + " does not exist in " + e.place.String() + ", and the account may not make labels: it is left out, and every label that is sent with it",
			Hint: "make the label, or give the account the role Write"})
	default:
		e.well(checkLabel, name+" does not exist yet; GitHub makes it when it is first used", w.Key)
	}
}

// assignees looks whether the logins can be assigned.
func (e *examination) assignees(ctx context.Context) {
	assignable := make(map[string]bool)
	for _, w := range e.wants(ticket.WantAssignee) {
		can, known := assignable[strings.ToLower(w.Value)]
		if !known && len(assignable) == assigneesAtMost {
			e.add(ticket.Symptom{Severity: ticket.Unknown, Check: checkAssignee, Key: w.Key,
				Text: strconv.Quote(w.Value) + " was not looked at: it is one of more than " + strconv.Itoa(assigneesAtMost),
				Hint: "check in GitHub that it can be assigned"})
			continue
		}
		if !known {
			var err error
			if can, err = e.assignable(ctx, w.Value); err != nil {
				e.trouble(checkAssignee, strconv.Quote(w.Value), w.Key, err)
				continue
			}
			assignable[strings.ToLower(w.Value)] = can
		}
		if can {
			e.well(checkAssignee, strconv.Quote(w.Value)+" can be assigned", w.Key)
			continue
		}
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkAssignee, Key: w.Key,
			Text: strconv.Quote(w.Value) + " cannot be assigned in " + e.place.String() + ": issues are made without an assignee",
			Hint: "check the login; it needs access to the repository"})
	}
}

// assignable asks whether a login can be assigned. One that is no login cannot, and is not sent.
func (e *examination) assignable(ctx context.Context, login string) (bool, error) {
	if !ownerForm.MatchString(strings.TrimSuffix(login, "[bot]")) {
		return false, nil
	}
	x, err := e.t.call(ctx, "assignee", scope{place: e.place}, func(ctx context.Context, c *gh.Client) error {
		req, err := c.NewRequest(http.MethodGet, "repos/"+e.place.String()+"/assignees/"+escaped(login), nil)
		if err != nil {
			return err
		}
		_, err = c.Do(ctx, req, nil)
		return err
	})
	switch {
	case x.Status == http.StatusNotFound:
		return false, nil
	case err == nil && x.Status != http.StatusNoContent:
		return false, unusable("assignee", x, errors.New("the answer says neither yes nor no"))
	}
	return err == nil, err
}

// milestones looks whether the milestones exist and are open.
func (e *examination) milestones(ctx context.Context) {
	wants := e.wants(ticket.WantMilestone)
	if len(wants) == 0 {
		return
	}
	all, err := e.t.milestonesOf(ctx, e.place)
	if err != nil {
		e.trouble(checkMilestone, "the milestones of "+e.place.String()+" cannot be read", nil, err)
		return
	}
	for _, w := range wants {
		e.milestone(w, all)
	}
}

func (e *examination) milestone(w ticket.Want, all milestones) {
	name := strconv.Quote(w.Value)
	switch m := all.find(w.Value); {
	case m == nil && all.part:
		e.add(ticket.Symptom{Severity: ticket.Unknown, Check: checkMilestone, Key: w.Key,
			Text: name + " is not among the milestones of " + e.place.String() + " that were read, and there are more", Hint: "name it by its number"})
	case m == nil && all.titled(w.Value) != nil:
		number := strconv.Itoa(all.titled(w.Value).GetNumber())
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkMilestone, Key: w.Key,
			Text: "there is no milestone with the number " + w.Value + " in " + e.place.String() + ": issues are made without one",
			Hint: "digits alone are a number, and the milestone " + name + " has the number " + number, Paste: "milestone = " + strconv.Quote(number)})
	case m == nil:
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkMilestone, Key: w.Key,
			Text: "there is no milestone " + name + " in " + e.place.String() + ": issues are made without one",
			Hint: "make it, or name one that exists by its title or number"})
	case m.GetState() == "closed":
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkMilestone, Key: w.Key,
			Text: "the milestone " + name + " is closed; issues are put into it all the same", Hint: "open it, or name another"})
	default:
		e.well(checkMilestone, name+" exists and is open", w.Key)
	}
}
