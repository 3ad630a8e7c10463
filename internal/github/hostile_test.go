package github

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

// answer is a server that gives every request one answer, and notes what was asked.
type answer struct {
	status int
	header map[string]string
	body   string
	asked  []string
}

func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r.Method+" "+r.URL.EscapedPath())
	resp := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}
	for name, value := range a.header {
		resp.Header.Set(name, value)
	}
	return resp, nil
}

func TestTheResetOfAQuotaIsMeasuredOnGitHubsClock(t *testing.T) {
	theirs := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	a := &answer{status: http.StatusForbidden, body: `{"message":"API rate limit exceeded"}`, header: map[string]string{
		"Date": theirs.Format(http.TimeFormat), "X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset": strconv.FormatInt(theirs.Add(30*time.Minute).Unix(), 10)}}
	for _, ahead := range []time.Duration{0, 40 * time.Minute, -40 * time.Minute} {
		tr := trackerOf(t, a, func(o *Options) { o.Now = func() time.Time { return theirs.Add(ahead) } })
		_, err := tr.Identity(t.Context())
		if e := decided(t, err, ticket.Pause); e.After != 30*time.Minute+time.Second {
			t.Errorf("our clock %v ahead: %v", ahead, e.After)
		}
	}
}

func TestARepositoryThatIsLockedRefusesEveryTicketAndALockedIssueOne(t *testing.T) {
	for message, want := range map[string]ticket.Decision{
		"Repository has been locked for migration.":           ticket.HoldDestination,
		"Unable to create comment because issue is locked.":   ticket.HoldTicket,
		"This conversation has been locked by a maintainer":   ticket.HoldTicket,
		"Repository access blocked: the repository is locked": ticket.HoldDestination,
	} {
		s, tr := practice(t, githubtest.Options{})
		r := create(t, tr).Ref
		s.Fail(githubtest.Fault{Op: "comment", Kind: githubtest.Status, Code: http.StatusForbidden, Message: message})
		_, err := tr.AddComment(t.Context(), r, ticket.Comment{Marker: markerC})
		decided(t, err, want)
	}
}

func TestTheWordsOfARefusalAreBoundedAndPrintable(t *testing.T) {
	entry := `{"resource":"Issue","code":"custom","message":"` + strings.Repeat("w", 200) + `"}`
	field := `{"resource":"Issue","field":"f\u001b[31m` + strings.Repeat("f", 5000) + `","code":"invalid"}`
	a := &answer{status: http.StatusUnprocessableEntity, header: map[string]string{"X-GitHub-Request-Id": strings.Repeat("A", 5000) + "\x1b"},
		body: `{"message":"Validation Failed","errors":[` + field + strings.Repeat(","+entry, 20_000) + `]}`}
	_, err := trackerOf(t, a).Create(t.Context(), draft())
	e := decided(t, err, ticket.HoldTicket)
	if n := len(e.Error()); n > 10_000 || strings.ContainsRune(e.Error(), '\x1b') {
		t.Errorf("%d bytes: %.300q", n, e.Error())
	}
	if len(e.RequestID) > 200 || strings.ContainsRune(e.RequestID, '\x1b') {
		t.Errorf("request id %.300q", e.RequestID)
	}
}

func TestALabelThatIsAPathIsNotTakenOffWithEverythingElse(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	labels := []string{".", "..", "a/../b", "kept"}
	i := create(t, tr, func(d *ticket.Draft) { d.Labels = labels })
	var asked []string
	spy := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			asked = append(asked, r.URL.EscapedPath())
		}
		return s.RoundTrip(r)
	}))
	_, err := spy.Update(t.Context(), i.Ref, draft(func(d *ticket.Draft) { d.Labels = []string{"kept"} }), i.Written)
	must(t, err)
	if want := []string{"/repos/acme/app/issues/1/labels/a%2F..%2Fb"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

func TestALongPortalLinkDoesNotMakeTheBodyTooLong(t *testing.T) {
	long := "https://www.securetheorem.com/" + strings.Repeat("a&", 30_000)
	d := draft(func(d *ticket.Draft) {
		d.PortalURL = long
		d.Body = ticket.Doc{ticket.Para(ticket.Text(strings.Repeat("word ", 11_990))...),
			ticket.Para(ticket.Span{Kind: ticket.Link, Text: "portal", URL: long})}
	})
	body := issueBody(d)
	if n := ticket.Units(body); n > bodyLimit+1000 {
		t.Errorf("%d units", n)
	}
	has(t, body, "cut here")
	for _, limit := range []int{fenceLeast, 5_000, bodyLimit} {
		if n := ticket.Units(render(d.Body, limit, "https://www.securetheorem.com/x")); n > limit {
			t.Errorf("%d units, want at most %d", n, limit)
		}
	}
}

func TestAListedIssueWithoutItsTimeIsNotTheEndOfTheList(t *testing.T) {
	a := &answer{status: http.StatusOK, header: map[string]string{"Content-Type": "application/json"},
		body: `[{"number":7,"user":{"id":1,"login":"x"},"id":1}]`}
	tr := trackerOf(t, a)
	tr.accounts[tr.credential.key()] = account{author: "x"}
	found, err := tr.Find(t.Context(), ticket.Query{Project: repo, Since: time.Unix(1, 0)})
	if err == nil {
		t.Fatalf("found %v", found)
	}
	decided(t, err, ticket.Retry)
}

func TestAnIssueThatWasTransferredToWhereTheCredentialMayNotGoIsMissing(t *testing.T) {
	s, tr := practice(t, githubtest.Options{Repositories: []string{"acme/other"}})
	r := create(t, tr).Ref
	_, err := s.Transfer(r.Key, "acme/other")
	must(t, err)
	strict := trackerOf(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasPrefix(req.URL.Path, "/repositories/") {
			refuse := answer{status: http.StatusForbidden, body: `{"message":"Resource protected by organization SAML enforcement."}`}
			return refuse.RoundTrip(req)
		}
		return s.RoundTrip(req)
	}))
	_, err = strict.Read(t.Context(), r)
	decided(t, err, ticket.Missing)
	must(t, s.Hide(repo)) // then nothing is known of the issue
	_, err = strict.Read(t.Context(), r)
	decided(t, err, ticket.HoldDestination)
}

