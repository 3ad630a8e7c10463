package jiratest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) commentList(c *call) reply {
	i, _, found := s.seen(c)
	if !found {
		return noIssue(c)
	}
	query := c.r.URL.Query()
	start, _ := strconv.Atoi(query.Get("startAt"))
	size, err := strconv.Atoi(query.Get("maxResults"))
	if err != nil || size <= 0 || size > s.o.PageSize {
		size = s.o.PageSize
	}
	comments := []any{}
	for n := max(start, 0); n < min(start+size, len(i.Comments)); n++ {
		comments = append(comments, s.commentBody(c, i, i.Comments[n], strings.Contains(query.Get("expand"), "properties")))
	}
	return ok(map[string]any{"startAt": start, "maxResults": size, "total": len(i.Comments), "comments": comments})
}

func (s *Server) commentBody(c *call, i *issue, com Comment, properties bool) map[string]any {
	body := map[string]any{
		"self": c.link("issue/" + i.ID + "/comment/" + com.ID), "id": com.ID, "author": s.user(c, com.Author), "updateAuthor": s.user(c, com.Author),
		"body": s.textBody(c, com.Raw), "created": com.Created.Format(timeLayout), "updated": com.Created.Format(timeLayout),
	}
	if properties {
		list := []any{}
		for key, value := range com.Properties {
			list = append(list, map[string]any{"key": key, "value": value})
		}
		body["properties"] = list
	}
	return body
}

func (s *Server) addComment(c *call) reply {
	i, _, refusal := s.writable(c)
	if refusal != nil {
		return *refusal
	}
	var in struct {
		Body       json.RawMessage `json:"body"`
		Properties []struct {
			Key   string          `json:"key"`
			Value json.RawMessage `json:"value"`
		} `json:"properties"`
	}
	if refusal := c.parse(&in); refusal != nil {
		return *refusal
	}
	raw, problem := s.text(c, in.Body)
	if problem != "" {
		return fieldFailure(map[string]string{"comment": problem})
	}
	s.lastID++
	com := Comment{ID: itoa(s.lastID), Author: s.o.Account, Raw: raw, Properties: map[string]json.RawMessage{}, Created: s.o.Now()}
	for _, p := range in.Properties {
		com.Properties[p.Key] = p.Value
	}
	i.Comments = append(i.Comments, com)
	i.Updated = com.Created
	s.effect("comment", i.Key, "%s", readable(raw))
	return reply{status: http.StatusCreated, body: s.commentBody(c, i, com, false)}
}

func (s *Server) deleteComment(c *call) reply {
	i, _, refusal := s.writable(c)
	if refusal != nil {
		return *refusal
	}
	id := c.r.PathValue("comment")
	n := slices.IndexFunc(i.Comments, func(com Comment) bool { return com.ID == id })
	if n < 0 {
		return failure(http.StatusNotFound, "Can not find a comment for the id: "+id+".")
	}
	i.Comments = slices.Delete(slices.Clone(i.Comments), n, n+1)
	s.effect("delete-comment", i.Key, "%s", id)
	return reply{status: http.StatusNoContent}
}
