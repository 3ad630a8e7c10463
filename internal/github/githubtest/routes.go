package githubtest

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// call is one request as its operation sees it; the server's lock is held.
type call struct {
	*http.Request
	base  string // address of the API, without a slash at the end
	site  string // address of the pages
	login string // who calls; "" with an App's JWT
	repo  *repository
	body  []byte
}

type operation func(*Server, call) answer

// routes lists every operation: name as in Calls, pattern, what does it.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range []struct {
		op, pattern string
		do          operation
	}{
		{"user", "GET /user", (*Server).getUser},
		{"app", "GET /app", (*Server).getApp},
		{"token", "POST /app/installations/{id}/access_tokens", (*Server).createToken},
		{"installation", "GET /repos/{owner}/{repo}/installation", (*Server).getInstallation},
		{"rate_limit", "GET /rate_limit", (*Server).getRateLimit},
		{"repository", "GET /repos/{owner}/{repo}", (*Server).getRepository},
		{"list", "GET /repos/{owner}/{repo}/issues", (*Server).listIssues},
		{"create", "POST /repos/{owner}/{repo}/issues", (*Server).createIssue},
		{"read", "GET /repos/{owner}/{repo}/issues/{number}", (*Server).getIssue},
		{"edit", "PATCH /repos/{owner}/{repo}/issues/{number}", (*Server).editIssue},
		{"comments", "GET /repos/{owner}/{repo}/issues/{number}/comments", (*Server).listComments},
		{"comment", "POST /repos/{owner}/{repo}/issues/{number}/comments", (*Server).createComment},
		{"delete-comment", "DELETE /repos/{owner}/{repo}/issues/comments/{comment}", (*Server).deleteComment},
		{"label", "POST /repos/{owner}/{repo}/issues/{number}/labels", (*Server).addLabels},
		{"labels", "GET /repos/{owner}/{repo}/labels", (*Server).listLabels},
		{"milestones", "GET /repos/{owner}/{repo}/milestones", (*Server).listMilestones},
		{"assignee", "GET /repos/{owner}/{repo}/assignees/{login}", (*Server).getAssignee},
		{"unlabel", "DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", (*Server).removeLabel},
	} {
		mux.HandleFunc(r.pattern, s.operate(r.op, r.do))
	}
	mux.HandleFunc("/", s.operate("unknown", func(*Server, call) answer { return notFound() }))
	return mux
}

var byID = regexp.MustCompile(`^/repositories/([0-9]+)(/.*)?$`)

// ServeHTTP answers the API, with and without /api/v3, and the page of an issue.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isPage(r) {
		s.servePage(w, r)
		return
	}
	r = r.Clone(r.Context())
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api/v3")
	r.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, "/api/v3")
	if m := byID.FindStringSubmatch(r.URL.EscapedPath()); m != nil {
		s.mu.Lock()
		for _, repo := range s.repos {
			if strconv.FormatInt(repo.id, 10) == m[1] {
				r.URL.Path, r.URL.RawPath = "/repos/"+repo.name+m[2], ""
			}
		}
		s.mu.Unlock()
	}
	s.api.ServeHTTP(w, r)
}

// operate counts a call, lets a fault have it, or performs it.
func (s *Server) operate(op string, do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller is gone
		}
		f := s.Called(op, r.Method)
		s.mu.Lock()
		s.served++
		w.Header().Set("X-GitHub-Request-Id", "TEST:"+strconv.Itoa(s.served))
		s.rights.tell(w.Header())
		s.mu.Unlock()
		act := func() answer {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.do(r, body, do)
		}
		if f != nil {
			s.misbehave(w, r, f, act)
			return
		}
		act().write(w)
	}
}

// do finds out who calls about which repository, and performs the operation.
func (s *Server) do(r *http.Request, body []byte, do operation) answer {
	site := "http://" + r.Host
	if r.TLS != nil {
		site = "https://" + r.Host
	}
	c := call{Request: r, base: site, site: site, body: body}
	if strings.HasPrefix(r.RequestURI, "/api/v3/") {
		c.base += "/api/v3"
	}
	allowed, refused := s.authenticate(&c)
	if refused != nil {
		return *refused
	}
	if r.PathValue("owner") == "" {
		return do(s, c)
	}
	repo, renamed := s.find(r.PathValue("owner") + "/" + r.PathValue("repo"))
	switch {
	case repo == nil || repo.hidden || !allowed(repo):
		return notFound()
	case renamed:
		status := http.StatusMovedPermanently
		if r.Method != http.MethodGet {
			status = http.StatusTemporaryRedirect
		}
		rest := strings.SplitN(r.URL.EscapedPath(), "/", 5) // "", repos, owner, repo, rest
		return moved(status, c.base+"/repositories/"+strconv.FormatInt(repo.id, 10)+strings.Join(append([]string{""}, rest[4:]...), "/"))
	case repo.archived && r.Method != http.MethodGet:
		return message(http.StatusForbidden, "Repository was archived so is read-only.")
	}
	c.repo = repo
	return do(s, c)
}

func moved(status int, to string) answer {
	a := complaint(status, map[string]any{"message": "Moved Permanently", "url": to})
	a.header.Set("Location", to)
	return a
}

// decode reads the body of a call.
func (c call) decode(v any) *answer {
	if err := json.Unmarshal(c.body, v); err != nil {
		a := message(http.StatusBadRequest, "Problems parsing JSON")
		return &a
	}
	return nil
}

// issue gives the issue of the path, or the answer where it is none.
func (c call) issue() (*issue, *answer) {
	refuse := func(a answer) (*issue, *answer) { return nil, &a }
	number, err := strconv.Atoi(c.PathValue("number"))
	whole := c.PathValue("number") != "" && strings.HasSuffix(c.URL.Path, "/"+c.PathValue("number"))
	switch {
	case err != nil:
		return refuse(notFound())
	case c.repo.noIssues:
		return refuse(message(http.StatusGone, "Issues are disabled for this repo"))
	case c.repo.deleted[number] && c.Method == http.MethodGet && whole:
		return refuse(message(http.StatusGone, "This issue was deleted"))
	case c.repo.moved[number] != nil && whole: // sub-resources of a transferred issue are simply gone
		to := c.repo.moved[number]
		return refuse(moved(http.StatusMovedPermanently, c.base+"/repositories/"+strconv.FormatInt(to.repo.id, 10)+"/issues/"+strconv.Itoa(to.number)))
	case c.repo.issues[number] == nil:
		return refuse(notFound())
	}
	return c.repo.issues[number], nil
}
