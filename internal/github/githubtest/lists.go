package githubtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) listLabels(c call) answer {
	all := slices.SortedFunc(maps.Values(c.repo.labels), func(a, b label) int { return strings.Compare(a.name, b.name) })
	some, link := paged(c, all)
	entries := []any{}
	for _, l := range some {
		entries = append(entries, labelJSON(c, c.repo, l.id, l.name))
	}
	return withLink(reply(http.StatusOK, entries), link)
}

// listMilestones lists the open ones unless it is asked for others.
func (s *Server) listMilestones(c call) answer {
	state := c.URL.Query().Get("state")
	var wanted []*milestone
	for _, m := range c.repo.milestones {
		if state == "all" || m.closed == (state == "closed") {
			wanted = append(wanted, m)
		}
	}
	some, link := paged(c, wanted)
	entries := []any{}
	for _, m := range some {
		entries = append(entries, s.milestoneJSON(c, c.repo, m))
	}
	return withLink(reply(http.StatusOK, entries), link)
}

func (s *Server) getAssignee(c call) answer {
	if !c.repo.people[strings.ToLower(c.PathValue("login"))] {
		return notFound()
	}
	return answer{status: http.StatusNoContent, header: http.Header{}}
}