func TestAnIssueThatWasTransferredOutOfAnAppsReachIsMissing(t *testing.T) {
	s, tr := practiceApp(t, githubtest.Options{Repositories: []string{"acme/other"}}, func(*App) {})
	r := create(t, tr).Ref
	_, err := s.Transfer(r.Key, "acme/other")
	must(t, err)
	outside := trackerOf(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/access_tokens") {
			raw, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			if strings.Contains(string(raw), "repository_ids") {
				refuse := answer{status: http.StatusUnprocessableEntity,
					body: `{"message":"There is at least one repository that does not exist or is not accessible to the parent installation."}`}
				return refuse.RoundTrip(req)
			}
			req.Body = io.NopCloser(strings.NewReader(string(raw)))
		}
		return s.RoundTrip(req)
	}), func(o *Options) { o.App = tr.o.App })
	_, err = outside.Read(t.Context(), r)
	decided(t, err, ticket.Missing)
}

// Found by internal/proof/outbound: go-github reads a page in GitHub's place as no labels, and a
// comment without a number as one of somebody else, which would be written again.
func TestAPageInGitHubsPlaceIsNoSuccess(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	i := create(t, tr)
	for name, c := range map[string]struct {
		method, part, body string
		do                 func(*Tracker) error
		want               ticket.Decision
	}{
		"label":   {http.MethodPost, "/labels", "<html>", func(tr *Tracker) error { return tr.Relabel(t.Context(), i.Ref, []string{"x"}, nil) }, ticket.Doubt},
		"labels":  {http.MethodPost, "/labels", `[{"name":"x"`, func(tr *Tracker) error { return tr.Relabel(t.Context(), i.Ref, []string{"x"}, nil) }, ticket.Doubt},
		"unlabel": {http.MethodDelete, "/labels/dt", "{}", func(tr *Tracker) error { return tr.Relabel(t.Context(), i.Ref, nil, []string{"dt"}) }, ticket.Doubt},
		"delete":  {http.MethodDelete, "/comments/1", "<html>", func(tr *Tracker) error { return tr.DeleteComment(t.Context(), i.Ref, "1") }, ticket.Doubt},
		"nothing": {http.MethodGet, "/comments", "[null]", func(tr *Tracker) error { _, err := tr.Comments(t.Context(), i.Ref); return err }, ticket.Retry},
		"empty":   {http.MethodGet, "/comments", "[{}]", func(tr *Tracker) error { _, err := tr.Comments(t.Context(), i.Ref); return err }, ticket.Retry},
	} {
		page := answer{status: http.StatusOK, body: c.body}
		err := c.do(trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == c.method && strings.HasSuffix(r.URL.Path, c.part) {
				return page.RoundTrip(r)
			}
			return s.RoundTrip(r)
		})))
		if len(page.asked) != 1 {
			t.Errorf("%s: asked %q", name, page.asked)
		}
		if err == nil || ticket.DecisionOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Found by internal/proof/secrets: what cannot be decoded of an answer was quoted, and this one holds
// a credential that no request has shown yet.
func TestATokenInAnAnswerThatCannotBeReadIsNotTold(t *testing.T) {
	const minted = "ghs_cnry0123456789abcdef"
	_, good := practiceApp(t, githubtest.Options{}, func(*App) {})
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		a := answer{status: http.StatusOK, body: `{"id":5}`}
		if strings.HasSuffix(r.URL.Path, "/access_tokens") {
			a = answer{status: http.StatusCreated, body: `{"token":"` + minted + `","expires_at":"` + minted + `"}`}
		}
		return a.RoundTrip(r)
	}), func(o *Options) { o.App = good.o.App })
	_, err := tr.Create(t.Context(), draft())
	lacks(t, decided(t, err, ticket.Retry).Error(), minted)
}
