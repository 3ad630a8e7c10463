package githubtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Limits as GitHub has them (facts: github.md section 5).
const (
	titleLimit = 256
	bodyLimit  = 65_536
	labelLimit = 50
)

func (s *Server) getRepository(c call) answer {
	return reply(http.StatusOK, s.repositoryJSON(c, c.repo))
}

func (s *Server) getRateLimit(call) answer {
	rate := map[string]any{"limit": 5000, "remaining": 4999, "used": 1, "reset": s.now().Unix() + 3600}
	return reply(http.StatusOK, map[string]any{"rate": rate, "resources": map[string]any{"core": rate, "search": rate}})
}

func (s *Server) getIssue(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	return reply(http.StatusOK, s.issueJSON(c, i))
}

// listIssues lists what became visible by now, pull requests too, and pages with a Link header.
func (s *Server) listIssues(c call) answer {
	if c.repo.noIssues {
		return message(http.StatusGone, "Issues are disabled for this repo")
	}
	q := c.URL.Query()
	var list []*issue
	for _, i := range c.repo.sorted() {
		state := q.Get("state") // none means open
		if (state == "all" || state == i.state || state == "" && i.state == "open") && !i.created.Add(s.o.ListLag).After(s.now()) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b *issue) int { return a.created.Compare(b.created) })
	if q.Get("direction") != "asc" {
		slices.Reverse(list)
	}
	some, link := paged(c, list)
	entries := []any{}
	for _, i := range some {
		entries = append(entries, s.issueJSON(c, i))
	}
	return withLink(reply(http.StatusOK, entries), link)
}

// paged cuts a page out of a list, as page and per_page say, and gives the link to the next.
func paged[T any](c call, list []T) (some []T, next string) {
	q := c.URL.Query()
	size := number(q, "per_page", 30, 100)
	page := number(q, "page", 1, 1<<30)
	from := min((page-1)*size, len(list))
	to := min(from+size, len(list))
	if to < len(list) {
		q.Set("page", strconv.Itoa(page+1))
		next = fmt.Sprintf(`<%s%s?%s>; rel="next"`, c.base, c.URL.Path, q.Encode())
	}
	return list[from:to], next
}

func number(q url.Values, name string, otherwise, most int) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, most)
}

func withLink(a answer, link string) answer {
	if link != "" {
		a.header.Set("Link", link)
	}
	return a
}

type issueRequest struct {
	Title       *string   `json:"title"`
	Body        *string   `json:"body"`
	State       *string   `json:"state"`
	StateReason *string   `json:"state_reason"`
	Labels      *[]string `json:"labels"`
	Assignees   *[]string `json:"assignees"`
	Milestone   *int      `json:"milestone"`
}

func (s *Server) createIssue(c call) answer {
	var want issueRequest
	if a := c.decode(&want); a != nil {
		return *a
	}
	if c.repo.noIssues {
		return message(http.StatusGone, "Issues has been disabled in this repository.")
	}
	if want.Title == nil || *want.Title == "" {
		return invalid("Issue", "title", "missing_field", nil)
	}
	if a := s.check(c.repo, want); a != nil {
		return *a
	}
	i := s.addIssue(c.repo, c.login, *want.Title, value(want.Body))
	s.effect(i, "create", "%s", i.title)
	s.decorate(i, want)
	return reply(http.StatusCreated, s.issueJSON(c, i))
}

func (s *Server) editIssue(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	var want issueRequest
	if a := c.decode(&want); a != nil {
		return *a
	}
	if a := s.check(c.repo, want); a != nil {
		return *a
	}
	if want.Title != nil || want.Body != nil {
		s.effect(i, "edit", "%d characters", length(value(want.Body)))
	}
	if want.Title != nil {
		i.title = *want.Title
	}
	if want.Body != nil {
		i.body = *want.Body
	}
	if want.State != nil && *want.State != i.state {
		i.setState(*want.State, value(want.StateReason), c.login, s.now())
		s.effect(i, map[string]string{"open": "reopen", "closed": "close"}[i.state], "%s", i.reason)
	}
	if want.Labels != nil && !c.repo.readOnly {
		i.labels = nil
	}
	s.decorate(i, want)
	i.updated = s.now()
	return reply(http.StatusOK, s.issueJSON(c, i))
}

