package githubtest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/github/githubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func show(t *testing.T, s *githubtest.Server, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestTheIssuesPageShowsItForPeople(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{"acme/app"}})
	body := "<!-- ticketd:v1 dtw-0123456789abcdef01234567 -->\n<!-- ticketd:begin -->\n\n**HIGH** in `api`\n\n" +
		"| | |\n|---|---|\n| Asset | `https://x` |\n| Portal | [Open](<https://portal.example/?a=1&amp;b=2>) |\n\n### Description\n\n" +
		"\\<script\\>alert(1)\\</script\\> \\- 5 \\`tick\\`\n\n````text\n```\ncode\n````\n\n- one\n- two\n\n> words\n\n<!-- ticketd:end -->\n"
	key, err := s.AddIssue("acme/app", "ticketd-bot", "TLS <1.2>", body)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.AddLabel(key, "security"), s.CommentByPerson(key, "ada", "on it"), s.CloseByPerson(key)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	code, page := show(t, s, "/acme/app/issues/1")
	for _, want := range []string{"TLS &lt;1.2&gt;", "closed as completed", "<li>security</li>", "ada commented", "<b>HIGH</b>",
		"<td><code>https://x</code></td>", `<a href="https://portal.example/?a=1&amp;b=2">Open</a>`, "<h3>Description</h3>",
		"&lt;script&gt;alert(1)&lt;/script&gt; - 5 `tick`", "<pre>```\ncode</pre>", "<li>two</li>", "<blockquote>words</blockquote>"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if code != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, "ticketd:begin") {
		t.Errorf("%d\n%s", code, page)
	}
	if _, list := show(t, s, "/"); !strings.Contains(list, `<a href="/acme/app/issues/1">acme/app#1</a>`) {
		t.Errorf("list\n%s", list)
	}
	if code, _ := show(t, s, "/acme/app/issues/2"); code != http.StatusNotFound {
		t.Errorf("another issue answers %d", code)
	}
	if _, found := s.Issue("acme/app#1"); !found {
		t.Error("the issue is not to be had by its key")
	}
}

func TestAStrangerIsRefused(t *testing.T) {
	s := githubtest.New(githubtest.Options{Repositories: []string{"acme/app"}})
	for _, path := range []string{"/user", "/repos/acme/app/issues", "/api/v3/repos/acme/app/issues/1", "/app"} {
		if code, _ := show(t, s, path); code != http.StatusUnauthorized {
			t.Errorf("%s answers %d", path, code)
		}
	}
}

func TestAMistakenNameIsAnErrorAndNoPanic(t *testing.T) {
	s := githubtest.New(githubtest.Options{})
	_, transferred := s.Transfer("acme/app#1", "acme/other")
	_, added := s.AddIssue("acme/app", "a", "b", "c")
	for _, err := range []error{transferred, added, s.Archive("acme/app"), s.DeleteIssue("acme/app#x"), s.LockIssue("nonsense")} {
		if err == nil {
			t.Error("no error")
		}
	}
}
