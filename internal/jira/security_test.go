package jira

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func TestARedirectIsNeverFollowedAndTheCredentialStaysHome(t *testing.T) {
	var leaked atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	defer evil.Close()
	for _, op := range operations() {
		server := jiratest.New(jiratest.Options{Email: email, Token: secret, Now: noon})
		home := httptest.NewServer(server)
		s := start(t, jiratest.Options{}, func(o *Options) { o.Base, o.Transport = mustURL(t, home.URL), nil })
		s.Server = server
		issue := s.create(t, draft())
		server.Fail(jiratest.Fault{Op: op.name, Kind: jiratest.Redirect, Location: evil.URL + "/rest/api/3/issue"})
		e := wantDecision(t, op.call(s, t, issue.Ref), ticket.HoldTracker)
		if !strings.Contains(e.Message, strings.TrimPrefix(evil.URL, "http://")) || strings.Contains(e.Error(), secret) {
			t.Errorf("%s: %v", op.name, e)
		}
		s.t.Close()
		home.Close()
	}
	if leaked.Load() != 0 {
		t.Errorf("%d requests reached the other host", leaked.Load())
	}
}

func TestIdsThatLeaveTheAPIAreRefusedBeforeAnythingIsSent(t *testing.T) {
	s := start(t, jiratest.Options{})
	evil := []string{"", "../../../admin?x=1#", "1/../2", "SEC-1", "1?a=b", "1#", "http://evil.example/1", "%2e%2e", "١٢", "1\n", strings.Repeat("9", 20)}
	for _, id := range evil {
		for name, call := range s.onIssue(t, ticket.Ref{ID: id, Key: "SEC-1", Project: "SEC"}) {
			if err := call(); err == nil || ticket.DecisionOf(err) != ticket.HoldTicket {
				t.Errorf("%s of %q: %v", name, id, err)
			}
		}
		if err := s.t.DeleteComment(t.Context(), ticket.Ref{ID: "10001"}, id); err == nil {
			t.Errorf("comment id %q was accepted", id)
		}
	}
	for _, project := range []string{"", "sec", `SEC" OR project = "X`, "../SEC", "SEC/1", "S"} {
		d := draft()
		d.Destination.Project = project
		if _, err := s.t.Create(t.Context(), d); err == nil {
			t.Errorf("create in project %q", project)
		}
		if _, err := s.t.Find(t.Context(), ticket.Query{Project: project}); err == nil {
			t.Errorf("search in project %q", project)
		}
	}
	for _, marker := range []string{"", "dtw-1", `dtw-0123456789abcdef0123456"`, "DTW-0123456789abcdef01234567", markerA + "\n"} {
		d := draft()
		d.Marker = marker
		if _, err := s.t.Create(t.Context(), d); err == nil {
			t.Errorf("create with marker %q", marker)
		}
		if _, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{marker}}); err == nil {
			t.Errorf("search for marker %q", marker)
		}
		if _, err := s.t.AddComment(t.Context(), ticket.Ref{ID: "10001"}, ticket.Comment{Marker: marker}); err == nil {
			t.Errorf("comment with marker %q", marker)
		}
	}
	for op, n := range s.Calls() { // asking who we are and which deployment it is carries nothing foreign
		if op != "serverInfo" && op != "myself" {
			t.Errorf("%d calls of %s", n, op)
		}
	}
}

func TestAnswersWithForeignIdentitiesAreNotBelieved(t *testing.T) {
	bodies := map[string]string{
		"create":   `{"id":"../1","key":"SEC-1"}`,
		"no key":   `{"id":"10001"}`,
		"bad key":  `{"id":"10001","key":"https://evil.example/"}`,
		"no issue": `{}`,
	}
	for name, body := range bodies {
		s := start(t, jiratest.Options{}, func(o *Options) { o.Deployment, o.Transport = Cloud, answering(http.StatusCreated, body) })
		if _, err := s.t.Create(t.Context(), draft()); ticket.DecisionOf(err) != ticket.Doubt || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Deployment = Cloud
		o.Transport = answering(http.StatusOK, `{"id":"10002","key":"SEC-2","accountId":"x","fields":{"status":{"statusCategory":{"key":"new"}}}}`)
	})
	if _, err := s.t.Read(t.Context(), ticket.Ref{ID: "10001"}); ticket.DecisionOf(err) != ticket.Retry {
		t.Errorf("another issue than the one asked for: %v", err)
	}
}

