package jira

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

func TestTheResetOfALimitIsMeasuredOnJirasClock(t *testing.T) {
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Deployment = Cloud
		o.Now = func() time.Time { return noon().Add(40 * time.Minute) }
		o.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.Header().Set("Date", noon().Format(http.TimeFormat))
			w.Header().Set("X-RateLimit-Reset", noon().Add(10*time.Minute).Format(time.RFC3339))
			w.WriteHeader(http.StatusTooManyRequests)
			return w.Result(), nil
		})
	})
	_, err := s.t.Identity(t.Context())
	if e := wantDecision(t, err, ticket.Pause); e.After != 10*time.Minute {
		t.Errorf("after %v", e.After)
	}
}

// A rotated token may belong to another account: what that one created is ours too, and an issue
// that is not recognised would be made a second time.
func TestAnIssueOfTheAccountOfARotatedTokenIsFound(t *testing.T) {
	token := "token-of-one"
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Deployment = Cloud
		o.Credential = func() (string, string, error) { return email, token, nil }
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			_, password, _ := r.BasicAuth()
			account := map[string]string{"token-of-one": "one", "token-of-two": "two"}[password]
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", "application/json")
			body := fmt.Sprintf(`{"accountId":%q,"key":"SEC","permissions":{"BROWSE_PROJECTS":{"havePermission":true}},"issues":[
				{"id":"10001","key":"SEC-1","fields":{"status":{"statusCategory":{"key":"new"}},"labels":[%q],"creator":{"accountId":"one"}}},
				{"id":"10002","key":"SEC-2","fields":{"status":{"statusCategory":{"key":"new"}},"labels":[%q],"creator":{"accountId":"two"}}},
				{"id":"10003","key":"SEC-3","fields":{"status":{"statusCategory":{"key":"new"}},"labels":[%q],"creator":{"accountId":"somebody"}}}]}`,
				account, markerA, markerA, markerA)
			if _, err := w.WriteString(body); err != nil {
				return nil, err
			}
			return w.Result(), nil
		})
	})
	for want, now := range []string{"token-of-one", "token-of-two"} {
		token = now
		found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
		if err != nil || len(found) != want+1 {
			t.Errorf("with %s: %v, %v", now, found, err)
		}
	}
}

func TestASecondMarkerLabelDoesNotHideAnIssue(t *testing.T) {
	both(t, func(t *testing.T, dataCenter bool) {
		s := start(t, jiratest.Options{DataCenter: dataCenter})
		d := draft()
		d.Marker = markerB
		ref := s.create(t, d).Ref
		// Jira gives labels in alphabetical order, so that a person's may come first.
		if err := errors.Join(s.AddLabel(ref.Key, markerA), s.RemoveLabel(ref.Key, markerB), s.AddLabel(ref.Key, markerB)); err != nil {
			t.Fatal(err)
		}
		for marker, want := range map[string]int{markerA: 0, markerB: 1} {
			found, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{marker}})
			if err != nil || len(found) != want {
				t.Errorf("%s: %v, %v", marker, found, err)
			}
		}
	})
}

func TestAHundredLongCommentsAreRead(t *testing.T) {
	both(t, func(t *testing.T, dataCenter bool) {
		s := start(t, jiratest.Options{DataCenter: dataCenter})
		ref := s.create(t, draft()).Ref
		for range 100 {
			if err := s.CommentByPerson(ref.Key, strings.Repeat("読", 32_000), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.t.AddComment(t.Context(), ref, ticket.Comment{Marker: opA, Body: ticket.Doc{ticket.Head("x")}}); err != nil {
			t.Fatal(err)
		}
		if posted, err := s.t.Comments(t.Context(), ref); err != nil || len(posted) != 1 {
			t.Errorf("%v, %v", posted, err)
		}
	})
}

// Reading each level of it anew would take minutes.
func TestAnErrorThatIsNestedWithoutEndCostsLittle(t *testing.T) {
	deep := strings.Repeat("[", 9_000) + strings.Repeat(`"x",`, 100_000) + `"x"` + strings.Repeat("]", 9_000)
	p := parseProblem([]byte(`{"errorMessages":` + deep + `}`))
	if len(p.Messages) != 1 {
		t.Errorf("%d messages", len(p.Messages))
	}
}

// Trying each of them with each beginning would take minutes.
func TestADescriptionFullOfReferencesCostsLittle(t *testing.T) {
	text := strings.Repeat("----\n"+referenceWord+markerA+"\n", 3_000)
	current, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := renderDescription(false, draft()).within(false, current, markerA, "no such digest"); ok {
		t.Error("a part that we never wrote was taken for ours")
	}
}

func TestALabelCannotBePutTogetherToAMarker(t *testing.T) {
	for _, text := range []string{markerA, "dtw\t0123456789abcdef01234567", " dtw 0123456789abcdef01234567", "d\u200btw-0123456789abcdef01234567", "dt\u2028w-0123456789abcdef01234567"} {
		if got := label(text); reMarker.MatchString(got) || strings.Contains(got, "dtw-") {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Found by internal/proof/outbound: a list of transitions that is not there was a workflow without a
// way, which a person is told of, and a comment without its number was somebody else's.
func TestAnAnswerWithoutItsMembersIsReadAgain(t *testing.T) {
	for body, read := range map[string]func(*Tracker) error{
		`{}`:                            func(tr *Tracker) error { return closing(t, tr) },
		`{"transitions":null}`:          func(tr *Tracker) error { return closing(t, tr) },
		`{"transitions":[null]}`:        func(tr *Tracker) error { return closing(t, tr) },
		`{"transitions":[{"id":"x"}]}`:  func(tr *Tracker) error { return closing(t, tr) },
		`{"total":1,"comments":[null]}`: func(tr *Tracker) error { return commented(t, tr) },
	} {
		s := start(t, jiratest.Options{})
		s.create(t, draft())
		tr := start(t, jiratest.Options{}, func(o *Options) {
			o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/transitions") || strings.HasSuffix(r.URL.Path, "/comment") {
					return answering(http.StatusOK, body).RoundTrip(r)
				}
				return s.RoundTrip(r)
			})
		})
		if err := read(tr.t); err == nil || ticket.DecisionOf(err) != ticket.Retry {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func closing(t *testing.T, tr *Tracker) error {
	t.Helper()
	_, err := tr.SetState(t.Context(), ticket.Ref{ID: "10001", Key: "SEC-1", Project: "SEC"}, ticket.Change{})
	return err
}

func commented(t *testing.T, tr *Tracker) error {
	t.Helper()
	_, err := tr.Comments(t.Context(), ticket.Ref{ID: "10001", Key: "SEC-1", Project: "SEC"})
	return err
}

func TestAProjectThatIsNoneIsNotTakenFromAnAnswer(t *testing.T) {
	s := start(t, jiratest.Options{}, func(o *Options) {
		o.Deployment = Cloud
		o.Transport = answering(http.StatusOK, `{"id":"10001","key":"SEC-1","accountId":"x","fields":{"status":{"statusCategory":{"key":"new"}},"project":{"key":"https://evil.example/"}}}`)
	})
	_, err := s.t.Read(t.Context(), ticket.Ref{ID: "10001"})
	wantDecision(t, err, ticket.Retry)
}
