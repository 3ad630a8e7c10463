package github

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

func TestCreatingCostsOneCallWithEverythingInIt(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	must(t, s.AddPerson(repo, "ada"))
	i := create(t, tr, func(d *ticket.Draft) { d.Assignee = "ada" })
	if calls := s.Calls(); len(calls) != 1 || calls["create"] != 1 {
		t.Fatalf("calls %v", calls)
	}
	if want := (ticket.Ref{ID: "1", Key: "acme/app#1", Project: repo, URL: "https://github.test/acme/app/issues/1"}); i.Ref != want {
		t.Errorf("ref %+v", i.Ref)
	}
	if !i.Ours || !i.Open || i.Marker != markerA || len(i.Dropped) != 0 || i.Written.Fence == "" || !slices.Equal(i.Written.Labels, []string{"security", "dt"}) {
		t.Errorf("issue %+v", i)
	}
	got := s.Issues()[0]
	if !slices.Equal(got.Labels, []string{"security", "dt"}) || !slices.Equal(got.Assignees, []string{"ada"}) {
		t.Errorf("made %+v", got)
	}
	if !strings.HasPrefix(got.Body, "<!-- ticketd:v1 "+markerA+" -->\n<!-- ticketd:begin -->\n") {
		t.Errorf("body %q", got.Body)
	}
	has(t, got.Body, "Reference `"+markerA+"`", "<!-- ticketd:end -->")
}

func TestRefusedDecorationsAreLeftOutOnce(t *testing.T) {
	labels := `{"message":"Validation Failed","errors":[{"resource":"Label","field":"name","code":"invalid","value":"dt"}]}`
	title := `{"message":"Validation Failed","errors":[{"resource":"Label","field":"name","code":"invalid"},{"resource":"Issue","field":"title","code":"custom","message":"too long"}]}`
	t.Run("assignee", func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		i := create(t, tr, func(d *ticket.Draft) { d.Assignee = "nobody" })
		if s.Calls()["create"] != 2 || len(s.Issues()) != 1 {
			t.Errorf("calls %v", s.Calls())
		}
		has(t, strings.Join(i.Dropped, ";"), "assignees: invalid (nobody)")
	})
	t.Run("labels", func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 422, Body: labels})
		i := create(t, tr)
		has(t, strings.Join(i.Dropped, ";"), "labels: invalid (dt)")
		if got := s.Issues()[0].Labels; len(got) != 0 {
			t.Errorf("labels %v", got)
		}
	})
	t.Run("labels that may not be made", func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		must(t, s.ForbidLabels(repo))
		has(t, strings.Join(create(t, tr).Dropped, ";"), "permission to create labels")
	})
	t.Run("a second refusal holds the ticket", func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		s.Fail(githubtest.Fault{Op: "create", Times: -1, Kind: githubtest.Status, Code: 422, Body: labels})
		_, err := tr.Create(t.Context(), draft())
		decided(t, err, ticket.HoldTicket)
		if n := s.Calls()["create"]; n != 2 {
			t.Errorf("%d calls", n)
		}
	})
	t.Run("another field holds the ticket at once", func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		s.Fail(githubtest.Fault{Op: "create", Times: -1, Kind: githubtest.Status, Code: 422, Body: title})
		_, err := tr.Create(t.Context(), draft())
		e := decided(t, err, ticket.HoldTicket)
		if n := s.Calls()["create"]; n != 1 || e.Fields["title"] != "too long" {
			t.Errorf("%d calls, %v", n, e.Fields)
		}
	})
}

func TestSilentlyDroppedDecorationsAreNoticed(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	must(t, s.DropDecorations(repo))
	i := create(t, tr, func(d *ticket.Draft) { d.Assignee = "ada" })
	has(t, strings.Join(i.Dropped, "; "), "labels: GitHub left out security, dt", "assignees: GitHub left out ada")
}

func TestAnotherIssueInTheAnswerOfACreateIsInDoubt(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 201, Body: `{"number":7,"body":"something else"}`})
	_, err := tr.Create(t.Context(), draft())
	decided(t, err, ticket.Doubt)
}

