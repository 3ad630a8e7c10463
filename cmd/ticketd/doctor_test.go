package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
)

// clinic is a configuration with two practice trackers that answer on loopback.
type clinic struct {
	jira   *jiratest.Server
	github *githubtest.Server
	file   string
	addr   *strings.Replacer // of the trackers, for what names them in every run the same
}

// clinicalConfig takes the addresses of the trackers; lines are counted from the head comment.
const clinicalConfig = `# line 1
[server]
insecure_no_auth = true

[store]
path = "ticketd.db"

[jira.security]
url = "%s"
email = "ticketd@example.com"
token = "canary-of-the-jira-token-0123456789"

[github.oss]
url = "%s"
token = "canary-of-the-github-token-0123456789"

[defaults]
labels = ["security"]

[[rule]]
name = "payments"
match.asset_name = "pay*"
tracker = "security"
project = "SEC"
issue_type = "Bug"
priority = { HIGH = "High" }
components = ["api"]
fields.Team = { select = "Red" }
on.fixed = { transitions = ["Done"] }

[[rule]]
name = "the rest"
tracker = "oss"
repository = "acme/app"
assignee = "ada"
milestone = "Q1"
`

// clinical makes a clinic where all is well.
func clinical(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{
		jira: jiratest.New(jiratest.Options{Projects: []jiratest.Project{wellProject()}}),
		github: githubtest.New(githubtest.Options{
			Token: "canary-of-the-github-token-0123456789", Repositories: []string{"acme/app"},
		}),
		file: filepath.Join(t.TempDir(), "ticketd.toml"),
	}
	jira, github := httptest.NewServer(c.jira), httptest.NewServer(c.github)
	t.Cleanup(jira.Close)
	t.Cleanup(github.Close)
	c.addr = strings.NewReplacer(strings.TrimPrefix(jira.URL, "http://"), "JIRA", strings.TrimPrefix(github.URL, "http://"), "GITHUB", c.file, "ticketd.toml")
	c.write(t, fmt.Sprintf(clinicalConfig, jira.URL, github.URL))
	c.github.Classic("repo")
	_, err := c.github.AddMilestone("acme/app", "Q1")
	for _, err := range []error{err, c.github.AddPerson("acme/app", "ada"), c.github.DefineLabel("acme/app", "security")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	newIssue(t, jira.URL)
	newIssue(t, jira.URL)
	if err := c.jira.MoveToStatus("SEC-2", "Done"); err != nil {
		t.Fatal(err)
	}
	return c
}

func wellProject() jiratest.Project {
	return jiratest.Project{Key: "SEC", Name: "Security", Components: []string{"api"},
		Fields: map[string]jiratest.Field{"customfield_10": {Name: "Team", Type: "select", Allowed: []string{"Red", "Blue"}}}}
}

// newIssue writes an issue as ticketd does: by what may be done to it the doctor sees the workflow.
func newIssue(t *testing.T, jira string) {
	t.Helper()
	body := `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},"summary":"an issue"}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, jira+"/rest/api/3/issue", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	if said, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated {
		t.Fatalf("HTTP %d: %s %v", resp.StatusCode, said, err)
	}
}

func (c *clinic) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(c.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit changes the configuration.
func (c *clinic) edit(t *testing.T, old, changed string) {
	t.Helper()
	text, err := os.ReadFile(c.file)
	if err != nil || !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%q is not in the configuration (%v)", old, err)
	}
	c.write(t, strings.Replace(string(text), old, changed, 1))
}

// doctor runs the command and sees to it that it changes nothing and keeps secrets.
func (c *clinic) doctor(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	before := len(c.jira.Effects()) + len(c.github.Effects())
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"doctor", "--config", c.file}, args...), streams{stdout: &out, stderr: &errs}, nil)
	if changes := len(c.jira.Effects()) + len(c.github.Effects()) - before; changes != 0 {
		t.Errorf("%d things were changed: %v %v", changes, c.jira.Effects(), c.github.Effects())
	}
	if all := out.String() + errs.String(); strings.Contains(all, "canary") {
		t.Errorf("a secret is told:\n%s", all)
	}
	return c.addr.Replace(out.String()), c.addr.Replace(errs.String()), code
}

func TestTheDoctorFindsWellTrackersWell(t *testing.T) {
	c := clinical(t)
	stdout, stderr, code := c.doctor(t, "--strict")
	if code != exitOK || stderr != "" {
		t.Errorf("code %d, %s", code, stderr)
	}
	golden(t, "testdata/doctor/well.txt", stdout)
	if stdout, _, _ := c.doctor(t, "--quiet"); !regexp.MustCompile(`^0 errors, 0 warnings, 0 unknown, \d+ ok\n$`).MatchString(stdout) {
		t.Errorf("quiet tells\n%s", stdout)
	}
}

func TestTheDoctorTellsTheWarningsOfTheConfigurationToo(t *testing.T) {
	c := clinical(t)
	c.edit(t, "insecure_no_auth = true\n", "insecure_no_auth = true\ntrusted_proxies = [\"0.0.0.0/0\"]\n")
	stdout, stderr, code := c.doctor(t, "--json")
	if code != exitOK || !strings.HasPrefix(stderr, "ticketd.toml:4:20: warning: server.trusted_proxies[0]: is everybody") || !strings.HasPrefix(stdout, "{") {
		t.Errorf("code %d, %s\n%s", code, stderr, stdout)
	}
}

// sicken breaks much at once.
func (c *clinic) sicken(t *testing.T) {
	t.Helper()
	p := wellProject()
	p.Lacking, p.HiddenFields = []string{"EDIT_ISSUES"}, []string{"labels"}
	p.Fields["customfield_11"] = jiratest.Field{Name: "Root cause", Type: "select", Allowed: []string{"Code", "Design"}, Required: true}
	c.jira.AddProject(p)
	c.edit(t, `select = "Red"`, `select = "Rde"`)
	c.edit(t, `transitions = ["Done"]`, `transitions = ["Closed"]`)
	c.edit(t, `assignee = "ada"`, `assignee = "\u001b[31mmallory"`)
	c.edit(t, `milestone = "Q1"`, `milestone = "Q9"`)
	c.github.Classic("repo", "delete_repo")
}

func TestTheDoctorTellsWhatIsWrongWhereAndHowToPutItRight(t *testing.T) {
	c := clinical(t)
	c.sicken(t)
	stdout, stderr, code := c.doctor(t)
	if code != exitFailure {
		t.Errorf("code %d", code)
	}
	golden(t, "testdata/doctor/sick.txt", stdout+"-- stderr --\n"+stderr)
	quiet, _, _ := c.doctor(t, "--quiet")
	if strings.Contains(quiet, "\n  ok ") || strings.Count(quiet, "\n  error ") != strings.Count(stdout, "\n  error ") {
		t.Errorf("quiet tells\n%s", quiet)
	}
	machine, _, code := c.doctor(t, "--json")
	if code != exitFailure || !json.Valid([]byte(machine)) {
		t.Errorf("code %d", code)
	}
	golden(t, "testdata/doctor/sick.json", machine)
}

func TestTheDoctorLooksAtOneTrackerAlone(t *testing.T) {
	c := clinical(t)
	c.sicken(t)
	stdout, _, code := c.doctor(t, "--tracker", "oss")
	if code != exitOK || strings.Contains(stdout, "security") && strings.Contains(stdout, "SEC") || len(c.jira.Calls()) != 1 {
		t.Errorf("code %d, calls of Jira %v\n%s", code, c.jira.Calls(), stdout)
	}
	if _, stderr, code := c.doctor(t, "--tracker", "oss", "--strict"); code != exitFailure || !strings.Contains(stderr, "which --strict refuses") {
		t.Errorf("code %d, %s", code, stderr)
	}
	if _, stderr, code := c.doctor(t, "--tracker", "os"); code != exitUsage || !strings.Contains(stderr, "the trackers are oss, security") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// Each fault of a tracker or a rule is told with the words of its cause, the line of the key to
// change, and a hint. What else each tracker's examination can tell is tested beside it.
func TestEachFaultIsToldWithItsPlaceAndItsRemedy(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, c *clinic)
		code  int
		want  []string
	}{
		"Jira's token is refused": {
			func(_ *testing.T, c *clinic) { c.jira.SetToken("another") }, exitFailure,
			[]string{"error    credential:", "ticketd.toml:8: jira.security", "token"},
		},
		"Jira throttles": {
			func(_ *testing.T, c *clinic) {
				c.jira.Fail(jiratest.Fault{Kind: jiratest.Answer, Code: http.StatusTooManyRequests, Times: -1})
			}, exitFailure,
			[]string{"unknown  ", "ticketd.toml:8: jira.security", "try again"},
		},
		"the project is hidden": {
			func(_ *testing.T, c *clinic) {
				p := wellProject()
				p.Hidden = true
				c.jira.AddProject(p)
			}, exitFailure,
			[]string{"error    project:", "ticketd.toml:24: rule[0].project", "Browse Projects"},
		},
		"the issue type does not exist": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `issue_type = "Bug"`, `issue_type = "Bgu"`)
			}, exitFailure,
			[]string{`project SEC has no issue type "Bgu"`, "ticketd.toml:25: rule[0].issue_type", "  issue_type = \"Bug\"\n"},
		},
		"the priority does not exist": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `HIGH = "High"`, `HIGH = "Hihg"`)
			}, exitOK,
			[]string{`warning  priority: `, `"Hihg"`, "ticketd.toml:26: rule[0].priority.HIGH", "High"},
		},
		"the component does not exist": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `components = ["api"]`, `components = ["app"]`)
			}, exitOK,
			[]string{`warning  component: `, `"app"`, "ticketd.toml:27: rule[0].components", "api"},
		},
		"labels are not on Jira's screen": {
			func(_ *testing.T, c *clinic) {
				p := wellProject()
				p.HiddenFields = []string{"labels"}
				c.jira.AddProject(p)
			}, exitOK,
			[]string{"warning  labels:", "ticketd.toml:18: defaults.labels"},
		},
		"a field is required that the rule does not set": {
			func(_ *testing.T, c *clinic) {
				p := wellProject()
				p.Fields["customfield_11"] = jiratest.Field{Name: "Root cause", Type: "select", Allowed: []string{"Code"}, Required: true}
				c.jira.AddProject(p)
			}, exitFailure,
			[]string{"error    required field:", `and rule "payments" does not set it`, "ticketd.toml:20: rule[0]\n", "  fields.\"Root cause\" = { select = \"Code\" }\n"},
		},
		"no transition leads there": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `transitions = ["Done"]`, `transitions = ["Closed"]`)
			}, exitFailure,
			[]string{"error    transition: ", "ticketd.toml:29: rule[0].on.fixed.transitions", "Done"},
		},
		"GitHub's token is refused": {
			func(_ *testing.T, c *clinic) { c.github.SetToken("another") }, exitFailure,
			[]string{"error    credential: is refused", "ticketd.toml:13: github.oss", "give a new one"},
		},
		"GitHub is closed for maintenance": {
			func(_ *testing.T, c *clinic) {
				c.github.Fail(githubtest.Fault{Kind: githubtest.Status, Code: http.StatusServiceUnavailable, Times: -1, Header: map[string]string{"Retry-After": "60"}})
			}, exitFailure,
			[]string{"unknown  site: GITHUB lets nothing be looked at now", "ticketd.toml:13: github.oss", "try again later", "ticketd: a tracker could not be asked"},
		},
		"the repository is archived": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				if err := c.github.Archive("acme/app"); err != nil {
					t.Error(err)
				}
			}, exitFailure,
			[]string{"error    repository: acme/app is archived", "ticketd.toml:34: rule[1].repository", "unarchive it"},
		},
		"the repository was renamed": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				if err := c.github.Rename("acme/app", "acme/shop"); err != nil {
					t.Error(err)
				}
			}, exitFailure,
			[]string{"error    repository: acme/app is called acme/shop now", "ticketd.toml:34: rule[1].repository", "  repository = \"acme/shop\"\n"},
		},
		"a label may not be made": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `labels = ["security"]`, `labels = ["new"]`)
				if err := c.github.ForbidLabels("acme/app"); err != nil {
					t.Error(err)
				}
			}, exitOK,
			[]string{`warning  label: "new" does not exist in acme/app`, "ticketd.toml:18: defaults.labels", "make the label"},
		},
		"the assignee has no access": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, `assignee = "ada"`, `assignee = "bob"`)
			}, exitOK,
			[]string{`warning  assignee: "bob" cannot be assigned`, "ticketd.toml:35: rule[1].assignee", "check the login"},
		},
		"the milestone is closed": {
			func(t *testing.T, c *clinic) {
				t.Helper()
				if err := c.github.CloseMilestone("acme/app", 1); err != nil {
					t.Error(err)
				}
			}, exitOK,
			[]string{`warning  milestone: the milestone "Q1" is closed`, "ticketd.toml:36: rule[1].milestone", "open it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clinical(t)
			tt.spoil(t, c)
			stdout, stderr, code := c.doctor(t, "--quiet")
			if code != tt.code {
				t.Errorf("code %d, want %d: %s", code, tt.code, stderr)
			}
			for _, part := range tt.want {
				if !strings.Contains(stdout+stderr, part) {
					t.Errorf("%q is missing in\n%s%s", part, stdout, stderr)
				}
			}
		})
	}
}

func TestTheDoctorOfAWrongConfigurationEndsWith78(t *testing.T) {
	c := clinical(t)
	c.edit(t, `project = "SEC"`, `projcet = "SEC"`)
	stdout, stderr, code := c.doctor(t)
	if code != exitConfig || stdout != "" || !strings.Contains(stderr, "projcet") {
		t.Errorf("code %d\n%s%s", code, stdout, stderr)
	}
	if calls := len(c.github.Calls()); calls != 0 {
		t.Errorf("%d calls all the same", calls)
	}
}

func TestTheDoctorsHelpNamesItsExitCodes(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--help"}, streams{stdout: &out, stderr: io.Discard}, nil); code != exitOK {
		t.Errorf("code %d", code)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, part := range []string{"changes nothing", "with 1 where they cannot", "78 for a wrong configuration", "--strict"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, out.String())
		}
	}
}
