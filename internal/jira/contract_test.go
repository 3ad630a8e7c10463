package jira

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// openapiDir finds the official descriptions: TICKETD_OPENAPI, or ../shared/openapi beside the
// project. Without them the contract is not checked.
func openapiDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("TICKETD_OPENAPI"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	dir = filepath.Join(dir, "..", "shared", "openapi")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the official API descriptions are not here: set TICKETD_OPENAPI to their folder")
	}
	return dir
}

// contract checks every request and every answer against an official description.
type contract struct {
	t      *testing.T
	router routers.Router
	next   http.RoundTripper
	seen   map[string]bool
	server bool // the description does not have serverInfo as it is asked
}

func newContract(t *testing.T, file, server string, next http.RoundTripper, relax func(*openapi3.T)) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(openapiDir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: server}}
	doc.Security = nil
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			op.Security = nil
		}
	}
	relax(doc)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{t: t, router: router, next: next, seen: map[string]bool{}}
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	c.t.Helper()
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasSuffix(r.URL.Path, "/rest/api/2/serverInfo") && c.server {
		return c.next.RoundTrip(r) // the deployment is asked under version 2; the description of Cloud is that of version 3
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Errorf("%s %s is not in the description: %v", r.Method, r.URL, err)
		return c.next.RoundTrip(r)
	}
	c.seen[r.Method+" "+route.Path] = true
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true}}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		c.t.Errorf("our request %s %s: %v\n%s", r.Method, r.URL, err, body)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := c.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusNoContent || route.Operation.Responses.Status(resp.StatusCode) == nil {
		return resp, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(answer)), Options: in.Options}
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		c.t.Errorf("the practice Jira's answer to %s %s: %v\n%s", r.Method, r.URL, err, answer)
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	return resp, nil
}

// relaxCloud mends two things in the description of Cloud: fields of an issue may be null (an
// unresolved issue says so), and Jira writes "+0000" where RFC 3339 wants "+00:00".
func relaxCloud(doc *openapi3.T) {
	doc.Components.Schemas["IssueBean"].Value.Properties["fields"].Value.AdditionalProperties.Schema.Value.Nullable = true
	for _, name := range []string{"created", "updated"} {
		doc.Components.Schemas["Comment"].Value.Properties[name].Value.Format = ""
	}
	doc.Components.Schemas["ServerInformation"].Value.Properties["serverTime"].Value.Format = ""
}

// relaxDataCenter mends what Atlassian's description of Data Center gets wrong: fields are called
// objects although most are texts, property values are called texts, lists are called items
// (facts: jira.md section 8).
func relaxDataCenter(doc *openapi3.T) {
	free := openapi3.NewSchemaRef("", openapi3.NewSchema())
	for name, members := range map[string][]string{"IssueUpdateBean": {"fields"}, "IssueBean": {"fields", "properties"}, "EntityPropertyBean": {"value"}} {
		for _, member := range members {
			doc.Components.Schemas[name].Value.Properties[member] = free
		}
	}
	for _, path := range []string{"/api/2/field", "/api/2/priority", "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes",
		"/api/2/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", "/api/2/resolution", "/api/2/project/{projectIdOrKey}/statuses",
		"/api/2/user/assignable/search"} {
		doc.Paths.Value(path).Get.Responses.Status(http.StatusOK).Value.Content.Get("application/json").Schema = free
	}
}

func TestEveryRequestAndEveryAnswerKeepsTheOfficialContract(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		file, base, relax := "jira-cloud-v3-slim.json", "http://jira.example.com", relaxCloud
		if dc {
			file, base, relax = "jira-dc-slim.json", "http://jira.example.com/rest", relaxDataCenter
		}
		server := jiratest.New(jiratest.Options{DataCenter: dc, Email: cloudEmail(dc), Token: secret, Now: noon, PageSize: 1,
			Projects: []jiratest.Project{contractProject(), {Key: "BARE", HiddenFields: []string{"labels", "priority"}}}})
		checked := newContract(t, file, base, server, relax)
		checked.server = !dc
		s := start(t, jiratest.Options{DataCenter: dc}, func(o *Options) {
			o.Transport, o.Deployment = checked, Cloud
			if dc {
				o.Deployment = ""
			}
		})
		s.Server = server
		exercise(t, s)
		for _, path := range []string{"field", "priority", "issue/createmeta/SEC/issuetypes", "issue/createmeta/SEC/issuetypes/10001", "serverInfo"} {
			api, _, err := s.t.api(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.t.do(t.Context(), request{op: path, method: http.MethodGet, path: api}, nil); err != nil {
				t.Error(err)
			}
		}
		examineAll(t, s)
		for _, path := range []string{"/resolution", "/project/{projectIdOrKey}/statuses", "/user/assignable/search", "/mypermissions",
			"/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}"} {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(checked.seen)), func(seen string) bool { return strings.HasSuffix(seen, path) }) {
				t.Errorf("%s was not checked", path)
			}
		}
		if len(checked.seen) < 20 {
			t.Errorf("only %d operations were checked: %v", len(checked.seen), checked.seen)
		}
	})
}