func TestFindGivesOursByMarkerOldestFirst(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	forged := "<!-- ticketd:v1 " + markerA + " -->\n"
	_, err := s.AddIssue(repo, "mallory", "a forgery", forged)
	must(t, err)
	must(t, s.AddPull(repo, "ticketd-bot", "a pull request", forged))
	_, err = s.AddIssue(repo, "ticketd-bot", "marker not in the first line", "quoted:\n"+forged)
	must(t, err)
	for range 12 {
		create(t, tr)
	}
	create(t, tr, func(d *ticket.Draft) { d.Marker = markerB })
	must(t, s.CloseByPerson(repo+"#5"))

	found, err := tr.Find(t.Context(), ticket.Query{Project: repo, Markers: []string{markerA}})
	must(t, err)
	var keys []string
	for _, i := range found {
		keys = append(keys, i.Ref.ID)
	}
	if got := strings.Join(keys, " "); got != "4 5 6 7 8 9 10 11 12 13 14 15" {
		t.Errorf("found %s", got)
	}
	all, err := tr.Find(t.Context(), ticket.Query{Project: repo})
	must(t, err)
	if len(all) != 13 {
		t.Errorf("%d issues of ours", len(all))
	}
	if s.Calls()["search"] != 0 || s.Calls()["list"] != 2 {
		t.Errorf("calls %v", s.Calls())
	}
}

func TestFindReadsPagesUntilTheTimeInQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		for n := range 250 {
			key, err := s.AddIssue(repo, "ticketd-bot", "old", markerLine(fmt.Sprintf("dtw-%024x", n)))
			must(t, err)
			must(t, s.Backdate(key, time.Duration(500-n)*time.Minute))
		}
		count := func(since time.Time) (issues, calls int) {
			before := s.Calls()["list"]
			found, err := tr.Find(t.Context(), ticket.Query{Project: repo, Since: since})
			must(t, err)
			return len(found), s.Calls()["list"] - before
		}
		if issues, calls := count(time.Time{}); issues != 250 || calls != 3 {
			t.Errorf("all: %d issues in %d calls", issues, calls)
		}
		if issues, calls := count(time.Now().Add(-5 * time.Hour)); issues != 60 || calls != 1 { // 251 … 310 minutes, the slip included
			t.Errorf("five hours: %d issues in %d calls", issues, calls)
		}
	})
}

func TestFindSeesAnIssueOnlyWhenGitHubListsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, tr := practice(t, githubtest.Options{ListLag: 5 * time.Second})
		create(t, tr)
		q := ticket.Query{Project: repo, Markers: []string{markerA}, Since: time.Now()}
		if found, err := tr.Find(t.Context(), q); err != nil || len(found) != 0 {
			t.Fatalf("%v %v", found, err)
		}
		time.Sleep(5 * time.Second)
		if found, err := tr.Find(t.Context(), q); err != nil || len(found) != 1 {
			t.Fatalf("%v %v", found, err)
		}
	})
}

func TestFindNeverTakesAFailureForNothing(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	_, err := tr.Identity(t.Context())
	must(t, err)
	q := ticket.Query{Project: repo, Markers: []string{markerA}}
	for _, body := range []string{"null", "{}", `""`, "[{}]", `[{"number":1}]`, "[null]"} {
		s.Fail(githubtest.Fault{Op: "list", Kind: githubtest.Status, Code: 200, Body: body})
		_, err := tr.Find(t.Context(), q)
		decided(t, err, ticket.Retry)
	}
	must(t, s.Hide(repo))
	_, err = tr.Find(t.Context(), q)
	decided(t, err, ticket.HoldDestination)
}

