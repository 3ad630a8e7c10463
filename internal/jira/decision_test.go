package jira

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// operation is one call of the adapter and how the fake names the request that fails.
type operation struct {
	name  string
	write bool
	call  func(s setup, t *testing.T, ref ticket.Ref) error
}

func operations() []operation {
	note := ticket.Comment{Marker: opA, Body: ticket.Doc{ticket.Para(ticket.Text("note")...)}}
	return []operation{
		{"myself", false, func(s setup, t *testing.T, _ ticket.Ref) error { _, err := s.t.Identity(t.Context()); return err }},
		{"create", true, func(s setup, t *testing.T, _ ticket.Ref) error {
			_, err := s.t.Create(t.Context(), draft())
			return err
		}},
		{"read", false, func(s setup, t *testing.T, ref ticket.Ref) error { _, err := s.t.Read(t.Context(), ref); return err }},
		{"search", false, func(s setup, t *testing.T, _ ticket.Ref) error {
			_, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
			return err
		}},
		{"transitions", false, func(s setup, t *testing.T, ref ticket.Ref) error {
			_, err := s.t.SetState(t.Context(), ref, ticket.Change{})
			return err
		}},
		{"transition", true, func(s setup, t *testing.T, ref ticket.Ref) error {
			_, err := s.t.SetState(t.Context(), ref, ticket.Change{})
			return err
		}},
		{"update", true, func(s setup, t *testing.T, ref ticket.Ref) error {
			i, err := s.t.Read(t.Context(), ref)
			if err == nil {
				_, err = s.t.Update(t.Context(), ref, changed(), i.Written)
			}
			return err
		}},
		{"comments", false, func(s setup, t *testing.T, ref ticket.Ref) error {
			_, err := s.t.Comments(t.Context(), ref)
			return err
		}},
		{"comment", true, func(s setup, t *testing.T, ref ticket.Ref) error {
			_, err := s.t.AddComment(t.Context(), ref, note)
			return err
		}},
		{"update", true, func(s setup, t *testing.T, ref ticket.Ref) error {
			return s.t.Relabel(t.Context(), ref, []string{"refused"}, []string{"security"})
		}},
		{"delete-comment", true, func(s setup, t *testing.T, ref ticket.Ref) error { return s.t.DeleteComment(t.Context(), ref, "10002") }},
	}
}

// expected is the decision for a status answered to an operation; 0 means success.
func expected(op operation, status int) ticket.Decision {
	onIssue := op.name != "create" && op.name != "search" && op.name != "myself"
	var d ticket.Decision
	switch status {
	case 300, 301, 302, 303, 304, 307, 308, 401:
		return ticket.HoldTracker
	case 400, 411, 413, 422, 499:
		d = ticket.HoldTicket
		if status == 400 && op.name == "transition" {
			d = ticket.Refused
		}
		if status == 400 && op.name == "search" {
			d = ticket.HoldDestination
		}
	case 404:
		d = ticket.HoldDestination
		if onIssue {
			d = ticket.Missing
		}
		if op.name == "delete-comment" {
			return 0
		}
	case 403, 405, 410, 415, 451:
		d = ticket.HoldDestination
	case 409, 412:
		return ticket.Conflict
	case 429:
		return ticket.Pause
	default: // 408 and 5xx
		if op.write {
			return ticket.Doubt
		}
		return ticket.Retry
	}
	if op.name == "myself" {
		return ticket.HoldTracker
	}
	return d
}

