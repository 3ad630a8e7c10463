package github

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

// Every status, for every operation. 3xx, 404 and 410 of an issue are looked into before they are
// decided; the issue here can be read, so that they mean a missing permission.
func TestEveryStatusOfEveryOperationLeadsToOneDecision(t *testing.T) {
	for _, c := range []struct {
		status      int
		write, read ticket.Decision
	}{
		{301, ticket.HoldDestination, ticket.HoldDestination},
		{302, ticket.HoldDestination, ticket.HoldDestination},
		{307, ticket.HoldDestination, ticket.HoldDestination},
		{308, ticket.HoldDestination, ticket.HoldDestination},
		{400, ticket.HoldTicket, ticket.HoldTicket},
		{401, ticket.HoldTracker, ticket.HoldTracker},
		{403, ticket.HoldDestination, ticket.HoldDestination},
		{404, ticket.HoldDestination, ticket.HoldDestination},
		{405, ticket.HoldDestination, ticket.HoldDestination},
		{408, ticket.Doubt, ticket.Retry},
		{409, ticket.Conflict, ticket.Conflict},
		{410, ticket.HoldTracker, ticket.HoldTracker},
		{412, ticket.Conflict, ticket.Conflict},
		{413, ticket.HoldTicket, ticket.HoldTicket},
		{415, ticket.HoldDestination, ticket.HoldDestination},
		{422, ticket.HoldTicket, ticket.HoldTicket},
		{429, ticket.Pause, ticket.Pause},
		{451, ticket.HoldDestination, ticket.HoldDestination},
		{500, ticket.Doubt, ticket.Retry},
		{502, ticket.Doubt, ticket.Retry},
		{503, ticket.Doubt, ticket.Retry},
		{504, ticket.Doubt, ticket.Retry},
	} {
		t.Run(strconv.Itoa(c.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tr := practice(t, githubtest.Options{})
				r := create(t, tr).Ref
				for _, op := range every(tr, r) {
					want := c.read
					if op.write {
						want = c.write
					}
					s.Fail(githubtest.Fault{Op: op.call, Times: -1, Kind: githubtest.Status, Code: c.status, Message: "no"})
					err := op.do(t.Context())
					s.Heal()
					switch {
					case c.status == 404 && (op.call == "unlabel" || op.call == "delete-comment"):
						must(t, err) // what is to be removed is not there
						continue
					case c.status == 404 && op.call == "read":
						want = ticket.Missing
					case c.status == 410 && op.call == "read":
						want = ticket.Gone
					case c.status == 422 && op.call == "label":
						must(t, err) // an issue does without a label
						continue
					}
					if e := decided(t, err, want); e.Status != c.status || e.RequestID == "" {
						t.Errorf("%s: status %d, request %q", op.call, e.Status, e.RequestID)
					}
				}
				if n := len(s.Issues()); n != 1 {
					t.Errorf("%d issues were made", n)
				}
			})
		})
	}
}

func TestAnswersThatSayNothingAreInDoubtForWritesAndRepeatedForReads(t *testing.T) {
	for _, f := range []githubtest.Fault{
		{Kind: githubtest.Cut}, {Kind: githubtest.Cut, Effect: true}, {Kind: githubtest.HTML}, {Kind: githubtest.HTML, Code: 502},
		{Kind: githubtest.Empty}, {Kind: githubtest.Truncated}, {Kind: githubtest.Short}, {Kind: githubtest.Late, Delay: time.Second},
		{Kind: githubtest.Slow, Delay: time.Minute}, {Kind: githubtest.Status, Code: 200, Body: "{}"}, {Kind: githubtest.Status, Code: 202, Body: "{}"},
		{Kind: githubtest.Status, Code: 200, Body: "null"},
	} {
		t.Run(string(f.Kind)+" "+strconv.Itoa(f.Code)+f.Body, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tr := practice(t, githubtest.Options{})
				r := create(t, tr).Ref
				for _, op := range every(tr, r) {
					switch op.call {
					case "label", "unlabel", "delete-comment":
						continue // their answers hold nothing that is needed
					}
					f.Op, f.Times = op.call, -1
					s.Fail(f)
					err := op.do(t.Context())
					s.Heal()
					if op.write {
						decided(t, err, ticket.Doubt)
					} else {
						decided(t, err, ticket.Retry)
					}
				}
				time.Sleep(time.Minute) // late effects have come, in the bubble's time
			})
		})
	}
}

func TestAConnectionThatWasNeverMadeHadNoEffect(t *testing.T) {
	tr := trackerOf(t, unreachable{})
	_, err := tr.Create(t.Context(), draft())
	decided(t, err, ticket.Retry)
}

type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }

