package explain_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/config"
	"ticketd/internal/explain"
	"ticketd/internal/finding"
)

// closingOf gives the words by which an event of a violation closes it.
func closingOf() map[finding.Disposition][2]string {
	return map[finding.Disposition][2]string{
		finding.Fixed: {"FIXED", "FIXED"}, finding.Resolved: {"RESOLVED", "RESOLVED"}, finding.WontFix: {"WONT_FIX", "WONT_FIX"},
		finding.RiskAccepted:        {"RISK_ACCEPTED", "CLOSED_RISK_ACCEPTED"},
		finding.CompensatingControl: {"COMPENSATING_CONTROL", "CLOSED_COMPENSATING_CONTROL"},
	}
}

const everyKeyOfJira = `
issue_type = "10102"
labels = ["security", "{{ .AssetType }}"]
priority = { "*" = "3" }
due = { "*" = "5wd" }
components = ["web"]
fix_versions = ["1.2", "10400"]
security_level = "10050"
parent = "SEC-12"
fields.Team = { select = "Payments" }
fields.Where = { cascading = ["Europe", "Sydney"] }
fields."Story points" = { number = "3" }
fields.environment = { paragraph = "{{ .Headline }}" }
fields.versions = { multi_select = ["1.1"] }
fields.customfield_10010 = { json = { id = "7" } }
on.fixed = { transitions = ["In Review", "31"], resolution = "Fixed", fields = { "Root cause" = { text = "{{ .Headline }}" } }, labels = ["mended"] }
on.resolved = { transitions = ["In Review", "31"], resolution = "Done" }
on.risk_accepted = { transitions = ["Won't Do"], fields = { customfield_10020 = "x" } }
on.wont_fix.transitions = ["Declined"]
on.compensating_control = { comment_only = true }
on.open = { transitions = ["Backlog", "To Do"] }
`

// rulesFor are rules with every key that a service knows.
func rulesFor(tracker string) string {
	switch tracker {
	case "cloud":
		return "[[rule]]\ntracker = \"cloud\"\nproject = \"SEC\"\nassignee = \"5b10a2844c20165700ede21g\"" + everyKeyOfJira
	case "dc":
		return "[[rule]]\ntracker = \"dc\"\nproject = \"SEC\"\nassignee = \"pat\"" + everyKeyOfJira
	}
	return "[[rule]]\ntracker = \"" + tracker + `"
repository = "acme/app"
labels = ["security", "{{ .AssetType }}"]
assignee = "pat"
milestone = "Hardening"
on.wont_fix = { state_reason = "completed", labels = ["refused"] }
`
}

// One finding is closed in every way, and opened again after each. GitHub Enterprise differs from
// GitHub in how one logs in alone, which the create shows.
func TestThePracticeTrackersTakeWhateverTheRulesAskForOnEveryTrackerForEveryDisposition(t *testing.T) {
	for _, tracker := range []string{"cloud", "dc", "oss"} {
		t.Run(tracker, func(t *testing.T) {
			t.Parallel()
			var bodies [][]byte
			closes := map[string]finding.Disposition{} // by the event that closes
			for _, d := range finding.Dispositions() {
				words, closing := closingOf()[d]
				if !closing {
					continue
				}
				at := 1611058000 + int64(1000*len(bodies))
				bodies = append(bodies,
					body("OPENED", "OPEN", "v-1", at, "relevance", "URGENT", "date_created", "2021-01-19T12:00:00Z"),
					body(words[0], words[1], "v-1", at+1000))
				closes[fmt.Sprint("event ", len(bodies))] = d
			}
			e := rehearsed(t, options(t, rulesFor(tracker)), bodies...)
			if all := refused(e); len(all) != 0 || len(closes) != len(closingOf()) {
				t.Errorf("%d ways to close, refused:\n%s", len(closes), strings.Join(all, "\n"))
			}
			for because, d := range closes {
				closed := slices.ContainsFunc(writes(e, because), func(w string) bool {
					return strings.HasSuffix(w, "/transitions") || strings.HasPrefix(w, "PATCH ")
				})
				commentOnly := d == finding.CompensatingControl && (tracker == "cloud" || tracker == "dc")
				if closed == commentOnly {
					t.Errorf("%s, of %s, writes %q", because, d, writes(e, because))
				}
			}
			if e.Rehearsal.Reason != "" {
				t.Errorf("the ticket is %s: %s (%s)", e.Rehearsal.State, e.Rehearsal.Reason, e.Rehearsal.Hint)
			}
		})
	}
}

