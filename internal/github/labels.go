package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// labelsPerIssue is GitHub's limit (facts: github.md section 5).
const labelsPerIssue = 100

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

// addLabels adds labels and leaves the others alone; missing ones are made by GitHub. Labels that it
// refuses are decorations that an issue does without: they are given back with the reason. They are
// sent as GitHub describes it; go-github's own call sends a bare list, which it only tolerates.
func (t *Tracker) addLabels(ctx context.Context, s *spot, names []string) (dropped []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	_, err = t.at(ctx, "add labels", s, func(ctx context.Context, c *gh.Client, s spot) error {
		body := map[string][]string{"labels": names}
		req, err := c.NewRequest(http.MethodPost, fmt.Sprintf("repos/%s/issues/%d/labels", s.place, s.number), body)
		if err != nil {
			return err
		}
		_, err = c.Do(ctx, req, nil)
		return err
	})
	if e, ok := errors.AsType[*ticket.Error](err); ok && (e.Status == http.StatusUnprocessableEntity || labelsRefused(e)) {
		return []string{"labels: " + e.Error()}, nil
	}
	return nil, err
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
	if x.Status == http.StatusNotFound {
		return nil
	}
	return err
}
