package jiratest

import (
	_ "embed"
	"net/http"
	"slices"

	"ticketd/internal/practice"
)

//go:embed page.html
var pageHTML string

// issuePage is what a person sees of an issue.
func (s *Server) issuePage(w http.ResponseWriter, r *http.Request) {
	i, found := s.Issue(r.PathValue("key"))
	if !found {
		http.NotFound(w, r)
		return
	}
	practice.Show(w, pageHTML, nil, map[string]any{"Title": i.Key + " " + i.Summary, "Issue": &i})
}

// listPage lists all issues, newest first.
func (s *Server) listPage(w http.ResponseWriter, _ *http.Request) {
	all := s.Issues()
	slices.Reverse(all)
	practice.Show(w, pageHTML, nil, map[string]any{"Title": "Practice Jira", "Issues": all})
}