// check refuses what GitHub would.
func (s *Server) check(r *repository, want issueRequest) *answer {
	refuse := func(a answer) *answer { return &a }
	switch {
	case length(value(want.Title)) > titleLimit:
		return refuse(invalid("Issue", "title", "custom", map[string]any{"message": "title is too long (maximum is 256 characters)"}))
	case length(value(want.Body)) > bodyLimit:
		return refuse(invalid("Issue", "body", "custom", map[string]any{"message": "body is too long (maximum is 65536 characters)"}))
	case want.State != nil && *want.State != "open" && *want.State != "closed":
		return refuse(invalid("Issue", "state", "invalid", nil))
	}
	if r.readOnly {
		return nil // decorations are not even looked at
	}
	if want.Labels != nil {
		if a := checkLabels(r, *want.Labels); a != nil {
			return a
		}
	}
	if want.Milestone != nil && r.milestone(*want.Milestone) == nil {
		return refuse(invalid("Issue", "milestone", "invalid", map[string]any{"value": strconv.Itoa(*want.Milestone)}))
	}
	if want.Assignees != nil {
		for _, login := range *want.Assignees {
			if !r.people[strings.ToLower(login)] {
				return refuse(invalid("Issue", "assignees", "invalid", map[string]any{"value": login}))
			}
		}
	}
	return nil
}

func checkLabels(r *repository, names []string) *answer {
	for _, name := range names {
		if name == "" || length(name) > labelLimit {
			a := invalid("Label", "name", "invalid", map[string]any{"value": name})
			return &a
		}
		if r.noLabels && r.labels[strings.ToLower(name)].id == 0 {
			a := message(http.StatusForbidden, "You do not have permission to create labels on this repository.")
			return &a
		}
	}
	return nil
}

// decorate sets labels, assignees and milestone, or silently does not.
func (s *Server) decorate(i *issue, want issueRequest) {
	if i.repo.readOnly {
		return
	}
	if want.Labels != nil {
		for _, name := range *want.Labels {
			s.label(i, name)
		}
	}
	if want.Assignees != nil {
		i.assignees = slices.Clone(*want.Assignees)
	}
	if want.Milestone != nil {
		i.milestone = i.repo.milestone(*want.Milestone)
	}
}

// addLabels takes {"labels": […]} and the bare list that go-github sends.
func (s *Server) addLabels(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	var names []string
	var wrapped struct{ Labels []string }
	if c.decode(&names) != nil {
		if a := c.decode(&wrapped); a != nil {
			return *a
		}
		names = wrapped.Labels
	}
	if a := checkLabels(c.repo, names); a != nil {
		return *a
	}
	for _, name := range names {
		if !i.has(name) {
			s.label(i, name)
			s.effect(i, "label", "%s", name)
		}
	}
	return reply(http.StatusOK, s.labelsJSON(c, i))
}

func (s *Server) removeLabel(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	name := c.PathValue("name")
	if !i.has(name) {
		return message(http.StatusNotFound, "Label does not exist")
	}
	i.labels = slices.DeleteFunc(i.labels, func(l string) bool { return strings.EqualFold(l, name) })
	s.effect(i, "unlabel", "%s", name)
	return reply(http.StatusOK, s.labelsJSON(c, i))
}

func (s *Server) listComments(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	some, link := paged(c, i.comments)
	entries := []any{}
	for _, m := range some {
		entries = append(entries, s.commentJSON(c, i, m))
	}
	return withLink(reply(http.StatusOK, entries), link)
}

func (s *Server) createComment(c call) answer {
	i, refused := c.issue()
	if refused != nil {
		return *refused
	}
	var want struct{ Body string }
	if a := c.decode(&want); a != nil {
		return *a
	}
	switch {
	case i.locked:
		return message(http.StatusForbidden, "Unable to create comment because issue is locked.")
	case want.Body == "" || length(want.Body) > bodyLimit:
		return invalid("IssueComment", "body", "custom", map[string]any{"message": "body is too long (maximum is 65536 characters)"})
	}
	m := &comment{s.id(), c.login, want.Body, s.now()}
	i.comments = append(i.comments, m)
	s.effect(i, "comment", "%d", m.id)
	return reply(http.StatusCreated, s.commentJSON(c, i, m))
}

func (s *Server) deleteComment(c call) answer {
	for _, i := range c.repo.issues {
		for n, m := range i.comments {
			if strconv.FormatInt(m.id, 10) == c.PathValue("comment") {
				i.comments = slices.Delete(i.comments, n, n+1)
				s.effect(i, "delete-comment", "%d", m.id)
				return answer{status: http.StatusNoContent, header: http.Header{}}
			}
		}
	}
	return notFound()
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }
