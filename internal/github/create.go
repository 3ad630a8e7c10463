package github

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

var (
	ticketMarker  = regexp.MustCompile(`^dtw-[0-9a-f]{24}$`)
	commentMarker = regexp.MustCompile(`^dtc-[0-9a-f]{24}$`)
)

// Create makes an issue, its labels, its assignee and its milestone in one call; a milestone that is
// named by its title is looked up before, now and then. What of these decorations GitHub refuses is
// left out of a second call, once: a 422 made nothing. What it drops silently, as it does without push
// access, is seen in the answer. Issue.Dropped names both.
func (t *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Issue, error) {
	p, err := parsePlace(d.Destination.Project)
	if err != nil {
		return ticket.Issue{}, invalid("create", err)
	}
	if !ticketMarker.MatchString(d.Marker) {
		return ticket.Issue{}, invalid("create", errors.New("a draft without a marker could not be found again"))
	}
	request := issueRequest(d)
	unknown, err := t.plan(ctx, p, request, d.Milestone)
	if err != nil {
		return ticket.Issue{}, err
	}
	i, x, err := t.post(ctx, p, request)
	dropped := strip(request, err)
	if len(dropped) > 0 {
		i, x, err = t.post(ctx, p, request)
	}
	switch {
	case err != nil:
		return ticket.Issue{}, t.renamed(ctx, p, x, err)
	case i.GetNumber() <= 0:
		return ticket.Issue{}, unusable("create", x, errors.New("the answer holds no issue"))
	case markerOf(i.GetBody()) != d.Marker:
		return ticket.Issue{}, unusable("create", x, errors.New("the answer holds another issue"))
	}
	made := t.issue(spot{p, i.GetNumber()}, i)
	made.Ours = true
	made.Written = t.Writes(d)
	made.Dropped = slices.Concat(unknown, dropped, missing(request, i))
	return made, nil
}

// Writes tells what a draft leaves in an issue.
func (*Tracker) Writes(d ticket.Draft) ticket.Written {
	return ticket.Written{Fence: ticket.FenceDigest(fenced(d, bodyLimit)), Labels: d.Labels}
}

func issueRequest(d ticket.Draft) *gh.IssueRequest {
	r := &gh.IssueRequest{Title: new(title(d.Title)), Body: new(issueBody(d))}
	if labels := labelNames(d.Labels); len(labels) > 0 {
		r.Labels = &labels
	}
	if d.Assignee != "" {
		r.Assignees = &[]string{d.Assignee}
	}
	return r
}

// plan puts the milestone into a request. One that there is none of is a decoration that the issue
// does without: it is given back with the reason.
func (t *Tracker) plan(ctx context.Context, p place, r *gh.IssueRequest, name string) (dropped []string, err error) {
	if name == "" {
		return nil, nil
	}
	number, why, err := t.milestone(ctx, p, name)
	switch {
	case err != nil:
		return nil, err
	case why != "":
		return []string{"milestone: " + why}, nil
	}
	r.Milestone = &number
	return nil, nil
}

func (t *Tracker) post(ctx context.Context, p place, r *gh.IssueRequest) (i *gh.Issue, x *outbound.Exchange, err error) {
	x, err = t.call(ctx, "create", scope{place: p}, func(ctx context.Context, c *gh.Client) (err error) {
		i, _, err = c.Issues.Create(ctx, p.owner, p.repo, r)
		return err
	})
	return i, x, err
}

// strip takes the decorations that were refused out of a request and gives each with its reason. It
// gives none, and changes nothing, when anything else was refused too.
func strip(r *gh.IssueRequest, err error) []string {
	e, ok := errors.AsType[*ticket.Error](err)
	if !ok {
		return nil
	}
	refused := e.Fields
	if labelsRefused(e) {
		refused = map[string]string{"labels": e.Message}
	} else if e.Status != http.StatusUnprocessableEntity {
		return nil
	}
	stripped := *r
	var dropped []string
	for name, why := range refused {
		switch {
		case name == "labels" && r.Labels != nil:
			stripped.Labels = nil
		case name == "assignees" && r.Assignees != nil:
			stripped.Assignees = nil
		case name == "milestone" && r.Milestone != nil:
			stripped.Milestone = nil
		default:
			return nil
		}
		dropped = append(dropped, name+": "+why)
	}
	*r = stripped
	slices.Sort(dropped)
	return dropped
}

// labelsRefused recognises the refusal to make a label that does not exist yet, which names no field.
func labelsRefused(e *ticket.Error) bool {
	return (e.Status == http.StatusForbidden || e.Status == http.StatusUnprocessableEntity) &&
		len(e.Fields) == 0 && strings.Contains(strings.ToLower(e.Message), "permission to create labels")
}

// missing names what was asked for and is not in the answer.
func missing(r *gh.IssueRequest, i *gh.Issue) []string {
	var dropped []string
	if r.Labels != nil {
		if lost := without(*r.Labels, namesOf(i)); len(lost) > 0 {
			dropped = append(dropped, "labels: GitHub left out "+strings.Join(lost, ", "))
		}
	}
	if r.Assignees != nil {
		var logins []string
		for _, u := range i.Assignees {
			logins = append(logins, u.GetLogin())
		}
		if lost := without(*r.Assignees, logins); len(lost) > 0 {
			dropped = append(dropped, "assignees: GitHub left out "+strings.Join(lost, ", "))
		}
	}
	if r.Milestone != nil && i.GetMilestone().GetNumber() != *r.Milestone {
		dropped = append(dropped, "milestone: GitHub left out "+strconv.Itoa(*r.Milestone))
	}
	return dropped
}
