package jira

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	markerA = "dtw-0123456789abcdef01234567"
	markerB = "dtw-fedcba9876543210fedcba98"
	opA     = "dtc-0123456789abcdef01234567"
	secret  = "canary-token-7f3a"
	email   = "bot@example.com"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// setup is a practice Jira with a tracker in front of it.
type setup struct {
	*jiratest.Server
	t *Tracker
}

// start makes a Cloud or Data Center practice Jira and a tracker that talks to it in process.
func start(t *testing.T, o jiratest.Options, change ...func(*Options)) setup {
	t.Helper()
	if o.Now == nil {
		o.Now = noon
	}
	if o.Token == "" {
		o.Token = secret
	}
	if !o.DataCenter && o.Email == "" {
		o.Email = email
	}
	server := jiratest.New(o)
	options := Options{
		Name: "main", Base: mustURL(t, "http://jira.example.com"), Instance: "test", UserAgent: "ticketd/test", Transport: server, Now: noon,
		Credential: func() (string, string, error) { return o.Email, secret, nil },
	}
	for _, c := range change {
		c(&options)
	}
	tracker, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tracker.Close)
	return setup{server, tracker}
}

// both runs a test against both deployments.
func both(t *testing.T, test func(t *testing.T, dataCenter bool)) {
	t.Helper()
	t.Run("cloud", func(t *testing.T) { test(t, false) })
	t.Run("datacenter", func(t *testing.T) { test(t, true) })
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func draft() ticket.Draft {
	return ticket.Draft{
		Destination: ticket.Destination{Tracker: "main", Project: "SEC", IssueType: "Bug"},
		Marker:      markerA,
		Title:       "Publicly readable bucket",
		Body: ticket.Doc{
			ticket.Head("What was found"),
			ticket.Para(ticket.Text("The bucket can be read by anybody.\nSee below.")...),
			{Kind: ticket.Table, Items: [][]ticket.Span{ticket.Text("Severity"), ticket.Text("HIGH"), ticket.Text("Asset"), ticket.Text("s3://acme")}},
		},
		PortalURL: "https://www.securetheorem.com/api/violations/1",
		Labels:    []string{"security", "cloud team"},
		Priority:  "High",
	}
}

func (s setup) create(t *testing.T, d ticket.Draft) ticket.Issue {
	t.Helper()
	issue, err := s.t.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return issue
}

func (s setup) stored(t *testing.T, ref ticket.Ref) jiratest.Issue {
	t.Helper()
	i, found := s.Issue(ref.ID)
	if !found {
		t.Fatalf("no issue %s", ref.ID)
	}
	return i
}

// effects gives the operations that had an effect.
func (s setup) effects() string {
	var ops []string
	for _, e := range s.Effects() {
		ops = append(ops, e.Op)
	}
	return strings.Join(ops, " ")
}

// wantDecision fails the test unless err carries the decision; it gives the error.
func wantDecision(t *testing.T, err error, want ticket.Decision) *ticket.Error {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if got := ticket.DecisionOf(err); got != want {
		t.Fatalf("decision %s, want %s: %v", got, want, err)
	}
	e := new(ticket.Error)
	_ = amend(err, func(have *ticket.Error) { *e = *have })
	return e
}

// roundTripper lets a test answer by hand.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// withoutEpics is a site without the app that has epics: it has no field Epic Link.
func withoutEpics(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/field") {
			return answering(http.StatusOK, `[{"id":"summary","name":"Summary"}]`).RoundTrip(r)
		}
		return next.RoundTrip(r)
	})
}

var _ interface {
	Identity(context.Context) (ticket.Account, error)
	Create(context.Context, ticket.Draft) (ticket.Issue, error)
	Read(context.Context, ticket.Ref) (ticket.Issue, error)
	Find(context.Context, ticket.Query) ([]ticket.Issue, error)
	SetState(context.Context, ticket.Ref, ticket.Change) (ticket.Issue, error)
	Update(context.Context, ticket.Ref, ticket.Draft, ticket.Written) (ticket.Issue, error)
	Comments(context.Context, ticket.Ref) ([]ticket.Posted, error)
	AddComment(context.Context, ticket.Ref, ticket.Comment) (string, error)
	DeleteComment(context.Context, ticket.Ref, string) error
	Relabel(context.Context, ticket.Ref, []string, []string) error
	Examine(context.Context, ticket.Need) []ticket.Symptom
} = (*Tracker)(nil)
