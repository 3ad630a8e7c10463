package github

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

// Every request of ours and every answer of the practice GitHub is checked against GitHub's own
// description, so that neither can drift away from GitHub together with the other.
func TestRequestsAndAnswersMatchGitHubsDescription(t *testing.T) {
	for _, c := range []struct{ file, api string }{
		{"github-issues-strict.json", "https://api.github.test"},
		{"ghes-3.19-issues.json", "https://ghe.test/api/v3"},
	} {
		t.Run(c.file, func(t *testing.T) {
			router := description(t, c.file, c.api)
			s := githubtest.New(githubtest.Options{Repositories: []string{repo, "acme/other"},
				App: &githubtest.App{ID: "1", Number: 1, Slug: "b", Installation: 5, Key: &appKey().PublicKey}})
			checked := &checker{t: t, next: s, router: router, ops: make(map[string]bool)}
			at := func(o *Options) { o.API = address(t, c.api) }
			for _, tr := range []*Tracker{
				trackerOf(t, checked, at),
				trackerOf(t, checked, at, func(o *Options) {
					o.App = &App{ID: "1", PrivateKey: func() ([]byte, error) { return pkcs1(appKey()), nil }}
				}),
			} {
				walk(t, s, tr)
			}
			for _, op := range []string{"GET /user", "GET /app", "POST /app/installations/{installation_id}/access_tokens",
				"GET /repos/{owner}/{repo}/installation", "GET /repos/{owner}/{repo}", "GET /repos/{owner}/{repo}/issues",
				"POST /repos/{owner}/{repo}/issues", "GET /repos/{owner}/{repo}/issues/{issue_number}",
				"PATCH /repos/{owner}/{repo}/issues/{issue_number}", "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
				"POST /repos/{owner}/{repo}/issues/{issue_number}/comments", "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}",
				"POST /repos/{owner}/{repo}/issues/{issue_number}/labels", "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "GET /repos/{owner}/{repo}/labels",
				"GET /repos/{owner}/{repo}/milestones", "GET /repos/{owner}/{repo}/assignees/{assignee}"} {
				if !checked.ops[op] {
					t.Errorf("%s was not checked", op)
				}
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.api+"/rate_limit", nil)
			must(t, err)
			request.Header.Set("Authorization", "Bearer test-token")
			_, err = checked.RoundTrip(request)
			must(t, err)
		})
	}
}

// walk goes once through everything that a tracker does, refusals included.
func walk(t *testing.T, s *githubtest.Server, tr *Tracker) {
	t.Helper()
	_, err := tr.Identity(t.Context())
	must(t, err)
	i := create(t, tr, func(d *ticket.Draft) { d.Assignee = "nobody" })
	id, err := tr.AddComment(t.Context(), i.Ref, ticket.Comment{Marker: markerC})
	must(t, err)
	_, err = tr.Comments(t.Context(), i.Ref)
	must(t, err)
	must(t, tr.DeleteComment(t.Context(), i.Ref, id))
	must(t, tr.DeleteComment(t.Context(), i.Ref, id))
	must(t, s.AddPerson(repo, "ada"))
	must(t, s.AddPull(repo, "ada", "a pull request", ""))
	_, err = tr.Update(t.Context(), i.Ref, draft(func(d *ticket.Draft) { d.Body, d.Labels = nil, []string{"a/b"} }), i.Written)
	must(t, err)
	number, err := s.AddMilestone(repo, "Q1")
	must(t, err)
	create(t, tr, func(d *ticket.Draft) { d.Assignee, d.Milestone = "ada", "Q1" })
	create(t, tr, func(d *ticket.Draft) { d.Milestone = "99" })
	must(t, s.CloseMilestone(repo, number))
	tr.Examine(t.Context(), need())
	must(t, tr.Relabel(t.Context(), i.Ref, []string{"refused"}, []string{"dt"}))
	for _, open := range []bool{false, true} {
		_, err = tr.SetState(t.Context(), i.Ref, ticket.Change{Open: open, Closing: ticket.Closing{StateReason: "not_planned"}})
		must(t, err)
	}
	_, err = tr.Find(t.Context(), ticket.Query{Project: repo})
	must(t, err)
	_, err = s.Transfer(i.Ref.Key, "acme/other")
	must(t, err)
	_, err = tr.Read(t.Context(), i.Ref)
	must(t, err)
	gone := create(t, tr)
	must(t, s.DeleteIssue(gone.Ref.Key))
	_, err = tr.Read(t.Context(), gone.Ref)
	decided(t, err, ticket.Gone)
	_, err = tr.Read(t.Context(), ticket.Ref{ID: "999", Project: repo})
	decided(t, err, ticket.Missing)
	for _, f := range []githubtest.Fault{{Op: "create", Kind: githubtest.Primary}, {Op: "create", Kind: githubtest.Secondary}} {
		s.Fail(f)
		_, err = tr.Create(t.Context(), draft())
		decided(t, err, ticket.Pause)
	}
}

// description loads one of GitHub's descriptions. They lie beside the repository, because they are
// not ours to hand on.
func description(t *testing.T, file, api string) routers.Router {
	t.Helper()
	path := filepath.Join(openapiDir(), file)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("GitHub's description %s is not here; set TICKETD_OPENAPI to its folder", file)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	must(t, err)
	doc.Servers = openapi3.Servers{{URL: api}}
	must(t, doc.Validate(context.Background(), openapi3.DisableExamplesValidation()))
	router, err := gorillamux.NewRouter(doc)
	must(t, err)
	return router
}

// openapiDir gives TICKETD_OPENAPI, or ../shared/openapi beside the root of the repository.
func openapiDir() string {
	if dir := os.Getenv("TICKETD_OPENAPI"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(filepath.Dir(dir), "shared", "openapi")
}

// checker is a transport that checks what goes through it.
var byRepositoryID = regexp.MustCompile(`/repositories/[0-9]+`)

type checker struct {
	t      *testing.T
	next   http.RoundTripper
	router routers.Router
	ops    map[string]bool
}

func (c *checker) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(nil)
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	input := c.request(r, body)
	resp, err := c.next.RoundTrip(r)
	if err != nil || input == nil {
		return resp, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	c.response(input, resp, answer)
	return resp, nil
}

func (c *checker) request(r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	if byRepositoryID.MatchString(r.URL.Path) {
		return nil // where redirects lead; GitHub does not describe it
	}
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := c.router.FindRoute(copied)
	if err != nil {
		c.t.Errorf("%s %s: %v", r.Method, r.URL, err)
		return nil
	}
	c.ops[r.Method+" "+route.Path] = true
	input := &openapi3filter.RequestValidationInput{Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true}}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		c.t.Errorf("request %s %s: %v\n%s", r.Method, r.URL, err, body)
	}
	return input
}

func (c *checker) response(input *openapi3filter.RequestValidationInput, resp *http.Response, body []byte) {
	c.t.Helper()
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options})
	if err != nil {
		c.t.Errorf("answer %d to %s %s: %v", resp.StatusCode, input.Request.Method, input.Request.URL, err)
	}
}
