package jiratest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func send(t *testing.T, rt http.RoundTripper, base, method, path, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

const someIssue = `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},"summary":"<b>Bucket</b>","labels":["a"],
	"description":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"<script>alert(1)</script>"}]}]}}}`

func TestThePageShowsTextAndNoMarkup(t *testing.T) {
	s := New(Options{})
	if _, _, err := send(t, s, "http://x", "POST", "/rest/api/3/issue", someIssue); err != nil {
		t.Fatal(err)
	}
	resp, page, err := send(t, s, "http://x", "GET", "/browse/SEC-1", "")
	if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Errorf("page %v:\n%s", err, page)
	}
	if _, list, err := send(t, s, "http://x", "GET", "/", ""); err != nil || !strings.Contains(list, `<a href="/browse/SEC-1">`) {
		t.Errorf("list %v:\n%s", err, list)
	}
	if resp, _, err := send(t, s, "http://x", "GET", "/browse/SEC-2", ""); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("a page of nothing: %v, %v", resp, err)
	}
}

func TestACutConnectionBringsNoAnswerOverARealSocketAndInProcess(t *testing.T) {
	s := New(Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	socket := &http.Transport{DisableKeepAlives: true}
	for name, rt := range map[string]http.RoundTripper{"socket": socket, "process": s} {
		before := len(s.Effects())
		s.Fail(Fault{Op: "create", Kind: Cut, Effect: true})
		s.Fail(Fault{Op: "create", Kind: Cut})
		s.Fail(Fault{Op: "create", Kind: Short})
		for range 3 {
			if resp, body, err := send(t, rt, server.URL, "POST", "/rest/api/3/issue", someIssue); err == nil {
				t.Errorf("%s: answer %d %q", name, resp.StatusCode, body)
			}
		}
		if n := len(s.Effects()) - before; n != 2 {
			t.Errorf("%s: %d effects, want 2", name, n)
		}
	}
}

func TestALateEffectComesAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Fail(Fault{Op: "create", Kind: Late, Delay: time.Minute})
		resp, _, err := send(t, s, "http://x", "POST", "/rest/api/3/issue", someIssue)
		if err != nil || resp.StatusCode != http.StatusGatewayTimeout || len(s.Effects()) != 0 {
			t.Fatalf("answer %v, %v, effects %v", resp, err, s.Effects())
		}
		began := time.Now()
		time.Sleep(time.Minute + time.Second) // the bubble's clock
		if e := s.Effects(); len(e) != 1 || e[0].At.Sub(began) != time.Minute {
			t.Errorf("effects %v", e)
		}
	})
}

func TestASlowAnswerComesUnlessTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Fail(Fault{Op: "serverInfo", Kind: Slow, Delay: time.Minute, Times: -1})
		began := time.Now()
		resp, _, err := send(t, s, "http://x", "GET", "/rest/api/3/serverInfo", "")
		if err != nil || resp.StatusCode != http.StatusOK || time.Since(began) != time.Minute {
			t.Errorf("answer %v, %v after %v", resp, err, time.Since(began))
		}
		s.Heal()
		began = time.Now()
		if _, _, err := send(t, s, "http://x", "GET", "/rest/api/3/serverInfo", ""); err != nil || time.Since(began) != 0 {
			t.Errorf("healed: %v after %v", err, time.Since(began))
		}
	})
}

func TestWhatJiraRefusesIsRefused(t *testing.T) {
	create := func(fields string) string {
		return `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},` + fields + `}}`
	}
	adf := func(nodes string) string {
		return create(`"summary":"x","description":{"type":"doc","version":1,"content":[` + nodes + `]}`)
	}
	for name, test := range map[string]struct{ body, word string }{
		"not JSON":            {`{`, "Invalid request payload"},
		"unknown member":      {`{"field":{}}`, "Invalid request payload"},
		"no summary":          {create(`"labels":[]`), "Summary is required"},
		"long summary":        {create(`"summary":"` + strings.Repeat("x", 255) + `"`), "less than 255"},
		"summary with a line": {create(`"summary":"a\nb"`), "newline"},
		"label with a space":  {create(`"summary":"x","labels":["a b"]`), "contains spaces"},
		"unknown field":       {create(`"summary":"x","customfield_1":1`), "cannot be set"},
		"unknown priority":    {create(`"summary":"x","priority":{"name":"P0"}`), "priority selected is invalid"},
		"text on version 3":   {create(`"summary":"x","description":"wiki"`), "Atlassian Document"},
		"empty text node":     {adf(`{"type":"paragraph","content":[{"type":"text","text":""}]}`), "INVALID_INPUT"},
		"mark in code":        {adf(`{"type":"codeBlock","content":[{"type":"text","text":"x","marks":[{"type":"strong"}]}]}`), "INVALID_INPUT"},
		"empty list":          {adf(`{"type":"bulletList"}`), "INVALID_INPUT"},
		"misplaced node":      {adf(`{"type":"listItem"}`), "INVALID_INPUT"},
	} {
		s := New(Options{})
		resp, body, err := send(t, s, "http://x", "POST", "/rest/api/3/issue", test.body)
		if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, test.word) || len(s.Effects()) != 0 {
			t.Errorf("%s: %v %v %s", name, resp.StatusCode, err, body)
		}
	}
}

func TestVersion2OfCloudTakesAndShowsPlainText(t *testing.T) {
	s := New(Options{})
	body := `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},"summary":"x","description":"one\ntwo"}}`
	if resp, text, err := send(t, s, "http://x", "POST", "/rest/api/2/issue", body); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("%v %s", err, text)
	}
	for path, want := range map[string]string{"/rest/api/2/issue/SEC-1": `"description":"one\n\ntwo"`, "/rest/api/3/issue/SEC-1": `"type":"doc"`} {
		if _, text, err := send(t, s, "http://x", "GET", path, ""); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v %s", path, err, text)
		}
	}
}

func TestAPersonCanWriteTheSameAboveAndBelow(t *testing.T) {
	for _, dataCenter := range []bool{false, true} {
		s := New(Options{DataCenter: dataCenter})
		body := `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},"summary":"x","description":"same"}}`
		if _, text, err := send(t, s, "http://x", "POST", "/rest/api/2/issue", body); err != nil {
			t.Fatalf("%v %s", err, text)
		}
		if err := s.WriteAround("SEC-1", "same", "same"); err != nil {
			t.Fatal(err)
		}
		if i, _ := s.Issue("SEC-1"); strings.Count(i.Description, "same") != 3 {
			t.Errorf("Data Center %v: %q", dataCenter, i.Description)
		}
	}
}

func TestTheServerIsSafeForConcurrentUse(t *testing.T) {
	s := New(Options{})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 20 {
				_, _, err := send(t, s, "http://x", "POST", "/rest/api/3/issue", someIssue)
				if err != nil {
					t.Error(err)
				}
				s.Issues()
				_ = s.AddLabel(fmt.Sprintf("SEC-%d", n+1), "seen") // it may not exist yet
			}
		})
	}
	wg.Wait()
	if len(s.Issues()) != 160 || s.Calls()["create"] != 160 {
		t.Errorf("%d issues of %d calls", len(s.Issues()), s.Calls()["create"])
	}
}

func TestARequestWhoseBodyBreaksOffDoesNothing(t *testing.T) {
	s := New(Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/rest/api/3/issue", errReader{})
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.RoundTrip(r); err == nil && resp.StatusCode == http.StatusCreated {
		_ = resp.Body.Close()
		t.Error("a body that broke off made an issue")
	}
	if len(s.Effects()) != 0 {
		t.Errorf("effects %v", s.Effects())
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("gone") }
