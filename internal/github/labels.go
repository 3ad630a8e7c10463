package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// labelsPerIssue is GitHub's limit (facts: github.md section 5).
const labelsPerIssue = 100

// errNoLabels is of a page that answers in GitHub's place.
var errNoLabels = errors.New("the answer is not the list of the issue's labels")

// labelNames makes labels fit for GitHub: one line, at most 50 characters, each once, as GitHub
// compares them without regard to case. A label may come from a finding.
func labelNames(asked []string) []string {
	var names []string
	for _, label := range asked {
		name := ticket.CutWords(ticket.OneLine(clean(label)), labelLimit)
		if name != "" && !contains(names, name) && len(names) < labelsPerIssue {
			names = append(names, name)
		}
	}
	return names
}

func namesOf(i *gh.Issue) []string {
	names := make([]string, 0, len(i.Labels))
	for _, l := range i.Labels {
		names = append(names, l.GetName())
	}
	return names
}

func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return same(s, name) })
}

// without gives what of a list is not in another.
func without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if !contains(other, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

// Relabel adds labels and takes others off, and leaves alone what is so already. A label that is asked
// for both ways is added.
func (t *Tracker) Relabel(ctx context.Context, r ticket.Ref, add, remove []string) error {
	s, i, err := t.mine(ctx, "relabel", r)
	if err != nil {
		return err
	}
	has, asked := namesOf(i), labelNames(add)
	if err := t.postLabels(ctx, &s, without(asked, has)); err != nil {
		return err
	}
	for _, name := range without(labelNames(remove), asked) {
		if contains(has, name) {
			if err := t.removeLabel(ctx, &s, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// addLabels adds labels that an issue can do without: those that GitHub refuses are given back with
// the reason.
func (t *Tracker) addLabels(ctx context.Context, s *spot, names []string) (dropped []string, err error) {
	err = t.postLabels(ctx, s, names)
	if e, ok := errors.AsType[*ticket.Error](err); ok && (e.Status == http.StatusUnprocessableEntity || labelsRefused(e)) {
		return []string{"labels: " + e.Error()}, nil
	}
	return nil, err
}

// postLabels adds labels and leaves the others alone; missing ones are made by GitHub. They are sent
// as GitHub describes it; go-github's own call sends a bare list, which it only tolerates. A label
// that may not be made is refused for this ticket, not for the repository.
func (t *Tracker) postLabels(ctx context.Context, s *spot, names []string) error {
	if len(names) == 0 {
		return nil
	}
	x, err := t.at(ctx, "add labels", s, func(ctx context.Context, c *gh.Client, s spot) error {
		body := map[string][]string{"labels": names}
		req, err := c.NewRequest(http.MethodPost, fmt.Sprintf("repos/%s/issues/%d/labels", s.place, s.number), body)
		if err != nil {
			return err
		}
		_, err = c.Do(ctx, req, nil)
		return err
	})
	if err == nil && !(isList(x) && json.Valid(x.Body)) {
		return unusable("add labels", x, errNoLabels)
	}
	if e, ok := errors.AsType[*ticket.Error](err); ok && labelsRefused(e) {
		e.Decision, e.Hint = ticket.HoldTicket, "make the label in the repository, or give ticketd's account the right to make labels"
	}
	return err
}

// removeLabel takes a label off; one that is not there is success. One that is called like a part
// of a path, "." or "..", stays: its address would be that of all labels, or of the issue.
func (t *Tracker) removeLabel(ctx context.Context, s *spot, name string) error {
	if name == "." || name == ".." {
		return nil
	}
	x, err := t.at(ctx, "remove label", s, func(ctx context.Context, c *gh.Client, s spot) error {
		_, err := c.Issues.RemoveLabelForIssue(ctx, s.owner, s.repo, s.number, escaped(name))
		return err
	})
	switch {
	case x.Status == http.StatusNotFound:
		return nil
	case err == nil && !(isList(x) && json.Valid(x.Body)):
		return unusable("remove label", x, errNoLabels)
	}
	return err
}