// answering is a server that gives every request the same answer.
func answering(status int, body string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if _, err := w.WriteString(body); err != nil {
			return nil, err
		}
		resp := w.Result()
		resp.Request = r
		return resp, nil
	})
}

func TestASearchThatGoesInCirclesIsAnError(t *testing.T) {
	issue := `{"id":"10001","key":"SEC-1","fields":{"status":{"statusCategory":{"key":"new"}}}}`
	for name, test := range map[string]struct{ deployment, page string }{
		"repeated token":    {Cloud, `{"accountId":"me","issues":[` + issue + `],"nextPageToken":"again"}`},
		"no issues member":  {Cloud, `{"accountId":"me"}`},
		"total never ends":  {DataCenter, `{"name":"me","issues":[],"total":7}`},
		"total is missing":  {DataCenter, `{"name":"me","issues":[]}`},
		"issue without id":  {Cloud, `{"accountId":"me","issues":[{}]}`},
		"issue, no status":  {Cloud, `{"accountId":"me","issues":[{"id":"1","key":"SEC-1"}]}`},
		"issues is a table": {DataCenter, `{"name":"me","issues":{"a":1},"total":1}`},
	} {
		s := start(t, jiratest.Options{}, func(o *Options) { o.Deployment, o.Transport = test.deployment, answering(http.StatusOK, test.page) })
		if found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}}); err == nil || ticket.DecisionOf(err) != ticket.Retry {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
	}
}

func TestAProjectOfManyThousandIssuesIsListedWhole(t *testing.T) {
	const pages = 300 // of 100 issues: more than a cap that was too low
	asked := 0
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Deployment = Cloud
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			body := `{"accountId":"me"}`
			if strings.HasSuffix(r.URL.Path, "/search/jql") {
				asked++
				body = fmt.Sprintf(`{"issues":[{"id":"%d","key":"SEC-%[1]d","fields":{"status":{"statusCategory":{"key":"new"}},"creator":{"accountId":"me"},"labels":[%q]}}]`, 10000+asked, markerA)
				if asked < pages {
					body += fmt.Sprintf(`,"nextPageToken":"%d"`, asked)
				}
				body += `}`
			}
			return answering(http.StatusOK, body).RoundTrip(r)
		})
	})
	found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
	if err != nil || len(found) != pages {
		t.Errorf("found %d of %d: %v", len(found), pages, err)
	}
}

func TestErrorBodiesOfAnyShapeBecomeWords(t *testing.T) {
	for body, want := range map[string]string{
		`{"errorMessages":["a","b"],"errors":{}}`:      "create: HTTP 400: a b",
		`{"errorMessages":"a","errors":["b",{"c":1}]}`: `create: HTTP 400: a b {"c":1}`,
		`{"errors":{"x":"1","summary":["2","3"]}}`:     "create: HTTP 400; summary: 2 3; x: 1",
		`{"message":"m\u001b[31m\nforged"}`:            "create: HTTP 400: m [31m forged",
		`<html>no`:                                     "create: HTTP 400: a page that is not JSON",
		`[]`:                                           "create: HTTP 400",
		``:                                             "create: HTTP 400",
		`{"errorMessages":null,"errors":null,"message":"q"}`: "create: HTTP 400: q",
	} {
		s := start(t, jiratest.Options{}, func(o *Options) { o.Deployment, o.Transport = Cloud, answering(http.StatusBadRequest, body) })
		_, err := s.t.Create(t.Context(), draft())
		if fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	credential := func() (string, string, error) { return "", secret, nil }
	for name, o := range map[string]Options{
		"no base":       {Credential: credential},
		"no host":       {Base: mustURL(t, "/jira"), Credential: credential},
		"scheme":        {Base: mustURL(t, "ftp://jira.example.com"), Credential: credential},
		"no credential": {Base: mustURL(t, "https://jira.example.com")},
		"deployment":    {Base: mustURL(t, "https://jira.example.com"), Credential: credential, Deployment: "server"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTheGatewayIsAskedAndTheSiteIsLinked(t *testing.T) {
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Base, o.Site = mustURL(t, "http://api.example.com/ex/jira/11223344-a1b2"), mustURL(t, "https://acme.example.net")
	})
	if issue := s.create(t, draft()); issue.Ref.URL != "https://acme.example.net/browse/SEC-1" {
		t.Errorf("url %q", issue.Ref.URL)
	}
}