func TestEveryStatusOfEveryOperationHasItsDecision(t *testing.T) {
	statuses := []int{300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 411, 412, 413, 415, 422, 429, 451, 499,
		500, 501, 502, 503, 504, 520, 599}
	for _, dc := range []bool{false, true} {
		for _, op := range operations() {
			for _, status := range statuses {
				t.Run(fmt.Sprintf("dc=%v/%s/%d", dc, op.name, status), func(t *testing.T) {
					s := start(t, jiratest.Options{DataCenter: dc})
					issue := s.create(t, draft())
					s.Fail(jiratest.Fault{Op: op.name, Kind: jiratest.Answer, Code: status})
					err := op.call(s, t, issue.Ref)
					want := expected(op, status)
					if want == 0 {
						if err != nil {
							t.Error(err)
						}
						return
					}
					if e := wantDecision(t, err, want); e.Status != status || e.RequestID == "" {
						t.Errorf("error %+v", e)
					}
				})
			}
		}
	}
}

func TestAnAnswerThatSaysNothingIsDoubtForAWriteAndRetryForARead(t *testing.T) {
	faults := map[string]jiratest.Fault{
		"cut before the effect": {Kind: jiratest.Cut},
		"cut after the effect":  {Kind: jiratest.Cut, Effect: true},
		"page with 200":         {Kind: jiratest.HTML, Effect: true},
		"page with 502":         {Kind: jiratest.HTML, Code: 502, Effect: true},
		"error after effect":    {Kind: jiratest.Answer, Code: 500, Effect: true},
		"empty":                 {Kind: jiratest.Empty},
		"truncated":             {Kind: jiratest.Truncated},
		"broken off":            {Kind: jiratest.Short},
	}
	for name, fault := range faults {
		for _, op := range operations() {
			noBody := op.name == "transition" || op.name == "update" || op.name == "delete-comment"
			if noBody && (fault.Kind == jiratest.Empty || fault.Kind == jiratest.Truncated || fault.Kind == jiratest.Short) {
				continue // 204 has no body to lose
			}
			t.Run(name+"/"+op.name, func(t *testing.T) {
				s := start(t, jiratest.Options{})
				issue := s.create(t, draft())
				f := fault
				f.Op = op.name
				s.Fail(f)
				want := ticket.Retry
				if op.write {
					want = ticket.Doubt
				}
				wantDecision(t, op.call(s, t, issue.Ref), want)
			})
		}
	}
}

func TestThrottlingSaysWhoWaitsAndHowLong(t *testing.T) {
	tests := map[string]struct {
		code   int
		header map[string]string
		op     string
		want   ticket.Decision
		after  time.Duration
	}{
		"seconds":             {429, map[string]string{"Retry-After": "17"}, "create", ticket.Pause, 17 * time.Second},
		"date":                {429, map[string]string{"Retry-After": noon().Add(90 * time.Second).Format(http.TimeFormat)}, "read", ticket.Pause, 90 * time.Second},
		"reset":               {429, map[string]string{"X-RateLimit-Reset": "2026-11-23T12:05Z"}, "create", ticket.Pause, 5 * time.Minute},
		"reset far away":      {429, map[string]string{"X-RateLimit-Reset": "2031-01-01T00:00:00Z"}, "create", ticket.Pause, time.Hour},
		"nothing":             {429, nil, "create", ticket.Pause, 0},
		"clamped":             {429, map[string]string{"Retry-After": "999999999999999999999"}, "create", ticket.Pause, time.Hour},
		"quota":               {429, map[string]string{"Retry-After": "9", "RateLimit-Reason": "jira-quota-tenant-based"}, "create", ticket.Pause, 9 * time.Second},
		"this issue only":     {429, map[string]string{"Retry-After": "2", "RateLimit-Reason": "jira-per-issue-on-write"}, "comment", ticket.Slow, 2 * time.Second},
		"maintenance, read":   {503, map[string]string{"Retry-After": "60"}, "read", ticket.Pause, time.Minute},
		"maintenance, search": {503, map[string]string{"Retry-After": "60"}, "search", ticket.Pause, time.Minute},
		"maintenance, write":  {503, map[string]string{"Retry-After": "60"}, "create", ticket.Doubt, time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, jiratest.Options{})
			issue := s.create(t, draft())
			s.Fail(jiratest.Fault{Op: test.op, Kind: jiratest.Answer, Code: test.code, Header: test.header})
			for _, op := range operations() {
				if op.name == test.op {
					if e := wantDecision(t, op.call(s, t, issue.Ref), test.want); e.After != test.after {
						t.Errorf("after %v, want %v", e.After, test.after)
					}
				}
			}
		})
	}
}