func TestAListThatRepeatsItselfIsAnError(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{repo}})
	_, err := s.AddIssue(repo, "ticketd-bot", "one", "")
	must(t, err)
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := s.RoundTrip(r)
		if err == nil && strings.HasSuffix(r.URL.Path, "/issues") {
			resp.Header.Set("Link", `<https://api.github.test/repos/acme/app/issues?after=abc&page=2>; rel="next"`)
		}
		return resp, err
	}))
	_, err = tr.Find(t.Context(), ticket.Query{Project: repo})
	decided(t, err, ticket.Retry)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestALargeRepositoryIsReadByCursor(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{repo}})
	for range 120 {
		_, err := s.AddIssue(repo, "ticketd-bot", "one", markerLine(markerA))
		must(t, err)
	}
	var cursors []string
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		cursor := r.URL.Query().Get("after")
		if cursor != "" {
			cursors = append(cursors, cursor)
			r = r.Clone(r.Context())
			q := r.URL.Query()
			q.Set("page", "2")
			r.URL.RawQuery = q.Encode()
		}
		resp, err := s.RoundTrip(r)
		if err == nil && resp.Header.Get("Link") != "" {
			resp.Header.Set("Link", `<https://api.github.test/repositories/1/issues?after=Y3Vyc29y&per_page=100>; rel="next"`)
		}
		return resp, err
	}))
	found, err := tr.Find(t.Context(), ticket.Query{Project: repo})
	must(t, err)
	if len(found) != 120 || !slices.Equal(cursors, []string{"Y3Vyc29y"}) {
		t.Errorf("%d issues, cursors %v", len(found), cursors)
	}
}

func TestClosingAndReopeningAreVerifiedAndDoneOnce(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	r := create(t, tr).Ref
	closing := ticket.Change{Closing: ticket.Closing{StateReason: "not_planned", AddLabels: []string{"Risk accepted", "DT"}}}
	i, err := tr.SetState(t.Context(), r, closing)
	must(t, err)
	if i.Open || i.Status != "closed" || i.Reason != "not_planned" || !slices.Equal(s.Issues()[0].Labels, []string{"security", "dt", "Risk accepted"}) {
		t.Errorf("closed %+v", i)
	}
	before := len(s.Effects())
	_, err = tr.SetState(t.Context(), r, closing)
	must(t, err)
	if len(s.Effects()) != before {
		t.Errorf("closing twice did %v", s.Effects()[before:])
	}
	i, err = tr.SetState(t.Context(), r, ticket.Change{Open: true})
	must(t, err)
	if !i.Open || i.Reason != "reopened" {
		t.Errorf("reopened %+v", i)
	}
	i, err = tr.SetState(t.Context(), r, ticket.Change{})
	must(t, err)
	if i.Reason != "completed" {
		t.Errorf("closed without a reason: %+v", i)
	}
	s.Fail(githubtest.Fault{Op: "edit", Kind: githubtest.Status, Code: 200, Body: `{"number":1,"state":"closed"}`})
	_, err = tr.SetState(t.Context(), r, ticket.Change{Open: true})
	decided(t, err, ticket.Doubt)
}

func TestAStrangersIssueIsNotTouched(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	_, err := s.AddIssue(repo, "somebody", "theirs", "text")
	must(t, err)
	r := ticket.Ref{ID: "1", Project: repo}
	_, err = tr.SetState(t.Context(), r, ticket.Change{})
	has(t, decided(t, err, ticket.HoldTicket).Hint, "also_ours")
	if i, err := tr.Read(t.Context(), r); err != nil || i.Ours || len(s.Effects()) != 0 {
		t.Errorf("%+v %v %v", i, err, s.Effects())
	}
	tr = trackerOf(t, s, func(o *Options) { o.AlsoOurs = []string{"Somebody"} })
	_, err = tr.SetState(t.Context(), r, ticket.Change{})
	must(t, err)
}

