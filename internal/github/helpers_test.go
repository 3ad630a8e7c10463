package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	repo    = "acme/app"
	markerA = "dtw-0123456789abcdef01234567"
	markerB = "dtw-89abcdef0123456789abcdef"
	markerC = "dtc-0123456789abcdef01234567"
)

// practice makes a practice GitHub with the repository acme/app and a tracker for it.
func practice(t *testing.T, o githubtest.Options, edits ...func(*Options)) (*githubtest.Server, *Tracker) {
	t.Helper()
	o.Repositories = append(o.Repositories, repo)
	s := githubtest.New(o)
	return s, trackerOf(t, s, edits...)
}

func trackerOf(t *testing.T, s http.RoundTripper, edits ...func(*Options)) *Tracker {
	t.Helper()
	o := Options{Name: "gh", API: address(t, "https://api.github.test"), Site: address(t, "https://github.test"),
		Token: func() string { return "test-token" }, Transport: s}
	for _, edit := range edits {
		edit(&o)
	}
	if o.App != nil {
		o.Token = nil
	}
	tr, err := New(o)
	must(t, err)
	return tr
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func draft(edits ...func(*ticket.Draft)) ticket.Draft {
	d := ticket.Draft{Destination: ticket.Destination{Tracker: "gh", Project: repo}, Marker: markerA,
		Title: "TLS 1.0 is accepted", Body: ticket.Doc{ticket.Para(ticket.Text("The server accepts TLS 1.0.")...)},
		Labels: []string{"security", "dt"}, PortalURL: "https://www.securetheorem.com/api/v2/x"}
	for _, edit := range edits {
		edit(&d)
	}
	return d
}

func create(t *testing.T, tr *Tracker, edits ...func(*ticket.Draft)) ticket.Issue {
	t.Helper()
	i, err := tr.Create(t.Context(), draft(edits...))
	must(t, err)
	return i
}

// decided sees to it that an error carries a decision, and gives the error.
func decided(t *testing.T, err error, want ticket.Decision) *ticket.Error {
	t.Helper()
	e, ok := errors.AsType[*ticket.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *ticket.Error", err)
	}
	if e.Decision != want {
		t.Fatalf("got %v (%v), want %v", e.Decision, e, want)
	}
	return e
}

// every lists the tracker's operations with the call of GitHub's that each is about.
func every(tr *Tracker, r ticket.Ref) []operation {
	return []operation{
		{"create", true, func(ctx context.Context) error { _, err := tr.Create(ctx, draft()); return err }},
		{"read", false, func(ctx context.Context) error { _, err := tr.Read(ctx, r); return err }},
		{"list", false, func(ctx context.Context) error { _, err := tr.Find(ctx, ticket.Query{Project: repo}); return err }},
		{"edit", true, func(ctx context.Context) error { _, err := tr.SetState(ctx, r, ticket.Change{}); return err }},
		{"label", true, func(ctx context.Context) error {
			_, err := tr.SetState(ctx, r, ticket.Change{Open: true, Closing: ticket.Closing{AddLabels: []string{"x"}}})
			return err
		}},
		{"unlabel", true, func(ctx context.Context) error {
			_, err := tr.Update(ctx, r, draft(func(d *ticket.Draft) { d.Labels = nil }), ticket.Written{Labels: []string{"dt"}})
			return err
		}},
		{"comments", false, func(ctx context.Context) error { _, err := tr.Comments(ctx, r); return err }},
		{"comment", true, func(ctx context.Context) error {
			_, err := tr.AddComment(ctx, r, ticket.Comment{Marker: markerC})
			return err
		}},
		{"delete-comment", true, func(ctx context.Context) error { return tr.DeleteComment(ctx, r, "1") }},
		{"user", false, func(ctx context.Context) error { _, err := tr.Identity(ctx); return err }},
	}
}

type operation struct {
	call  string
	write bool
	do    func(context.Context) error
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func lacks(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q must not be in\n%s", part, text)
		}
	}
}

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
