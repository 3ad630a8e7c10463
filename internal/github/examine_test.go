package github

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/ticket"
)

// told is a fixed day on the practice GitHub's and the tracker's clock.
func told() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func clocked(o *Options) { o.Now = told }

func asApp(o *Options) {
	o.App = &App{ID: "1", Installation: 5, PrivateKey: func() ([]byte, error) { return pkcs1(appKey()), nil }}
}

func appServer() githubtest.Options {
	return githubtest.Options{Now: told, App: &githubtest.App{ID: "1", Number: 1, Slug: "dt", Installation: 5, Key: &appKey().PublicKey}}
}

// need asks for one of everything.
func need() ticket.Need {
	want := func(a ticket.Aspect, value string) ticket.Want {
		return ticket.Want{Aspect: a, Value: value, Key: []string{"rule", "0", string(a)}}
	}
	return ticket.Need{Destination: ticket.Destination{Tracker: "gh", Project: repo}, Rules: []string{"all"},
		Wants: []ticket.Want{want(ticket.WantLabel, "security"), want(ticket.WantAssignee, "ada"), want(ticket.WantMilestone, "Q1")}}
}

// furnish gives the practice repository what the need asks for.
func furnish(t *testing.T, s *githubtest.Server) {
	t.Helper()
	must(t, s.AddPerson(repo, "Ada"))
	must(t, s.DefineLabel(repo, "Security"))
	_, err := s.AddMilestone(repo, "Q1")
	must(t, err)
	_, err = s.AddIssue(repo, "ada", "an issue", "")
	must(t, err)
}

