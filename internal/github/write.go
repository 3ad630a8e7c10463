package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// bodyMax is GitHub's limit of a body in UTF-16 units, less a little; fenceLeast is what an update
// of our part needs to be worth its while beside what people added.
const (
	bodyMax    = 65_000
	fenceLeast = 1_000
)

// at performs a call on an issue, wherever it is by now: an answer that it is elsewhere or not here
// is followed by a look, and by the call at the place found, once. No such answer has an effect. s
// is changed to the place found.
//
// When the issue itself cannot be read, that is the error, and the exchange is empty; a status of 404
// with the exchange thus speaks of the sub-resource.
func (t *Tracker) at(ctx context.Context, op string, s *spot, do func(context.Context, *gh.Client, spot) error) (*outbound.Exchange, error) {
	try := func() (*outbound.Exchange, error) {
		return t.call(ctx, op, scope{place: s.place}, func(ctx context.Context, c *gh.Client) error { return do(ctx, c, *s) })
	}
	x, err := try()
	if err == nil || x.Status/100 != 3 && x.Status != http.StatusNotFound && x.Status != http.StatusGone {
		return x, err
	}
	now, _, lost := t.look(ctx, *s)
	switch {
	case lost != nil:
		return new(outbound.Exchange), lost
	case now == *s:
		return x, err
	}
	*s = now
	return try()
}

// mine reads an issue that is going to be written to. Where a repository's name was given to another
// one, the number leads to a stranger's issue, which must not be touched.
func (t *Tracker) mine(ctx context.Context, op string, r ticket.Ref) (spot, *gh.Issue, error) {
	s, err := spotOf(op, r)
	if err != nil {
		return spot{}, nil, err
	}
	if err := t.know(ctx); err != nil {
		return spot{}, nil, err
	}
	s, i, err := t.look(ctx, s)
	if err != nil {
		return spot{}, nil, err
	}
	if i.IsPullRequest() || !t.ours(i.GetUser()) && markerOf(i.GetBody()) == "" {
		return spot{}, nil, &ticket.Error{Decision: ticket.HoldTicket, Op: op,
			Message: fmt.Sprintf("%s is by %s and carries no marker", t.ref(s).Key, outbound.Printable(i.GetUser().GetLogin(), 40)),
			Hint:    "if that is an earlier account of ticketd, list it in also_ours; else the repository's name leads to another repository now"}
	}
	return s, i, nil
}

// edit changes an issue.
func (t *Tracker) edit(ctx context.Context, op string, s *spot, r *gh.IssueRequest) (i *gh.Issue, err error) {
	x, err := t.at(ctx, op, s, func(ctx context.Context, c *gh.Client, s spot) (err error) {
		i, _, err = c.Issues.Edit(ctx, s.owner, s.repo, s.number, r)
		return err
	})
	if err == nil && i.GetNumber() != s.number {
		return nil, unusable(op, x, errors.New("the answer holds another issue or none"))
	}
	return i, err
}

// SetState closes or reopens an issue and verifies it. It does nothing to one that is there already,
// whatever the reason given then, but add the labels. Labels that GitHub refuses are in
// Issue.Dropped.
func (t *Tracker) SetState(ctx context.Context, r ticket.Ref, want ticket.Change) (ticket.Issue, error) {
	const op = "set state"
	s, i, err := t.mine(ctx, op, r)
	if err != nil {
		return ticket.Issue{}, err
	}
	state := stateRequest(want)
	if i.GetState() != state.GetState() {
		if i, err = t.edit(ctx, op, &s, state); err != nil {
			return ticket.Issue{}, err
		}
		if i.GetState() != state.GetState() {
			return ticket.Issue{}, &ticket.Error{Decision: ticket.Doubt, Op: op,
				Message: "GitHub took the change, but the issue is " + outbound.Printable(i.GetState(), 20)}
		}
	}
	dropped, err := t.addLabels(ctx, &s, without(labelNames(want.AddLabels), namesOf(i)))
	if err != nil {
		return ticket.Issue{}, err
	}
	done := t.issue(s, i)
	done.Dropped = dropped
	return done, nil
}

func stateRequest(want ticket.Change) *gh.IssueRequest {
	if want.Open {
		return &gh.IssueRequest{State: new("open")}
	}
	reason := want.StateReason
	if reason == "" {
		reason = "completed"
	}
	return &gh.IssueRequest{State: new("closed"), StateReason: &reason}
}

// Update rewrites our part of the description and the labels, as far as they stand as written. What a
// person changed stays and is in Issue.Kept; Issue.Written is what counts as written from now on.
func (t *Tracker) Update(ctx context.Context, r ticket.Ref, d ticket.Draft, was ticket.Written) (ticket.Issue, error) {
	const op = "update"
	s, i, err := t.mine(ctx, op, r)
	if err != nil {
		return ticket.Issue{}, err
	}
	body, fence, kept := refence(i.GetBody(), d, was)
	labels, asked, had := namesOf(i), labelNames(d.Labels), labelNames(was.Labels)
	if body != i.GetBody() {
		if i, err = t.edit(ctx, op, &s, &gh.IssueRequest{Body: &body}); err != nil {
			return ticket.Issue{}, err
		}
	}
	dropped, err := t.addLabels(ctx, &s, without(without(asked, had), labels))
	if err != nil {
		return ticket.Issue{}, err
	}
	for _, name := range without(labelNames(was.EveryLabel()), asked) {
		if contains(labels, name) {
			if err := t.removeLabel(ctx, &s, name); err != nil {
				return ticket.Issue{}, err
			}
		}
	}
	done := t.issue(s, i)
	done.Written = ticket.Written{Fence: fence, Labels: d.Labels}
	done.Dropped = dropped
	if kept {
		done.Kept = append(done.Kept, "description")
	}
	if staying := without(asked, without(asked, had)); len(without(staying, labels)) > 0 {
		done.Kept = append(done.Kept, "labels") // a person took one off
	}
	return done, nil
}

// refence gives the body with our part as the draft has it, and the digest that counts as written.
// kept says that a person changed our part, which then stays as it is.
func refence(body string, d ticket.Draft, was ticket.Written) (next, fence string, kept bool) {
	before, inside, after, ok := splitFence(body)
	room := min(bodyLimit, bodyMax-ticket.Units(before)-ticket.Units(after)-fenceLeast)
	if !ok || room < fenceLeast {
		return body, was.Fence, true
	}
	text := fenced(d, room)
	is, want := ticket.FenceDigest(inside), ticket.FenceDigest(text)
	switch {
	case is == want:
		return body, want, false
	case slices.Contains(was.Fences(), is):
		return before + fenceBegin + text + fenceEnd + after, want, false
	}
	return body, was.Fence, true
}
