package github

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// Comments gives the comments of ours that carry a marker, oldest first, from all pages.
func (t *Tracker) Comments(ctx context.Context, r ticket.Ref) ([]ticket.Posted, error) {
	const op = "comments"
	s, err := spotOf(op, r)
	if err != nil {
		return nil, err
	}
	if err := t.know(ctx); err != nil {
		return nil, err
	}
	var posted []ticket.Posted
	for page := 1; page <= maxPages; page++ {
		var list []*gh.IssueComment
		var resp *gh.Response
		x, err := t.at(ctx, op, &s, func(ctx context.Context, c *gh.Client, s spot) (err error) {
			list, resp, err = c.Issues.ListComments(ctx, s.owner, s.repo, s.number,
				&gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{Page: page, PerPage: perPage}})
			return err
		})
		if err != nil {
			return nil, err
		}
		if !isList(x) {
			return nil, unusable(op, x, errors.New("the answer is no list of comments"))
		}
		for _, c := range list {
			if c.GetID() <= 0 { // it may be the one that is looked for
				return nil, unusable(op, x, errors.New("the answer lists a comment without its number"))
			}
			if m := markerOf(c.GetBody()); commentMarker.MatchString(m) && t.ours(c.GetUser()) {
				posted = append(posted, ticket.Posted{ID: strconv.FormatInt(c.GetID(), 10), Marker: m})
			}
		}
		if resp.NextPage == 0 && len(list) < perPage {
			return posted, nil
		}
	}
	return nil, &ticket.Error{Decision: ticket.Retry, Op: op, Err: errors.New("the list of comments does not end")}
}

// AddComment posts a comment that carries its marker and gives its id.
func (t *Tracker) AddComment(ctx context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
	const op = "comment"
	s, err := spotOf(op, r)
	if err != nil {
		return "", err
	}
	if !commentMarker.MatchString(c.Marker) {
		return "", invalid(op, errors.New("a comment without a marker could not be found again"))
	}
	body := commentBody(c)
	var made *gh.IssueComment
	x, err := t.at(ctx, op, &s, func(ctx context.Context, g *gh.Client, s spot) (err error) {
		made, _, err = g.Issues.CreateComment(ctx, s.owner, s.repo, s.number, &gh.IssueComment{Body: &body})
		return err
	})
	switch {
	case err != nil:
		return "", err
	case made.GetID() <= 0 || markerOf(made.GetBody()) != c.Marker:
		return "", unusable(op, x, errors.New("the answer holds another comment or none"))
	}
	return strconv.FormatInt(made.GetID(), 10), nil
}

// DeleteComment removes a comment. One that is not there, on an issue that can be read, is success.
func (t *Tracker) DeleteComment(ctx context.Context, r ticket.Ref, id string) error {
	const op = "delete comment"
	s, err := spotOf(op, r)
	if err != nil {
		return err
	}
	number, err := parseNumber(id)
	if err != nil {
		return invalid(op, err)
	}
	x, err := t.at(ctx, op, &s, func(ctx context.Context, c *gh.Client, s spot) error {
		_, err := c.Issues.DeleteComment(ctx, s.owner, s.repo, number)
		return err
	})
	switch {
	case x.Status == http.StatusNotFound:
		return nil
	case err == nil && x.Status != http.StatusNoContent:
		return unusable(op, x, errors.New("the answer does not say that the comment was removed"))
	}
	return err
}