func TestOnlyWhatStandsAsWrittenIsUpdated(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	made := create(t, tr)
	changed := draft(func(d *ticket.Draft) {
		d.Body = ticket.Doc{ticket.Para(ticket.Text("Now TLS 1.1.")...)}
		d.Labels = []string{"security", "p1"}
	})
	must(t, s.EditBody(made.Ref.Key, func(b string) string { return b + "\nA person's words.\n" }))
	i, err := tr.Update(t.Context(), made.Ref, changed, made.Written)
	must(t, err)
	got := s.Issues()[0]
	has(t, got.Body, "Now TLS 1.1.", "A person's words.", markerLine(markerA)[:40])
	lacks(t, got.Body, "accepts TLS")
	if !slices.Equal(got.Labels, []string{"security", "p1"}) || len(i.Kept) != 0 || i.Marker != markerA {
		t.Errorf("labels %v, kept %v, marker %q", got.Labels, i.Kept, i.Marker)
	}

	before := len(s.Effects())
	i, err = tr.Update(t.Context(), made.Ref, changed, i.Written)
	must(t, err)
	if len(s.Effects()) != before || len(i.Kept) != 0 {
		t.Errorf("nothing to do, but %v, kept %v", s.Effects()[before:], i.Kept)
	}

	must(t, s.EditBody(made.Ref.Key, func(b string) string { return strings.Replace(b, "Now TLS 1.1.", "I wrote this.", 1) }))
	must(t, s.RemoveLabel(made.Ref.Key, "p1"))
	again := draft(func(d *ticket.Draft) {
		d.Body, d.Labels = ticket.Doc{ticket.Para(ticket.Text("Third text.")...)}, []string{"security", "p1", "p2"}
	})
	i, err = tr.Update(t.Context(), made.Ref, again, i.Written)
	must(t, err)
	got = s.Issues()[0]
	has(t, got.Body, "I wrote this.")
	if !slices.Equal(i.Kept, []string{"description", "labels"}) || !slices.Equal(got.Labels, []string{"security", "p2"}) {
		t.Errorf("kept %v, labels %v", i.Kept, got.Labels)
	}
}

func TestABodyWithoutOurPartStays(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	made := create(t, tr)
	must(t, s.EditBody(made.Ref.Key, func(string) string { return "rewritten" }))
	i, err := tr.Update(t.Context(), made.Ref, draft(func(d *ticket.Draft) { d.Body = nil }), made.Written)
	must(t, err)
	if s.Issues()[0].Body != "rewritten" || !slices.Equal(i.Kept, []string{"description"}) {
		t.Errorf("body %q, kept %v", s.Issues()[0].Body, i.Kept)
	}
}

func TestALabelWithASlashIsTakenOffAndNothingElse(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	made := create(t, tr, func(d *ticket.Draft) { d.Labels = []string{"sev/high?x#y", "sev"} })
	_, err := tr.Update(t.Context(), made.Ref, draft(func(d *ticket.Draft) { d.Labels = []string{"sev"} }), made.Written)
	must(t, err)
	if got := s.Issues()[0].Labels; !slices.Equal(got, []string{"sev"}) {
		t.Errorf("labels %v", got)
	}
}

func TestCommentsAreFoundByMarkerAndAuthorOnAllPages(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	r := create(t, tr).Ref
	for n := range 130 {
		must(t, s.CommentByPerson(r.Key, "mallory", fmt.Sprintf("<!-- ticketd:v1 dtc-%024x -->\nforged", n)))
	}
	id, err := tr.AddComment(t.Context(), r, ticket.Comment{Marker: markerC, Body: ticket.Doc{ticket.Para(ticket.Text("hello @ada")...)}})
	must(t, err)
	posted, err := tr.Comments(t.Context(), r)
	must(t, err)
	if !slices.Equal(posted, []ticket.Posted{{ID: id, Marker: markerC}}) {
		t.Errorf("posted %v", posted)
	}
	comments := s.Issues()[0].Comments
	if got, want := comments[130].Body, markerLine(markerC)+"\nhello @"+zwsp+"ada\n"; got != want {
		t.Errorf("body %q", got)
	}
	for range 2 { // the second time it is not there, which is success
		must(t, tr.DeleteComment(t.Context(), r, id))
	}
	if n := len(s.Issues()[0].Comments); n != 130 {
		t.Errorf("%d comments", n)
	}
}

func TestATransferredIssueIsFollowed(t *testing.T) {
	s, tr := practice(t, githubtest.Options{Repositories: []string{"acme/other"}})
	old := create(t, tr).Ref
	_, err := s.AddIssue("acme/other", "somebody", "first there", "")
	must(t, err)
	key, err := s.Transfer(old.Key, "acme/other")
	must(t, err)

	i, err := tr.Read(t.Context(), old)
	must(t, err)
	if want := (ticket.Ref{ID: "2", Key: key, Project: "acme/other", URL: "https://github.test/acme/other/issues/2"}); i.Ref != want || i.Marker != markerA || !i.Ours {
		t.Errorf("read %+v", i)
	}
	id, err := tr.AddComment(t.Context(), old, ticket.Comment{Marker: markerC})
	must(t, err)
	posted, err := tr.Comments(t.Context(), old)
	must(t, err)
	if len(posted) != 1 {
		t.Errorf("posted %v", posted)
	}
	i, err = tr.SetState(t.Context(), old, ticket.Change{Closing: ticket.Closing{AddLabels: []string{"done"}}})
	must(t, err)
	if i.Open || i.Ref.Key != key {
		t.Errorf("closed %+v", i)
	}
	must(t, tr.DeleteComment(t.Context(), old, id))
	if got := s.Issues()[1]; got.State != "closed" || len(got.Comments) != 0 || got.Labels[2] != "done" {
		t.Errorf("now %+v", got)
	}
}