func TestADeadTokenIsNeverAnEmptyAnswer(t *testing.T) {
	for _, mode := range []jiratest.Anonymity{jiratest.Strict, jiratest.Anonymous, jiratest.AnonymousSilent} {
		for _, dc := range []bool{false, true} {
			for _, known := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/dc=%v/known=%v", mode, dc, known), func(t *testing.T) {
					s := start(t, jiratest.Options{DataCenter: dc, WrongToken: mode})
					issue := s.create(t, draft())
					if known {
						if _, err := s.t.Identity(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					s.SetToken("rotated")
					for _, op := range operations() {
						if e := wantDecision(t, op.call(s, t, issue.Ref), ticket.HoldTracker); e.Hint == "" {
							t.Errorf("%s: no hint", op.name)
						}
					}
				})
			}
		}
	}
}

func TestAWriteThatAStrangerWasAllowedIsInDoubt(t *testing.T) {
	s := start(t, jiratest.Options{})
	tracker := start(t, jiratest.Options{}, func(o *Options) {
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := s.RoundTrip(r)
			if err == nil && r.Method == http.MethodPost {
				resp.Header.Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
			}
			return resp, err
		})
	})
	_, err := tracker.t.Create(t.Context(), draft())
	if e := wantDecision(t, err, ticket.Doubt); e.Status != http.StatusCreated {
		t.Errorf("error %+v", e)
	}
	_, err = tracker.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
	wantDecision(t, err, ticket.HoldTracker)
}

func TestNothingIsSentWithoutACredential(t *testing.T) {
	broken := errors.New("secret file is gone")
	for name, credential := range map[string]Credential{
		"error": func() (string, string, error) { return "", "", broken },
		"empty": func() (string, string, error) { return email, "", nil },
	} {
		s := start(t, jiratest.Options{}, func(o *Options) { o.Credential = credential })
		_, err := s.t.Create(t.Context(), draft())
		wantDecision(t, err, ticket.HoldTracker)
		if len(s.Calls()) != 0 {
			t.Errorf("%s: calls %v", name, s.Calls())
		}
	}
}

func TestIdentityRefusesAnotherAccountThanTheConfiguredOne(t *testing.T) {
	for identity, fine := range map[string]bool{"5b10a2844c20165700ede21g": true, "TICKETD@example.com": true, "ticketd": false, "5b": false} {
		s := start(t, jiratest.Options{}, func(o *Options) { o.Identity = identity })
		account, err := s.t.Identity(t.Context())
		if fine && (err != nil || account.ID != "5b10a2844c20165700ede21g" || account.Name != "ticketd") {
			t.Errorf("%s: %+v, %v", identity, account, err)
		}
		if !fine {
			wantDecision(t, err, ticket.HoldTracker)
		}
	}
}

func TestASearchThatWasRemovedIsAnError(t *testing.T) {
	s := start(t, jiratest.Options{SearchGone: true})
	_, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
	if e := wantDecision(t, err, ticket.HoldDestination); e.Status != http.StatusGone || e.Hint != hintSearchGone || !strings.Contains(e.Message, "removed") {
		t.Errorf("error %+v", e)
	}
}

func TestAFindInAHiddenProjectIsAnError(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{{Key: "SEC", Hidden: true}}})
		_, err := s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
		wantDecision(t, err, ticket.HoldDestination)
		s.AddProject(jiratest.Project{Key: "SEC", Archived: true})
		_, err = s.t.Find(t.Context(), ticket.Query{Project: "SEC", Markers: []string{markerA}})
		if e := wantDecision(t, err, ticket.HoldDestination); e.Hint != hintArchived {
			t.Errorf("hint %q", e.Hint)
		}
	})
}