// in writes symptoms as lines: severity, check, text (hint).
func in(symptoms []ticket.Symptom) string {
	var b strings.Builder
	for _, s := range symptoms {
		fmt.Fprintf(&b, "%s %s: %s", s.Severity, s.Check, s.Text)
		if s.Hint != "" {
			fmt.Fprintf(&b, " (%s)", s.Hint)
		}
		if s.Paste != "" {
			fmt.Fprintf(&b, " {%s}", s.Paste)
		}
		if s.Key != nil {
			fmt.Fprintf(&b, " @%s", strings.Join(s.Key, "."))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestAWellRepositoryIsFoundWellByReadsAlone(t *testing.T) {
	tests := map[string]struct {
		server githubtest.Options
		edit   func(*Options)
		calls  string
	}{
		"classic token": {githubtest.Options{Now: told}, clocked, "assignee 1, labels 1, list 1, milestones 2, repository 1, user 1"},
		"app":           {appServer(), func(o *Options) { clocked(o); asApp(o) }, "app 1, assignee 1, installation 1, labels 1, list 1, milestones 2, repository 1, token 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, tr := practice(t, tt.server, tt.edit)
			s.Classic("repo")
			furnish(t, s)
			got := tr.Examine(t.Context(), need())
			for _, symptom := range got {
				if symptom.Severity != ticket.Healthy {
					t.Errorf("not well:\n%s", in([]ticket.Symptom{symptom}))
				}
			}
			if len(got) < 7 {
				t.Errorf("too little was looked at:\n%s", in(got))
			}
			if effects := s.Effects(); len(effects) != 0 {
				t.Errorf("something was changed: %v", effects)
			}
			var calls []string
			for _, op := range slices.Sorted(maps.Keys(s.Calls())) {
				calls = append(calls, fmt.Sprintf("%s %d", op, s.Calls()[op]))
			}
			if strings.Join(calls, ", ") != tt.calls {
				t.Errorf("calls %v, want %s", calls, tt.calls)
			}
		})
	}
}

func TestACheapExaminationCostsTwoCalls(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	n := need()
	n.Cheap = true
	for _, symptom := range tr.Examine(t.Context(), n) {
		if symptom.Severity != ticket.Healthy {
			t.Errorf("not well: %s", in([]ticket.Symptom{symptom}))
		}
	}
	if calls := s.Calls(); len(calls) != 2 || calls["user"] != 1 || calls["repository"] != 1 {
		t.Errorf("calls %v", calls)
	}
}

// ailment is one way in which GitHub is not as the rules need it, with the only line that may tell of
// anything not being well.
type ailment struct {
	name  string
	spoil func(*testing.T, *githubtest.Server) // may be nil
	edit  func(*Options)                       // may be nil
	need  func(*ticket.Need)                   // may be nil
	want  string
}

func on(do func(*githubtest.Server) error) func(*testing.T, *githubtest.Server) {
	return func(t *testing.T, s *githubtest.Server) {
		t.Helper()
		must(t, do(s))
	}
}

func with(f githubtest.Fault) func(*testing.T, *githubtest.Server) {
	return func(_ *testing.T, s *githubtest.Server) { s.Fail(f) }
}

func TestEveryFaultOfATokensRepositoryIsTold(t *testing.T) {
	for _, f := range []ailment{
		{name: "the host is down", spoil: with(githubtest.Fault{Times: -1, Kind: githubtest.Cut}),
			want: "error site: api.github.test does not answer as it should: identity: Get \"https://api.github.test/user\": connection reset by peer (check that the host can be reached from here: its name, its port, a proxy, its certificate)"},
		{name: "something else answers", spoil: with(githubtest.Fault{Times: -1, Kind: githubtest.HTML}),
			want: "error site: api.github.test does not answer as it should: identity: HTTP 200: the answer is not the JSON that was asked for (check url and api_url of the tracker: this does not look like GitHub's API)"},
		{name: "the quota is used up", spoil: with(githubtest.Fault{Op: "user", Kind: githubtest.Primary}),
			want: "unknown site: api.github.test lets nothing be looked at now: identity: HTTP 403: API rate limit exceeded for user ID 1001. (try again later)"},
		{name: "the token is revoked", spoil: func(_ *testing.T, s *githubtest.Server) { s.SetToken("another") },
			want: "error credential: is refused: identity: HTTP 401: Bad credentials (GitHub refuses the credential: it was revoked, has expired or is mistyped; give a new one)"},
		{name: "the token is empty", edit: func(o *Options) { o.Token = func() string { return "" } },
			want: "error credential: is refused: authorize: the token is empty (set the tracker's token)"},
		{name: "the token is somebody else's", edit: func(o *Options) { o.Identity = "alice" },
			want: "error credential: is refused: identity: the credential is that of ticketd-bot (1005), not of alice (give the credential of the configured account, or change identity and list the old account in also_ours)"},
		{name: "the token expires soon", spoil: func(_ *testing.T, s *githubtest.Server) { s.Expire(told().Add(50 * time.Hour)) },
			want: "warning credential: the token expires on 2026-03-03, in less than 3 days (make a new one and put it in the place of the old one)"},
		{name: "the token expires later", spoil: func(_ *testing.T, s *githubtest.Server) { s.Expire(told().Add(400 * 24 * time.Hour)) },
			want: "ok credential: the token expires on 2027-04-05"},
		{name: "the token may do too much", spoil: func(_ *testing.T, s *githubtest.Server) {
			s.Classic("admin:org", "delete_repo", "read:user", "repo", "workflow")
		},
			want: "warning credential: the token may do more than ticketd needs: admin:org, delete_repo, workflow (make a fine-grained token for the repositories in question with Issues: read and write, or a classic one with repo alone)"},
		{name: "the token is fine-grained", spoil: func(_ *testing.T, s *githubtest.Server) { s.FineGrained() },
			want: "unknown permissions: GitHub does not tell beforehand whether a fine-grained token may write issues of acme/app (check that the token has Issues: read and write there)"},
		{name: "the token may only read", spoil: func(t *testing.T, s *githubtest.Server) {
			s.Classic("read:user")
			must(t, s.Publish(repo))
		},
			want: "error permissions: the token may read acme/app, but write nothing (give it the scope public_repo, or repo for private repositories)"},
		{name: "the API version is retired", spoil: with(githubtest.Fault{Op: "user", Kind: githubtest.Slow, Header: map[string]string{"Sunset": "Fri, 10 Mar 2028 00:00:00 GMT"}}),
			want: "warning site: GitHub is going to retire the API version that ticketd speaks Fri, 10 Mar 2028 00:00:00 GMT (plan an upgrade of ticketd)"},
		{name: "the rule names no repository", need: func(n *ticket.Need) { n.Destination.Project = "acme" },
			want: `error repository: "acme" is no GitHub repository in the form owner/repo (name it as owner/repo)`},
		{name: "the repository is out of sight", spoil: on(func(s *githubtest.Server) error { return s.Hide(repo) }),
			want: "error repository: acme/app does not exist, or the credential may not see it (check the name, and that the account has access to it)"},
		{name: "the repository is out of a narrow token's sight", spoil: func(t *testing.T, s *githubtest.Server) {
			must(t, s.Hide(repo))
			s.Classic("public_repo")
		},
			want: "error repository: acme/app does not exist, or the credential may not see it (check the name; the token lacks the scope repo, without which it sees no private repository)"},
		{name: "the repository is out of a fine-grained token's sight", spoil: func(t *testing.T, s *githubtest.Server) {
			must(t, s.Hide(repo))
			s.FineGrained()
		},
			want: "error repository: acme/app does not exist, or the credential may not see it (check the name; a fine-grained token must list the repository, and its organization may have to approve the token)"},
		{name: "the repository was renamed", spoil: on(func(s *githubtest.Server) error { return s.Rename(repo, "acme/shop") }),
			want: `error repository: acme/app is called acme/shop now (use that name; ticketd does not follow a repository by itself) {repository = "acme/shop"}`},
		{name: "the repository is archived", spoil: on(func(s *githubtest.Server) error { return s.Archive(repo) }),
			want: "error repository: acme/app is archived, which makes it read-only (unarchive it, or name another)"},
		{name: "the repository is disabled", spoil: on(func(s *githubtest.Server) error { return s.Disable(repo) }),
			want: "error repository: acme/app is disabled by GitHub (ask GitHub's support, or name another)"},
		{name: "issues are switched off", spoil: on(func(s *githubtest.Server) error { return s.DisableIssues(repo) }),
			want: "error repository: acme/app has issues switched off (switch them on in its settings, or name another)"},
		{name: "the repository does not answer", spoil: with(githubtest.Fault{Op: "repository", Times: -1, Kind: githubtest.Empty}),
			want: "unknown repository: acme/app: repository: HTTP 200: the answer holds no repository (try again later)"},
		{name: "single sign-on is missing", spoil: with(githubtest.Fault{Op: "repository", Kind: githubtest.Status, Code: http.StatusForbidden,
			Message: "Resource protected by organization SAML enforcement.", Header: map[string]string{"X-GitHub-SSO": "required; url=https://github.test/orgs/acme/sso?authorization_request=SECRET"}}),
			want: "error repository: acme/app: repository: HTTP 403: Resource protected by organization SAML enforcement. (authorize the token for the organization's single sign-on at github.test)"},
		{name: "the account may only read", spoil: on(func(s *githubtest.Server) error { return s.DropDecorations(repo) }),
			want: "warning permissions: the account has no more than read access to acme/app: GitHub leaves out labels, assignees and milestones without a word (give the account the role Triage, or Write so that it may make labels too)"},
		{name: "the account administers the repository", spoil: on(func(s *githubtest.Server) error { return s.Administer(repo) }),
			want: "warning permissions: the account administers acme/app, which is more than ticketd needs (the role Write is enough)"},
		{name: "issues may not be read", spoil: with(githubtest.Fault{Op: "list", Times: -1, Kind: githubtest.Status, Code: http.StatusForbidden,
			Message: "Resource not accessible by personal access token", Header: map[string]string{"X-Accepted-GitHub-Permissions": "issues=read"}}),
			want: "error issues: issues of acme/app cannot be read: issues: HTTP 403: Resource not accessible by personal access token (the credential lacks a permission; GitHub wants issues=read)"},
		{name: "the host keeps no reasons", spoil: func(_ *testing.T, s *githubtest.Server) { s.WithoutReasons() },
			want: "warning state reason: api.github.test keeps no reason why an issue was closed: completed and not planned look the same (upgrade the Enterprise Server, or tell them apart by on.DISPOSITION.labels)"},
		{name: "a label is new", need: func(n *ticket.Need) { n.Wants[0].Value = "new" },
			want: `ok label: "new" does not exist yet; GitHub makes it when it is first used @rule.0.label`},
		{name: "a label may not be made", need: func(n *ticket.Need) { n.Wants[0].Value = "new" },
			spoil: on(func(s *githubtest.Server) error { return s.ForbidLabels(repo) }),
			want:  `warning label: "new" does not exist in acme/app, and the account may not make labels: it is left out, and every label that is sent with it (make the label, or give the account the role Write) @rule.0.label`},
		{name: "there are too many labels", need: func(n *ticket.Need) { n.Wants[0].Value = "zzz" },
			spoil: func(t *testing.T, s *githubtest.Server) {
				must(t, s.ForbidLabels(repo))
				for i := range 1000 {
					must(t, s.DefineLabel(repo, fmt.Sprintf("label-%04d", i)))
				}
			},
			want: `unknown label: "zzz" is not among the first 1000 labels of acme/app (check that it exists; the account may not make labels) @rule.0.label`},
		{name: "labels cannot be read", spoil: with(githubtest.Fault{Op: "labels", Times: -1, Kind: githubtest.Status, Code: http.StatusBadGateway}),
			want: "unknown label: the labels of acme/app cannot be read: labels: HTTP 502 (try again later)"},
		{name: "nobody has the assignee's login", need: func(n *ticket.Need) { n.Wants[1].Value = "nobody" },
			want: `warning assignee: "nobody" cannot be assigned in acme/app: issues are made without an assignee (check the login; it needs access to the repository) @rule.0.assignee`},
		{name: "the assignee is a path", need: func(n *ticket.Need) { n.Wants[1].Value = "../../orgs/x" },
			want: `warning assignee: "../../orgs/x" cannot be assigned in acme/app: issues are made without an assignee (check the login; it needs access to the repository) @rule.0.assignee`},
		{name: "the assignee cannot be asked for", spoil: with(githubtest.Fault{Op: "assignee", Times: -1, Kind: githubtest.HTML}),
			want: `unknown assignee: "ada": assignee: HTTP 200: the answer says neither yes nor no (try again later) @rule.0.assignee`},
		{name: "there is no such milestone", need: func(n *ticket.Need) { n.Wants[2].Value = "Q2" },
			want: `warning milestone: there is no milestone "Q2" in acme/app: issues are made without one (make it, or name one that exists by its title or number) @rule.0.milestone`},
		{name: "there is no milestone of that number", need: func(n *ticket.Need) { n.Wants[2].Value = "7" },
			want: `warning milestone: there is no milestone "7" in acme/app: issues are made without one (make it, or name one that exists by its title or number) @rule.0.milestone`},
		{name: "a milestone of digits is called by its title", need: func(n *ticket.Need) { n.Wants[2].Value = "2026" },
			spoil: on(func(s *githubtest.Server) error { _, err := s.AddMilestone(repo, "2026"); return err }),
			want:  `warning milestone: there is no milestone with the number 2026 in acme/app: issues are made without one (digits alone are a number, and the milestone "2026" has the number 2) {milestone = "2"} @rule.0.milestone`},
		{name: "the milestone is closed", spoil: on(func(s *githubtest.Server) error { return s.CloseMilestone(repo, 1) }),
			want: `warning milestone: the milestone "Q1" is closed; issues are put into it all the same (open it, or name another) @rule.0.milestone`},
		{name: "there are too many milestones", need: func(n *ticket.Need) { n.Wants[2].Value = "later" },
			spoil: func(t *testing.T, s *githubtest.Server) {
				for i := range 1000 {
					_, err := s.AddMilestone(repo, fmt.Sprintf("sprint %d", i))
					must(t, err)
				}
			},
			want: `unknown milestone: "later" is not among the milestones of acme/app that were read, and there are more (name it by its number) @rule.0.milestone`},
		{name: "milestones cannot be read", spoil: with(githubtest.Fault{Op: "milestones", Times: -1, Kind: githubtest.Empty}),
			want: "unknown milestone: the milestones of acme/app cannot be read: milestones: HTTP 200: the answer is no list (try again later)"},
	} {
		t.Run(f.name, func(t *testing.T) {
			s, tr := practice(t, githubtest.Options{Now: told}, func(o *Options) {
				clocked(o)
				if f.edit != nil {
					f.edit(o)
				}
			})
			s.Classic("repo")
			synctest.Test(t, func(t *testing.T) { f.check(t, s, tr) }) // reads are repeated, after a while
		})
	}
}

func TestEveryFaultOfAnAppsRepositoryIsTold(t *testing.T) {
	for _, f := range []ailment{
		{name: "the app is not installed", spoil: on(func(s *githubtest.Server) error { return s.Uninstall(repo) }),
			want: "error installation: the GitHub App is not installed on acme/app (install it there with the permission to read and write issues)"},
		{name: "the installation is suspended", spoil: func(_ *testing.T, s *githubtest.Server) { s.Suspend() },
			want: "error installation: the GitHub App's installation on acme/app is suspended (lift the suspension in the settings of the account that it is installed on)"},
		{name: "another installation is configured", edit: func(o *Options) { o.App.Installation = 6 },
			want: "error installation: the GitHub App is installed on acme/app as 5, and the configuration says 6 (name the right one; a second account needs a tracker of its own) {installation = 5} @github.gh.app.installation"},
		{name: "the app may only read", spoil: func(_ *testing.T, s *githubtest.Server) {
			s.Permit(map[string]string{"issues": "read", "metadata": "read"})
		},
			want: "error permissions: the GitHub App may not write issues of acme/app (give it Issues: read and write in its settings; whoever installed it must then accept the change)"},
		{name: "the app may do too much", spoil: func(_ *testing.T, s *githubtest.Server) {
			s.Permit(map[string]string{"issues": "write", "metadata": "read", "contents": "write", "administration": "write", "checks": "read"})
		},
			want: "warning permissions: the GitHub App may do more than ticketd needs: administration: write, contents: write (Issues: read and write, and Metadata: read, are enough)"},
		{name: "the app's key is no key", edit: func(o *Options) { o.App.PrivateKey = func() ([]byte, error) { return []byte("x"), nil } },
			want: "error credential: is refused: authorize: the App's private key is not in PEM (give the App's private key as GitHub made it, in PEM)"},
		{name: "the repository was renamed", spoil: on(func(s *githubtest.Server) error { return s.Rename(repo, "acme/shop") }),
			want: `error repository: acme/app is called acme/shop now (use that name; ticketd does not follow a repository by itself) {repository = "acme/shop"}`},
		{name: "the repository is archived", spoil: on(func(s *githubtest.Server) error { return s.Archive(repo) }),
			want: "error repository: acme/app is archived, which makes it read-only (unarchive it, or name another)"},
	} {
		t.Run(f.name, func(t *testing.T) {
			s, tr := practice(t, appServer(), func(o *Options) {
				clocked(o)
				asApp(o)
				if f.edit != nil {
					f.edit(o)
				}
			})
			synctest.Test(t, func(t *testing.T) { f.check(t, s, tr) }) // reads are repeated, after a while
		})
	}
}

// check examines and sees to it that the fault is told, nothing is changed, and no secret leaks.
func (f ailment) check(t *testing.T, s *githubtest.Server, tr *Tracker) {
	t.Helper()
	furnish(t, s)
	if f.spoil != nil {
		f.spoil(t, s)
	}
	n := need()
	if f.need != nil {
		f.need(&n)
	}
	symptoms := tr.Examine(t.Context(), n)
	got := in(symptoms)
	has(t, got, f.want+"\n")
	lacks(t, got, "test-token", "SECRET")
	unwell := slices.DeleteFunc(symptoms, func(s ticket.Symptom) bool { return s.Severity == ticket.Healthy })
	if len(unwell) > 1 {
		t.Errorf("more than that is told:\n%s", in(unwell))
	}
	if effects := s.Effects(); len(effects) != 0 {
		t.Errorf("something was changed: %v", effects)
	}
}

// Whatever a host answers, an examination ends, in printable lines that hold no secret.
func TestAnExaminationOutlivesEveryAnswer(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, body := range []string{``, `null`, `[]`, `[null]`, `{}`, `"x"`, `7`, `{"id":1,"login":"\u001b[31mbot\u202e\n` + long + `"}`,
		`{"id":1,"login":"bot","full_name":"acme/app","permissions":{"push":true}}`,
		`{"id":1,"login":"bot","full_name":"../x","permissions":null,"has_issues":true}`,
		`{"id":1,"slug":"bot","permissions":{"issues":"write","\u001b[31m":"` + long + `"},"token":"t"}`} {
		for _, edit := range []func(*Options){func(*Options) {}, asApp} {
			for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusForbidden, http.StatusUnprocessableEntity} {
				tr := trackerOf(t, always{status, body}, edit)
				symptoms := tr.Examine(t.Context(), need())
				if len(symptoms) == 0 {
					t.Errorf("HTTP %d %q: nothing is told", status, body)
				}
				for _, s := range symptoms {
					told := s.Text + s.Hint + s.Paste
					if strings.ContainsAny(told, "\x1b\u202e\n") || len(told) > 2000 || strings.Contains(told, "test-token") {
						t.Errorf("HTTP %d %q: %s", status, body, in([]ticket.Symptom{s}))
					}
				}
			}
		}
	}
}

// always is a host with one answer to everything, which repeats the credential.
type always struct {
	status int
	body   string
}

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{"X-Oauth-Scopes": {"repo, \x1b[31m"}, "Location": {"https://evil.test/"}, "Sunset": {"\x1b[31m"},
		"X-Accepted-Github-Permissions": {r.Header.Get("Authorization")}, "Github-Authentication-Token-Expiration": {"never"}}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func TestABoundedNumberOfAssigneesIsAskedFor(t *testing.T) {
	s, tr := practice(t, githubtest.Options{})
	n := need()
	n.Wants = nil
	for i := range 40 {
		n.Wants = append(n.Wants, ticket.Want{Aspect: ticket.WantAssignee, Value: fmt.Sprintf("person%d", i)})
	}
	got := in(tr.Examine(t.Context(), n))
	has(t, got, `unknown assignee: "person30" was not looked at: it is one of more than 30`)
	if calls := s.Calls()["assignee"]; calls != 30 {
		t.Errorf("%d calls", calls)
	}
}
