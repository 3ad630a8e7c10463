package jiratest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// searchJQL is Cloud's search: pages by token, no total.
func (s *Server) searchJQL(c *call) reply {
	if s.o.DataCenter {
		return failure(http.StatusNotFound, "null for uri: "+c.r.URL.Path)
	}
	var in struct {
		JQL           string   `json:"jql"`
		MaxResults    int      `json:"maxResults"`
		NextPageToken string   `json:"nextPageToken"`
		Fields        []string `json:"fields"`
		Properties    []string `json:"properties"`
	}
	return s.search(c, &in, func() (query, string) {
		start, err := strconv.Atoi(in.NextPageToken)
		if in.NextPageToken != "" && err != nil {
			return query{}, "The nextPageToken is invalid."
		}
		if len(in.Fields) == 0 {
			in.Fields = []string{"id"}
		}
		return query{in.JQL, in.MaxResults, start, in.Fields, in.Properties}, ""
	})
}

// searchOld is the search that Data Center has and Cloud had.
func (s *Server) searchOld(c *call) reply {
	if !s.o.DataCenter {
		return failure(http.StatusGone, removedWords)
	}
	var in struct {
		JQL        string   `json:"jql"`
		StartAt    int      `json:"startAt"`
		MaxResults int      `json:"maxResults"`
		Fields     []string `json:"fields"`
	}
	return s.search(c, &in, func() (query, string) {
		return query{in.JQL, in.MaxResults, in.StartAt, in.Fields, nil}, ""
	})
}

type query struct {
	jql        string
	size       int
	start      int
	fields     []string
	properties []string
}

func (s *Server) search(c *call, in any, asked func() (query, string)) reply {
	if s.o.SearchGone {
		return failure(http.StatusGone, removedWords)
	}
	if refusal := c.parse(in); refusal != nil {
		return *refusal
	}
	q, problem := asked()
	if problem != "" {
		return failure(http.StatusBadRequest, problem)
	}
	want, err := s.compile(q.jql)
	if err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	var hits []any
	ids := slices.Sorted(maps.Keys(s.issues))
	if strings.HasSuffix(q.jql, " DESC") {
		slices.Reverse(ids)
	}
	for _, id := range ids {
		i := s.issues[id]
		p, visible := s.visible(i.Project)
		hidden := p != nil && p.Archived && !s.o.DataCenter // Cloud leaves archived projects out
		if visible && !hidden && !s.o.Now().Before(i.Created.Add(s.o.SearchLag)) && want(i) {
			hits = append(hits, s.issueBody(c, i, p, q.fields, q.properties))
		}
	}
	if q.size <= 0 || q.size > s.o.PageSize {
		q.size = s.o.PageSize
	}
	return s.page(hits, q.start, q.size)
}

func (s *Server) page(hits []any, start, size int) reply {
	end := min(start+size, len(hits))
	some := append([]any{}, hits[min(max(start, 0), end):end]...)
	if s.o.DataCenter {
		return ok(map[string]any{"startAt": start, "maxResults": size, "total": len(hits), "issues": some})
	}
	body := map[string]any{"issues": some, "isLast": end == len(hits)}
	if end < len(hits) {
		body["nextPageToken"] = strconv.Itoa(end)
	}
	return ok(body)
}