func TestARaceWithATransferIsResolvedOnce(t *testing.T) {
	s, tr := practice(t, githubtest.Options{Repositories: []string{"acme/other"}})
	r := create(t, tr).Ref
	s.Fail(githubtest.Fault{Op: "edit", Kind: githubtest.Redirect, Code: 301, Location: "https://api.github.test/repositories/1/issues/1"})
	_, err := tr.SetState(t.Context(), r, ticket.Change{})
	decided(t, err, ticket.HoldDestination) // the issue is where it was, so the answer makes no sense
	if s.Issues()[0].State != "open" {
		t.Error("closed")
	}
	_, err = s.Transfer(r.Key, "acme/other")
	must(t, err)
	if err := tr.DeleteComment(t.Context(), r, "12345"); err != nil { // 404 at both places
		t.Error(err)
	}
}

func TestARenamedRepositoryIsFollowedForIssuesAndReportedForRules(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	old := create(t, tr).Ref
	must(t, s.Rename(repo, "acme/mobile"))
	i, err := tr.SetState(t.Context(), old, ticket.Change{})
	must(t, err)
	if i.Open || i.Ref.Key != "acme/mobile#1" || i.Ref.URL != "https://github.test/acme/mobile/issues/1" {
		t.Errorf("closed %+v", i)
	}
	_, err = tr.AddComment(t.Context(), old, ticket.Comment{Marker: markerC})
	must(t, err)
	_, err = tr.Create(t.Context(), draft())
	has(t, decided(t, err, ticket.HoldDestination).Hint, "acme/app is called acme/mobile now")
	_, err = tr.Find(t.Context(), ticket.Query{Project: repo})
	has(t, decided(t, err, ticket.HoldDestination).Hint, "acme/mobile")

	s.AddRepository(repo) // another repository takes the old name
	_, err = s.AddIssue(repo, "somebody", "theirs", "")
	must(t, err)
	_, err = tr.SetState(t.Context(), old, ticket.Change{Open: true})
	decided(t, err, ticket.HoldTicket)
}

func TestWhatIsNotThereIsToldApart(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	deleted := create(t, tr).Ref
	must(t, s.DeleteIssue(deleted.Key))
	_, err := tr.Read(t.Context(), deleted)
	decided(t, err, ticket.Gone)
	_, err = tr.SetState(t.Context(), deleted, ticket.Change{})
	decided(t, err, ticket.Gone)
	_, err = tr.AddComment(t.Context(), deleted, ticket.Comment{Marker: markerC})
	decided(t, err, ticket.Gone)
	_, err = tr.Read(t.Context(), ticket.Ref{ID: "99", Project: repo})
	decided(t, err, ticket.Missing)

	live := create(t, tr).Ref
	must(t, s.Archive(repo))
	if i, err := tr.Read(t.Context(), live); err != nil || !i.Open {
		t.Errorf("%+v %v", i, err)
	}
	_, err = tr.SetState(t.Context(), live, ticket.Change{})
	has(t, decided(t, err, ticket.HoldDestination).Hint, "archived")

	must(t, s.DisableIssues(repo))
	_, err = tr.Read(t.Context(), live)
	disabled := decided(t, err, ticket.HoldDestination)
	has(t, disabled.Error()+disabled.Hint, "disabled", "enable")

	must(t, s.Hide(repo))
	_, err = tr.Read(t.Context(), live)
	decided(t, err, ticket.HoldDestination)
	s.SetToken("another")
	_, err = tr.Read(t.Context(), live)
	decided(t, err, ticket.HoldTracker)
}

