package outbound

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"ticketd/internal/deliver"
	"ticketd/internal/github"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

const (
	marker  = "dtw-0123456789abcdef01234567"
	comment = "dtc-0123456789abcdef01234567"
	token   = "canary-token-of-some-length"
)

// kind is a kind of tracker.
type kind struct {
	name    string
	project string
	host    string // of its API
	// make makes a practice tracker, and gives what makes a client of it, each like that of a new process.
	make   func(t *testing.T, over func(http.RoundTripper) http.RoundTripper) (client func() deliver.Tracker)
	afresh bool // operations begin in a new process: what leads to a credential is spoilt too
}

func kinds() []kind {
	return []kind{
		{name: "Jira Cloud", project: "SEC", host: "jira.test", make: jiraOf(jira.Cloud)},
		{name: "Jira Data Center", project: "SEC", host: "jira.test", make: jiraOf(jira.DataCenter)},
		{name: "GitHub", project: "acme/app", host: "api.github.test", make: gitHub},
		{name: "GitHub App", project: "acme/app", host: "api.github.test", make: gitHubApp, afresh: true},
	}
}

func jiraOf(deployment string) func(*testing.T, func(http.RoundTripper) http.RoundTripper) func() deliver.Tracker {
	return func(t *testing.T, over func(http.RoundTripper) http.RoundTripper) func() deliver.Tracker {
		o := jiratest.Options{Token: token, DataCenter: deployment == jira.DataCenter}
		if !o.DataCenter {
			o.Email = "bot@example.com"
		}
		line := over(jiratest.New(o))
		return func() deliver.Tracker {
			tracker, err := jira.New(jira.Options{Name: "main", Base: address(t, "https://jira.test"), Deployment: deployment, Instance: "test",
				Credential: func() (string, string, error) { return o.Email, token, nil }, Transport: line})
			if err != nil {
				t.Fatal(err)
			}
			return tracker
		}
	}
}

func gitHub(t *testing.T, over func(http.RoundTripper) http.RoundTripper) func() deliver.Tracker {
	line := over(githubtest.New(githubtest.Options{Token: token, Repositories: []string{"acme/app"}}))
	return func() deliver.Tracker {
		return gitHubOf(t, github.Options{Token: func() string { return token }, Transport: line})
	}
}

// gitHubApp is of an App that has to look for its installation.
func gitHubApp(t *testing.T, over func(http.RoundTripper) http.RoundTripper) func() deliver.Tracker {
	key := appKey()
	line := over(githubtest.New(githubtest.Options{Repositories: []string{"acme/app"},
		App: &githubtest.App{ID: "Iv23abc", Number: 77, Slug: "finding-bot", Installation: 5, Key: &key.PublicKey}}))
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return func() deliver.Tracker {
		return gitHubOf(t, github.Options{App: &github.App{ID: "Iv23abc", PrivateKey: func() ([]byte, error) { return pemKey, nil }}, Transport: line})
	}
}

var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it signs ten thousands of times and keeps nobody out
	if err != nil {
		panic(err)
	}
	return key
})

func gitHubOf(t *testing.T, o github.Options) deliver.Tracker {
	t.Helper()
	o.Name, o.API, o.Site = "main", address(t, "https://api.github.test"), address(t, "https://github.test")
	tracker, err := github.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tracker
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// operation is a use of a method of deliver.Tracker on an issue that is there, with a comment.
type operation struct {
	method string
	what   string
	call   func(ctx context.Context, tr deliver.Tracker, s scene) (any, error)
}

// scene is what an operation finds.
type scene struct {
	draft   ticket.Draft
	issue   ticket.Issue
	comment string // its id
}

func operations() []operation {
	return []operation{
		{"Identity", "identity", func(ctx context.Context, tr deliver.Tracker, _ scene) (any, error) { return tr.Identity(ctx) }},
		{"Create", "create", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			d := s.draft
			d.Marker = "dtw-fedcba9876543210fedcba98"
			i, err := tr.Create(ctx, d)
			return i.Ref, err
		}},
		{"Writes", "what is written", func(_ context.Context, tr deliver.Tracker, s scene) (any, error) { return tr.Writes(s.draft), nil }},
		{"Read", "read", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			i, err := tr.Read(ctx, s.issue.Ref)
			return []any{i.Ref, i.Open, i.Marker, i.Ours}, err
		}},
		{"Find", "find", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			found, err := tr.Find(ctx, ticket.Query{Project: s.draft.Destination.Project, Markers: []string{marker}})
			var refs []ticket.Ref
			for _, i := range found {
				refs = append(refs, i.Ref)
			}
			return refs, err
		}},
		{"SetState", "close", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			i, err := tr.SetState(ctx, s.issue.Ref, ticket.Change{})
			return []any{i.Ref, i.Open}, err
		}},
		{"Update", "update", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			d := s.draft
			d.Body, d.Labels = ticket.Doc{ticket.Head("Now another")}, []string{"security", "new"}
			i, err := tr.Update(ctx, s.issue.Ref, d, s.issue.Written)
			return i.Ref, err
		}},
		{"Relabel", "relabel", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			return nil, tr.Relabel(ctx, s.issue.Ref, []string{"added"}, []string{"security"})
		}},
		{"Comments", "comments", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			return tr.Comments(ctx, s.issue.Ref)
		}},
		{"AddComment", "comment", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			return tr.AddComment(ctx, s.issue.Ref, ticket.Comment{Marker: "dtc-fedcba9876543210fedcba98", Body: ticket.Doc{ticket.Head("x")}})
		}},
		{"DeleteComment", "delete comment", func(ctx context.Context, tr deliver.Tracker, s scene) (any, error) {
			return nil, tr.DeleteComment(ctx, s.issue.Ref, s.comment)
		}},
	}
}

// stage makes a tracker and what operations find there, and hands the connection over to the fault
// when all is set.
func stage(t *testing.T, k kind) (deliver.Tracker, scene, *line) {
	t.Helper()
	l := &line{host: k.host}
	client := k.make(t, func(server http.RoundTripper) http.RoundTripper {
		l.next = server
		return l
	})
	tr := client()
	s := scene{draft: ticket.Draft{Destination: ticket.Destination{Tracker: "main", Project: k.project, IssueType: "Bug"}, Marker: marker,
		Title: "A title", Body: ticket.Doc{ticket.Head("What was found")}, Labels: []string{"security"}}}
	var err error
	if s.issue, err = tr.Create(t.Context(), s.draft); err == nil {
		s.comment, err = tr.AddComment(t.Context(), s.issue.Ref, ticket.Comment{Marker: comment, Body: ticket.Doc{ticket.Head("note")}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if k.afresh {
		tr = client()
	}
	return tr, s, l
}
