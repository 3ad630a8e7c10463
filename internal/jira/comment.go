package jira

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ticketd/internal/ticket"
)

type comment struct {
	ID         string `json:"id"`
	Author     user   `json:"author"`
	Properties []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}

func (c comment) marker() string {
	for _, p := range c.Properties {
		var value struct {
			Marker string `json:"marker"`
		}
		if p.Key == propertyComment && json.Unmarshal(p.Value, &value) == nil && reComment.MatchString(value.Marker) {
			return value.Marker
		}
	}
	return ""
}

// Comments gives our comments on an issue that carry an operation marker, oldest first. They are
// read by id, not through the index, and are therefore up to date.
func (t *Tracker) Comments(ctx context.Context, ref ticket.Ref) ([]ticket.Posted, error) {
	if err := checkRef("comments", ref); err != nil {
		return nil, err
	}
	path, _, err := t.api(ctx, "issue", ref.ID, "comment")
	if err != nil {
		return nil, err
	}
	ours, err := t.ours(ctx)
	if err != nil {
		return nil, err
	}
	all, err := t.commentPages(ctx, path)
	if err != nil {
		return nil, t.missing(ctx, ref, err)
	}
	var posted []ticket.Posted
	for _, c := range all {
		if m := c.marker(); m != "" && ours(c.Author) {
			posted = append(posted, ticket.Posted{ID: c.ID, Marker: m})
		}
	}
	return posted, nil
}

func (t *Tracker) commentPages(ctx context.Context, path string) ([]comment, error) {
	var all []comment
	for range maxPages {
		var page struct {
			Comments *[]comment `json:"comments"`
			Total    *int       `json:"total"`
		}
		query := url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(pageSize)}, "orderBy": {"created"}, "expand": {"properties"}}
		if err := t.do(ctx, request{op: "comments", method: http.MethodGet, path: path, query: query}, &page); err != nil {
			return nil, err
		}
		if page.Comments == nil || page.Total == nil {
			return nil, &ticket.Error{Decision: ticket.Retry, Op: "comments", Status: http.StatusOK, Err: errNotJSON}
		}
		nameless := func(c comment) bool { return !reID.MatchString(c.ID) } // it may be the one that is looked for
		if slices.ContainsFunc(*page.Comments, nameless) {
			return nil, &ticket.Error{Decision: ticket.Retry, Op: "comments", Status: http.StatusOK, Err: errNoComment}
		}
		all = append(all, *page.Comments...)
		if len(all) >= *page.Total {
			return all, nil
		}
		if len(*page.Comments) == 0 {
			break
		}
	}
	return nil, &ticket.Error{Decision: ticket.Retry, Op: "comments", Status: http.StatusOK, Err: errPages}
}

// AddComment posts a comment with its operation marker as an entity property, which no text can
// forge, and gives the id of the comment.
func (t *Tracker) AddComment(ctx context.Context, ref ticket.Ref, c ticket.Comment) (string, error) {
	const op = "comment"
	if err := checkRef(op, ref); err != nil {
		return "", err
	}
	if !reComment.MatchString(c.Marker) {
		return "", malformed(op, "comment marker")
	}
	path, cloud, err := t.api(ctx, "issue", ref.ID, "comment")
	if err != nil {
		return "", err
	}
	body := map[string]any{
		"body":       renderText(cloud, c.Body),
		"properties": []map[string]any{{"key": propertyComment, "value": map[string]string{"marker": c.Marker}}},
	}
	var created comment
	if err := t.do(ctx, request{op: op, method: http.MethodPost, path: path, body: body}, &created); err != nil {
		return "", t.missing(ctx, ref, err)
	}
	if !reID.MatchString(created.ID) {
		return "", &ticket.Error{Decision: ticket.Doubt, Op: op, Status: http.StatusCreated, Err: errNoComment}
	}
	return created.ID, nil
}

// DeleteComment deletes a comment. One that is not there on an issue that can be read is deleted.
func (t *Tracker) DeleteComment(ctx context.Context, ref ticket.Ref, id string) error {
	const op = "delete comment"
	if err := checkRef(op, ref); err != nil {
		return err
	}
	if !reID.MatchString(id) {
		return malformed(op, "comment id")
	}
	path, _, err := t.api(ctx, "issue", ref.ID, "comment", id)
	if err != nil {
		return err
	}
	err = t.do(ctx, request{op: op, method: http.MethodDelete, path: path}, nil)
	if _, gone := refused(err, http.StatusNotFound); gone {
		_, err = t.get(ctx, op, ref)
	}
	return err
}
