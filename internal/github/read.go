package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// Read gives an issue, wherever it was transferred to within sight: Issue.Ref says where it is now.
// ticket.Gone means that GitHub says it was deleted, ticket.Missing that it is not to be seen; both
// only after the credential and the repository were seen to be good. A 404 alone says nothing:
// GitHub gives it for a lost permission too.
func (t *Tracker) Read(ctx context.Context, r ticket.Ref) (ticket.Issue, error) {
	s, err := spotOf("read", r)
	if err != nil {
		return ticket.Issue{}, err
	}
	if err := t.know(ctx); err != nil {
		return ticket.Issue{}, err
	}
	s, i, err := t.look(ctx, s)
	if err != nil {
		return ticket.Issue{}, err
	}
	return t.issue(s, i), nil
}

// issue puts GitHub's issue into our words.
func (t *Tracker) issue(s spot, i *gh.Issue) ticket.Issue {
	return ticket.Issue{
		Ref: t.ref(s), Marker: markerOf(i.GetBody()), Open: i.GetState() == "open",
		Status: i.GetState(), Reason: i.GetStateReason(),
		Ours: !i.IsPullRequest() && t.ours(i.GetUser()), Created: i.GetCreatedAt().Time,
	}
}

// look reads an issue and finds out what it means when it is not there.
func (t *Tracker) look(ctx context.Context, s spot) (spot, *gh.Issue, error) {
	var i *gh.Issue
	x, err := t.call(ctx, "read", scope{place: s.place}, func(ctx context.Context, c *gh.Client) (err error) {
		i, _, err = c.Issues.Get(ctx, s.owner, s.repo, s.number)
		return err
	})
	switch {
	case err == nil && i.GetNumber() != s.number:
		return spot{}, nil, unusable("read", x, errors.New("the answer holds another issue or none"))
	case err == nil:
		return s, i, nil
	case x.Status/100 == 3:
		return t.follow(ctx, s, x, err)
	}
	return spot{}, nil, t.absent(ctx, s.place, x, err)
}

// follow reads a transferred issue, or one of a renamed repository, where GitHub says it is. Only an
// address of the very API that was asked is followed, rebuilt from its two numbers.
func (t *Tracker) follow(ctx context.Context, s spot, x *outbound.Exchange, cause error) (spot, *gh.Issue, error) {
	repository, number, ok := t.moved(x.Header.Get("Location"))
	if !ok {
		return spot{}, nil, cause
	}
	var i *gh.Issue
	x, err := t.call(ctx, "read", scope{place: s.place, id: repository}, func(ctx context.Context, c *gh.Client) error {
		req, err := c.NewRequest(http.MethodGet, fmt.Sprintf("repositories/%d/issues/%d", repository, number), nil)
		if err != nil {
			return err
		}
		i = new(gh.Issue)
		_, err = c.Do(ctx, req, i)
		return err
	})
	if err != nil {
		return spot{}, nil, t.beyond(ctx, s.place, x, err)
	}
	p, err := placeOf(i)
	if err == nil && i.GetNumber() != number {
		err = errors.New("the answer holds another issue or none")
	}
	if err != nil {
		return spot{}, nil, unusable("read", x, err)
	}
	return spot{p, number}, i, nil
}

// beyond decides about an issue that went where it cannot be read. A refusal there says nothing
// about the repository that it left, which must not be paused for it.
func (t *Tracker) beyond(ctx context.Context, p place, x *outbound.Exchange, cause error) error {
	e, ok := errors.AsType[*ticket.Error](cause)
	if !ok || e.Decision != ticket.HoldDestination {
		return t.absent(ctx, p, x, cause)
	}
	if err := t.gates(ctx, p); err != nil {
		return err
	}
	e.Decision, e.Hint = ticket.Missing, "the issue was transferred to a repository that the credential may not read"
	return e
}

// absent decides what a 404 or a 410 of an issue means, by asking for the credential and the
// repository. Other errors stay what they are.
func (t *Tracker) absent(ctx context.Context, p place, x *outbound.Exchange, cause error) error {
	if x.Status != http.StatusNotFound && x.Status != http.StatusGone {
		return cause
	}
	e, ok := errors.AsType[*ticket.Error](cause)
	if !ok {
		return cause
	}
	if err := t.gates(ctx, p); err != nil {
		return err
	}
	e.Decision, e.Hint = ticket.Missing, "the issue was transferred out of sight or deleted"
	if x.Status == http.StatusGone {
		e.Decision, e.Hint = ticket.Gone, "the issue was deleted"
	}
	return e
}

// gates sees to it that the credential is good and that the repository can be read and has issues.
func (t *Tracker) gates(ctx context.Context, p place) error {
	if _, err := t.Identity(ctx); err != nil {
		return err
	}
	r, x, err := t.repository(ctx, p)
	switch {
	case err != nil:
		return t.renamed(ctx, p, x, err)
	case r.HasIssues != nil && !*r.HasIssues:
		return &ticket.Error{Decision: ticket.HoldDestination, Op: "repository", Status: x.Status,
			Message: "issues are disabled in " + p.String(), Hint: "enable them in the repository's settings"}
	}
	return nil
}

// repository reads a repository.
func (t *Tracker) repository(ctx context.Context, p place) (r *gh.Repository, x *outbound.Exchange, err error) {
	x, err = t.call(ctx, "repository", scope{place: p}, func(ctx context.Context, c *gh.Client) (err error) {
		r, _, err = c.Repositories.Get(ctx, p.owner, p.repo)
		return err
	})
	if err == nil && r.GetFullName() == "" {
		err = unusable("repository", x, errors.New("the answer holds no repository"))
	}
	return r, x, err
}

// renamed adds a repository's present name to the error of an answer that leads elsewhere. ticketd
// does not go there by itself: the rule says where tickets belong.
func (t *Tracker) renamed(ctx context.Context, p place, x *outbound.Exchange, cause error) error {
	e, ok := errors.AsType[*ticket.Error](cause)
	if now, known := t.presentName(ctx, p, x); ok && known {
		e.Hint = fmt.Sprintf("%s is called %s now; use that name in the rule", p, now)
	}
	return cause
}

// presentName asks how a repository is called now, where an answer leads elsewhere.
func (t *Tracker) presentName(ctx context.Context, p place, x *outbound.Exchange) (now place, known bool) {
	m := renameForm.FindStringSubmatch(t.local(x.Header.Get("Location")))
	if x.Status/100 != 3 || m == nil {
		return place{}, false
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return place{}, false
	}
	var r *gh.Repository
	_, err = t.call(ctx, "repository", scope{place: p, id: id}, func(ctx context.Context, c *gh.Client) (err error) {
		r, _, err = c.Repositories.GetByID(ctx, id)
		return err
	})
	now, bad := parsePlace(r.GetFullName())
	return now, err == nil && bad == nil
}