func TestALockedConversationHoldsOneTicket(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	r := create(t, tr).Ref
	must(t, s.LockIssue(r.Key))
	_, err := tr.AddComment(t.Context(), r, ticket.Comment{Marker: markerC})
	decided(t, err, ticket.HoldTicket)
}

func TestATokenThatIsRotatedDuringACallIsTakenUp(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{repo}})
	s.SetToken("new")
	token := "old"
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		token = "new"
		return s.RoundTrip(r)
	}), func(o *Options) { o.Token = func() string { return token } })
	create(t, tr)
	if n := s.Calls()["create"]; n != 2 || len(s.Issues()) != 1 {
		t.Errorf("%d calls, %d issues", n, len(s.Issues()))
	}
}

func TestIssuesOfTheAccountThatWeWereStayOurs(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{repo}})
	other := githubtest.New(githubtest.Options{Token: "new", Login: "another-bot"})
	token := "test-token"
	tr := trackerOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/user" && token == "new" {
			return other.RoundTrip(r)
		}
		return s.RoundTrip(r)
	}), func(o *Options) { o.Token = func() string { return token } })
	create(t, tr)
	for _, token = range []string{"test-token", "new"} {
		s.SetToken(token)
		if found, err := tr.Find(t.Context(), ticket.Query{Project: repo}); err != nil || len(found) != 1 {
			t.Errorf("as %s: %v %v", token, found, err)
		}
	}
	if other.Calls()["user"] != 1 {
		t.Error("the new account was not asked for")
	}
}

func TestTheCredentialMustBelongToTheConfiguredAccount(t *testing.T) {
	s, tr := practice(t, githubtest.Options{}, func(o *Options) { o.Identity = "Ticketd-Bot" })
	a, err := tr.Identity(t.Context())
	must(t, err)
	for want, decision := range map[string]ticket.Decision{a.ID: 0, "somebody": ticket.HoldTracker, "12": ticket.HoldTracker} {
		_, err := trackerOf(t, s, func(o *Options) { o.Identity = want }).Identity(t.Context())
		if decision == 0 {
			must(t, err)
		} else {
			decided(t, err, decision)
		}
	}
}

func TestALoginOfDigitsDoesNotPassForAnID(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	a, err := tr.Identity(t.Context())
	must(t, err)
	_, err = s.AddIssue(repo, a.ID, "a forgery", markerLine(markerA))
	must(t, err)
	if found, err := tr.Find(t.Context(), ticket.Query{Project: repo}); err != nil || len(found) != 0 {
		t.Errorf("%v %v", found, err)
	}
}

func TestARedirectToAnotherHostGetsNothing(t *testing.T) {
	var asked atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer foreign.Close()
	s := githubtest.New(githubtest.Options{Repositories: []string{repo}})
	home := httptest.NewServer(s)
	defer home.Close()
	tr := trackerOf(t, nil, func(o *Options) { o.API, o.Transport = address(t, home.URL), nil })
	defer tr.CloseIdleConnections()
	r := create(t, tr).Ref
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{foreign.URL + "/repositories/1/issues/1", "//" + foreign.Listener.Addr().String() + "/repositories/1/issues/1"} {
			for _, op := range every(tr, r) {
				s.Fail(githubtest.Fault{Op: op.call, Times: -1, Kind: githubtest.Redirect, Code: status, Location: location})
				err := op.do(t.Context())
				s.Heal()
				decided(t, err, ticket.HoldDestination)
			}
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the other host was asked %d times", asked.Load())
	}
	if n := len(s.Effects()); n != 1 {
		t.Errorf("effects %v", s.Effects())
	}
}

