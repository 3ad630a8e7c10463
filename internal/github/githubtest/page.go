package githubtest

import (
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"ticketd/internal/practice"
)

//go:embed page.html
var pageHTML string

var pagePath = regexp.MustCompile(`^/([^/]+/[^/]+)/issues/([0-9]+)$`)

// isPage tells the pages for people from the API, whose /repositories/ID/issues/N looks alike.
func isPage(r *http.Request) bool {
	return r.Method == http.MethodGet && !byID.MatchString(r.URL.Path) &&
		(r.URL.Path == "/" || pagePath.MatchString(r.URL.Path))
}

// servePage shows an issue as a person sees it, or all of them, newest first.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	all := s.Issues()
	m := pagePath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		slices.Reverse(all)
		show(w, map[string]any{"Title": "Practice GitHub", "Issues": all})
		return
	}
	for _, i := range all {
		if i.Repository == m[1] && strconv.Itoa(i.Number) == m[2] {
			show(w, map[string]any{"Title": i.Title + " · " + i.Key, "Issue": &i})
			return
		}
	}
	http.NotFound(w, r)
}

func show(w http.ResponseWriter, data map[string]any) {
	practice.Show(w, pageHTML, template.FuncMap{"markdown": view}, data)
}
