package jiratest

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
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
	s.show(w, map[string]any{"Title": i.Key + " " + i.Summary, "Issue": &i})
}

// listPage lists all issues, newest first.
func (s *Server) listPage(w http.ResponseWriter, _ *http.Request) {
	all := s.Issues()
	slices.Reverse(all)
	s.show(w, map[string]any{"Title": "Practice Jira", "Issues": all})
}

func (s *Server) show(w http.ResponseWriter, data map[string]any) {
	page, err := template.New("page").Parse(pageHTML)
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, data) // a client that went away is its own loss
}