func TestLimitsPauseTheTracker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr := practice(t, githubtest.Options{})
		inThreeMinutes := time.Now().Add(3 * time.Minute).UTC().Format(http.TimeFormat)
		after := func(v string) map[string]string { return map[string]string{"Retry-After": v} }
		for _, c := range []struct {
			name      string
			f         githubtest.Fault
			after     time.Duration
			secondary bool
		}{
			{"primary", githubtest.Fault{Kind: githubtest.Primary, Delay: 20 * time.Minute}, 20*time.Minute + time.Second, false},
			{"primary as 429", githubtest.Fault{Kind: githubtest.Primary, Code: 429, Delay: 20 * time.Minute}, 20*time.Minute + time.Second, false},
			{"primary, reset far off", githubtest.Fault{Kind: githubtest.Primary, Delay: 20 * time.Hour}, time.Hour, false},
			{"secondary without Retry-After waits a minute, not until the primary reset", githubtest.Fault{Kind: githubtest.Secondary, Delay: 40 * time.Minute}, time.Minute, true},
			{"secondary as 429", githubtest.Fault{Kind: githubtest.Secondary, Code: 429, Header: after("90")}, 90 * time.Second, true},
			{"secondary with a date", githubtest.Fault{Kind: githubtest.Secondary, Header: after(inThreeMinutes)}, 3 * time.Minute, true},
			{"secondary with nonsense", githubtest.Fault{Kind: githubtest.Secondary, Header: after("-5")}, time.Minute, true},
			{"secondary for ever", githubtest.Fault{Kind: githubtest.Secondary, Header: after("99999999999999999999")}, time.Hour, true},
			{"too quickly", githubtest.Fault{Kind: githubtest.Status, Code: 403, Message: "was submitted too quickly"}, time.Minute, true},
			{"abuse", githubtest.Fault{Kind: githubtest.Status, Code: 403, Message: "You have triggered an abuse detection mechanism."}, time.Minute, true},
			{"403 with Retry-After alone", githubtest.Fault{Kind: githubtest.Status, Code: 403, Header: after("30")}, 30 * time.Second, true},
			{"429 without a word", githubtest.Fault{Kind: githubtest.Status, Code: 429}, time.Minute, true},
		} {
			c.f.Op = "create"
			s.Fail(c.f)
			_, err := tr.Create(t.Context(), draft())
			e := decided(t, err, ticket.Pause)
			if e.After != c.after || e.Secondary != c.secondary {
				t.Errorf("%s: after %v, secondary %v", c.name, e.After, e.Secondary)
			}
			if _, err := tr.Create(t.Context(), draft()); err != nil {
				t.Errorf("%s: the next call did not go out: %v", c.name, err) // go-github would block it
			}
		}
	})
}

func TestAReadThatIsToldToWaitPausesTheTracker(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	s.Fail(githubtest.Fault{Op: "list", Kind: githubtest.Status, Code: 503, Header: map[string]string{"Retry-After": "7"}})
	_, err := tr.Find(t.Context(), ticket.Query{Project: repo})
	if e := decided(t, err, ticket.Pause); e.After != 7*time.Second {
		t.Errorf("after %v", e.After)
	}
}

func TestAForbiddenWriteSaysWhatToDo(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	for _, c := range []struct {
		name, message string
		header        map[string]string
		hint          string
		want          ticket.Decision
	}{
		{"archived", "Repository was archived so is read-only.", nil, "unarchive", ticket.HoldDestination},
		{"permission", "Resource not accessible by personal access token", map[string]string{"X-Accepted-GitHub-Permissions": "issues=write"}, "issues=write", ticket.HoldDestination},
		{"sso", "Resource protected by organization SAML enforcement.", map[string]string{"X-GitHub-SSO": "required; url=https://github.test/orgs/acme/sso?authorization_request=SECRET"}, "sign-on at github.test", ticket.HoldDestination},
		{"interaction", "Interactions on this repository have been restricted", nil, "limited", ticket.HoldDestination},
		{"spam", "This endpoint has been spammed", nil, "support", ticket.HoldDestination},
		{"locked", "Unable to create comment because issue is locked.", nil, "unlock", ticket.HoldTicket},
		{"anything", "Nope", nil, "forbids", ticket.HoldDestination},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 403, Message: c.message, Header: c.header})
			_, err := tr.Create(t.Context(), draft())
			e := decided(t, err, c.want)
			has(t, e.Hint, c.hint)
			if e.Message != c.message {
				t.Errorf("message %q", e.Message)
			}
			if hint := e.Hint + e.Error(); c.name == "sso" && len(hint) > 0 {
				lacks(t, hint, "SECRET", "authorization_request")
			}
		})
	}
}

func TestA410IsReadBeforeItIsBelieved(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 410, Message: "Issues has been disabled in this repository."})
	_, err := tr.Create(t.Context(), draft())
	has(t, decided(t, err, ticket.HoldDestination).Hint, "enable")

	s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 410, Message: "This API version is gone", Header: map[string]string{"Sunset": "Fri, 10 Mar 2028 00:00:00 GMT"}})
	_, err = tr.Create(t.Context(), draft())
	has(t, decided(t, err, ticket.HoldTracker).Hint, "upgrade", "2028")

	r := create(t, tr).Ref
	s.Fail(githubtest.Fault{Times: -1, Kind: githubtest.Status, Code: 410, Message: "This API version is gone"})
	_, err = tr.Read(t.Context(), r)
	decided(t, err, ticket.HoldTracker)
}

func TestFieldErrorsAreToldInWordsWhateverTheirShape(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	for _, c := range []struct{ body, want string }{
		{`{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}`, "title: missing field"},
		{`{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"custom","message":"title is too long"}]}`, "title: title is too long"},
		{`{"message":"Validation Failed","errors":["text in a list"]}`, "text in a list"},
		{`{"message":"Validation Failed","errors":"a bare text"}`, "a bare text"},
		{`{"message":"Bad\r\n\u001b[31mnews"}`, "Bad [31mnews"},
		{`<html>`, "HTTP 422"},
	} {
		s.Fail(githubtest.Fault{Op: "create", Kind: githubtest.Status, Code: 422, Body: c.body})
		_, err := tr.Create(t.Context(), draft())
		has(t, decided(t, err, ticket.HoldTicket).Error(), c.want)
	}
}