func TestTheCreateOfARehearsalHoldsEveryKeyOfTheRuleAndTellsOfMadeUpIds(t *testing.T) {
	for tracker, want := range map[string][]string{
		"cloud": {`"priority":{"id":"3"}`, `"issuetype":{"id":"10102"}`, `"duedate":"`, `"components":[{"name":"web"}]`, `"fixVersions":[{"name":"1.2"},{"id":"10400"}]`,
			`"security":{"id":"10050"}`, `"parent":{"key":"SEC-12"}`, `{"value":"Payments"}`, `"customfield_10010":{"id":"7"}`, `"environment":`},
		"dc":  {`"assignee":{"name":"pat"}`, `"customfield_10006":"SEC-12"`},
		"oss": {`"milestone":1`, `"assignees":["pat"]`, `"security"`},
		"ghe": {`"milestone":1`},
	} {
		e := rehearsed(t, options(t, rulesFor(tracker)), body("OPENED", "OPEN", "v-1", 1611058000, "relevance", "URGENT"))
		create := e.Rehearsal.Requests[len(e.Rehearsal.Requests)-1]
		for _, w := range want {
			if !strings.Contains(string(create.Body), w) {
				t.Errorf("%s: no %s in %s", tracker, w, create.Body)
			}
		}
		told := slices.ContainsFunc(e.Assumed, func(a string) bool { return strings.Contains(a, "ids of fields") })
		if jira := tracker == "cloud" || tracker == "dc"; told != jira {
			t.Errorf("%s: assumed %q", tracker, e.Assumed)
		}
		onlyWrites(t, tracker, e)
	}
}

// onlyWrites sees to it that nothing but the making of the issue counts as a write.
func onlyWrites(t *testing.T, tracker string, e explain.Explanation) {
	t.Helper()
	purposes := map[explain.Purpose]int{}
	for _, q := range e.Rehearsal.Requests {
		purposes[q.Purpose]++
		if q.Purpose == explain.Write && !strings.HasSuffix(q.URL, "/issues") && !strings.HasSuffix(q.URL, "/issue") {
			t.Errorf("%s: %s %s counts as a write", tracker, q.Method, q.URL)
		}
		if q.Tracker != tracker || tracker == "ghe" && !strings.HasPrefix(q.URL, "https://ghe.example.com/api/v3/") {
			t.Errorf("%s: %s goes to %s at %s", tracker, q.Method, q.Tracker, q.URL)
		}
	}
	if purposes[explain.Write] != 1 || purposes[explain.Bookkeeping] == 0 {
		t.Errorf("%s: purposes %v", tracker, purposes)
	}
}

func TestAnExplanationHoldsNoSecretOfTheConfiguration(t *testing.T) {
	const canary = "canary-9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c"
	text := strings.ReplaceAll(head, `token_file = "out-of-reach"`, `token = "`+canary+`"`)
	text, _, _ = strings.Cut(text, "[github.ghe]")
	text += rulesFor("cloud")
	text = strings.Replace(text, `sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"`, `value = "`+canary+`-token"`, 1)
	c, problems := config.Parse("rules.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		t.Fatal(problems)
	}
	o := options(t, everything)
	o.Config = c
	e := rehearsed(t, o, sample(opened), sample(resolved))
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{canary, "Authorization", "made-up", "Basic ", "Bearer "} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is in the explanation", secret)
		}
	}
	if len(writes(e, "event 2")) == 0 {
		t.Error("nothing was rehearsed")
	}
}

func TestARehearsalLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	rehearsed(t, options(t, everything), sample(opened))
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestARehearsalThatCannotBeSetUpSaysSo(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere/at/all")
	o := options(t, everything)
	e := explain.Events(o, [][]byte{sample(opened)})
	if err := e.Rehearse(t.Context(), o); err == nil || !strings.Contains(err.Error(), "setting up a rehearsal") {
		t.Errorf("got %v", err)
	}
}

func TestFindingsOfOneHistoryMayGoToSeveralTrackers(t *testing.T) {
	e := rehearsed(t, options(t, threeTeams), sample(opened), sample(created), sample(fixed), sample(resolved))
	var trackers []string
	for _, q := range e.Rehearsal.Requests {
		if q.Purpose == explain.Write {
			trackers = append(trackers, q.For+" "+q.Tracker)
		}
	}
	want := []string{"event 1 dc", "event 2 oss", "event 3 oss", "event 3 oss", "event 4 dc", "event 4 dc"}
	if !slices.Equal(trackers, want) {
		t.Errorf("writes %q, want %q", trackers, want)
	}
}

// targetBody is a sample about another target of the same finding.
func targetBody(name, number string) []byte {
	return []byte(strings.ReplaceAll(string(sample(name)), "000000000001", "00000000000"+number))
}

func TestAGroupHasOneIssueThatClosesWithItsLastMember(t *testing.T) {
	o := options(t, grouped)
	e := rehearsed(t, o, targetBody(created, "1"), targetBody(created, "2"), targetBody(fixed, "1"), targetBody(fixed, "2"))
	creates, closes := 0, map[string]int{}
	for _, q := range e.Rehearsal.Requests {
		switch {
		case q.Method == "POST" && strings.HasSuffix(q.URL, "/acme/app/issues"):
			creates++
		case strings.Contains(string(q.Body), `"state":"closed"`):
			closes[q.For]++
		}
	}
	if creates != 1 || len(closes) != 1 || closes["event 4"] != 1 || e.Rehearsal.State != "closed" {
		t.Errorf("%d creates, closed by %v, the ticket is %s", creates, closes, e.Rehearsal.State)
	}
	if len(writes(e, "event 2")) == 0 || len(writes(e, "event 3")) == 0 {
		t.Errorf("members come with %q and go with %q", writes(e, "event 2"), writes(e, "event 3"))
	}
	if all := refused(e); len(all) != 0 {
		t.Errorf("refused:\n%s", strings.Join(all, "\n"))
	}
}