// contractProject has a field of every type, and a workflow with a screen.
func contractProject() jiratest.Project {
	p := wellProject()
	p.Required = nil
	return p
}

// examineAll asks everything that an examination can ask.
func examineAll(t *testing.T, s setup) {
	t.Helper()
	n := need(append(everyWant(), wantWay("wont_fix", "In Progress", "In Review", "Won't Do"), wantOn("wont_fix", ticket.WantResolution, "Won't Do"))...)
	for _, symptom := range s.t.Examine(t.Context(), n) {
		if symptom.Severity == ticket.Failing && symptom.Check != "parent" {
			t.Errorf("%+v", symptom)
		}
	}
	n.Destination.Project = "NOPE"
	s.t.Examine(t.Context(), n)
}

func cloudEmail(dc bool) string {
	if dc {
		return ""
	}
	return email
}

// exercise does everything once that the adapter can do, refusals included.
func exercise(t *testing.T, s setup) {
	t.Helper()
	d := draft()
	d.Components, d.Assignee, d.Body = []string{"api"}, "5b10a2844c20165700ede21g", hostile()
	d.FixVersions, d.DueDate, d.SecurityLevel, d.Fields = []string{"1.0"}, "2026-12-31", "Internal", everyType()
	epic := d
	epic.Destination.IssueType, epic.Marker = "Epic", "dtw-00000000000000000000000e"
	d.Parent = s.create(t, epic).Ref.Key
	issue := s.create(t, d)
	bare := draft()
	bare.Destination.Project = "BARE"
	s.create(t, bare)
	bare.Destination.Project = "NOPE"
	_, err := s.t.Create(t.Context(), bare)
	wantDecision(t, err, ticket.HoldDestination)
	d.Marker = markerB
	s.create(t, d)
	d.Marker = markerA
	path := ticket.Closing{Transitions: []string{"In Progress", "In Review", "Resolved"}, Resolution: "Fixed", AddLabels: []string{"closed"}}
	steps := map[string]func() error{
		"update": func() error {
			next := changed()
			_, err := s.t.Update(t.Context(), issue.Ref, next, issue.Written)
			return err
		},
		"find all": func() error { _, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Since: noon()}); return err },
		"find nothing": func() error {
			_, err := s.t.Find(t.Context(), ticket.Query{Project: "BARE", Markers: []string{markerB}})
			return err
		},
		"find bare": func() error {
			_, err := s.t.Find(t.Context(), ticket.Query{Project: "BARE", Markers: []string{markerA}})
			return err
		},
		"relabel":  func() error { return s.t.Relabel(t.Context(), issue.Ref, []string{"refused"}, []string{"refused"}) },
		"comments": func() error { return commentTwice(t, s, issue.Ref) },
		"states": func() error {
			if _, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Closing: path}); err != nil {
				return err
			}
			_, err := s.t.SetState(t.Context(), issue.Ref, ticket.Change{Open: true})
			return err
		},
	}
	for name, step := range steps {
		if err := step(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = s.t.Read(t.Context(), ticket.Ref{ID: "999", Key: "SEC-999", Project: "SEC"})
	wantDecision(t, err, ticket.Missing)
}

func commentTwice(t *testing.T, s setup, ref ticket.Ref) error {
	t.Helper()
	for _, marker := range []string{opA, opA[:len(opA)-1] + "8"} {
		id, err := s.t.AddComment(t.Context(), ref, ticket.Comment{Marker: marker, Body: hostile()})
		if err != nil {
			return err
		}
		if marker != opA {
			if err := s.t.DeleteComment(t.Context(), ref, id); err != nil {
				return err
			}
		}
	}
	posted, err := s.t.Comments(t.Context(), ref)
	if err == nil && len(posted) != 1 {
		t.Errorf("comments %v", posted)
	}
	return err
}