func TestOnlyTheAPIsOwnAddressesAreFollowed(t *testing.T) {
	tr := trackerOf(t, unreachable{}, func(o *Options) { o.API = address(t, "https://ghe.test/api/v3") })
	for location, want := range map[string]bool{
		"https://ghe.test/api/v3/repositories/5/issues/7":           true,
		"/api/v3/repositories/5/issues/7":                           true,
		"http://ghe.test/api/v3/repositories/5/issues/7":            false,
		"https://ghe.test:8443/api/v3/repositories/5/issues/7":      false,
		"https://u@ghe.test/api/v3/repositories/5/issues/7":         false,
		"https://ghe.test/repositories/5/issues/7":                  false,
		"https://ghe.test/api/v3/repositories/5/issues/7/..":        false,
		"https://ghe.test/api/v3/repositories/5%2f6/issues/7":       false,
		"https://ghe.test/api/v3/repositories/-5/issues/7":          false,
		"https://ghe.test/api/v3/user":                              false,
		"https://ghe.test/api/v3/repositories/5/issues/99999999999": false,
		"": false, "::": false,
	} {
		if id, n, ok := tr.moved(location); ok != want || ok && (id != 5 || n != 7) {
			t.Errorf("%q: %d %d %v", location, id, n, ok)
		}
	}
}

func TestNamesThatLeadElsewhereAreNeverSent(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	for _, project := range []string{"", "acme", "acme/", "/app", "o/../../orgs/x", "acme/..", "acme/.", "acme/a b", "acme/a%2fb",
		"acme/app/issues", "-acme/app", "acme/app?x", "acme/app#1", "acme/app\n", "acme\x00/app", "ácme/app", strings.Repeat("a", 40) + "/app"} {
		for _, op := range every(tr, ticket.Ref{ID: "1", Project: project}) {
			if op.call != "create" && op.call != "list" && op.call != "user" {
				decided(t, op.do(t.Context()), ticket.HoldTicket)
			}
		}
		_, err := tr.Create(t.Context(), draft(func(d *ticket.Draft) { d.Destination.Project = project }))
		decided(t, err, ticket.HoldTicket)
		_, err = tr.Find(t.Context(), ticket.Query{Project: project})
		decided(t, err, ticket.HoldTicket)
	}
	for _, id := range []string{"", "0", "01", "-1", "1/../2", "1?x", " 1", "９", "12345678901234567890"} {
		_, err := tr.Read(t.Context(), ticket.Ref{ID: id, Project: repo})
		decided(t, err, ticket.HoldTicket)
		decided(t, tr.DeleteComment(t.Context(), ticket.Ref{ID: "1", Project: repo}, id), ticket.HoldTicket)
	}
	for _, marker := range []string{"", "dtw-", markerC, markerA + "0", markerA + "\n"} {
		_, err := tr.Create(t.Context(), draft(func(d *ticket.Draft) { d.Marker = marker }))
		decided(t, err, ticket.HoldTicket)
	}
	if calls := s.Calls(); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

func TestTheEndOfAnAPIVersionIsLoggedOnce(t *testing.T) {
	var log strings.Builder
	s, tr := practice(t, githubtest.Options{}, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 3 {
		s.Fail(githubtest.Fault{Op: "user", Kind: githubtest.Status, Code: 500, Header: map[string]string{
			"Deprecation": "Tue, 10 Mar 2026 00:00:00 GMT", "Sunset": "Fri, 10 Mar 2028 00:00:00 GMT", "Retry-After": "1"}})
		_, err := tr.Identity(t.Context())
		decided(t, err, ticket.Retry)
	}
	if n := strings.Count(log.String(), "retire"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	has(t, log.String(), "2028", "tracker=gh")
}

func TestATrackerIsRefusedWithoutWhatItNeeds(t *testing.T) {
	api, token := address(t, "https://api.github.test"), func() string { return "x" }
	for _, o := range []Options{{}, {API: api, Token: token}, {API: api, Site: api}, {API: api, Site: api, Token: token, App: &App{ID: "1"}}, {API: api, Site: api, App: &App{}}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	tr := trackerOf(t, unreachable{}, func(o *Options) { o.Token = func() string { return " \n" } })
	_, err := tr.Create(t.Context(), draft())
	decided(t, err, ticket.HoldTracker)
}

func TestThreeHundredIssuesCostThreeHundredCalls(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	_, err := tr.Identity(t.Context())
	must(t, err)
	for n := range 300 {
		create(t, tr, func(d *ticket.Draft) { d.Marker = fmt.Sprintf("dtw-%024x", n) })
	}
	if calls := s.Calls(); calls["create"] != 300 || calls["user"] != 1 || len(calls) != 2 {
		t.Errorf("calls %v", calls)
	}
}
