package daemon_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"ticketd/internal/daemon"
	"ticketd/internal/deliver"
	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/metrics"
)

// watched is a world whose metrics can be read.
type watched struct {
	*world

	operators *pipeListener // of the daemon that was started last
}

// inWatchedWorld is inWorld with the second listener.
func inWatchedWorld(t *testing.T, s settings, test func(w *watched)) {
	t.Helper()
	var w watched
	s.options = func(o *daemon.Options) {
		operators := newPipeListener() // anew for each start
		w.operators = operators
		o.Config.Server.Admin = "127.0.0.1:2"
		others := o.Listen
		o.Listen = func(network, address string) (net.Listener, error) {
			if address == o.Config.Server.Admin {
				return operators, nil
			}
			return others(network, address)
		}
	}
	inWorld(t, s, func(in *world) {
		w.world = in
		test(&w)
	})
}

// metrics gives what a scrape says, a value by series.
func (w *watched) metrics() map[string]string {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.operators.dial, DisableKeepAlives: true}}
	resp, err := client.Get("http://ticketd/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("a scrape is answered %s, %v:\n%s", resp.Status, err, page)
	}
	all := make(map[string]string)
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if at := strings.LastIndex(line, " "); at > 0 && line[0] != '#' {
			all[line[:at]] = line[at+1:]
		}
	}
	return all
}

// expectMetrics compares some series with a scrape.
func (w *watched) expectMetrics(want map[string]string) {
	w.t.Helper()
	got := w.metrics()
	for series, value := range want {
		if got[series] != value {
			w.t.Errorf("%s is %q, want %q", series, got[series], value)
		}
	}
}

// documented gives the metrics that docs/metrics.md lists.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(ticketd_[a-z_]+)` \\| (counter|gauge|histogram) ").FindAllStringSubmatch(string(text), -1) {
		name := row[1]
		if row[2] == "histogram" {
			name += "_count"
		}
		names = append(names, name)
	}
	return names
}

func nameOf(series string) string {
	name, _, _ := strings.Cut(series, "{")
	return name
}

// startsAbsent tells of which metrics there is nothing to say at the start.
func startsAbsent(name string) bool {
	return strings.HasPrefix(name, "ticketd_tracker_quota_") || strings.HasPrefix(name, "ticketd_tls_")
}

// startsAbove tells which metrics of a fresh daemon are not zero.
func startsAbove(name string) bool {
	for _, prefix := range []string{
		"ticketd_build_info", "ticketd_config_", "ticketd_tracker_up", "ticketd_store_size_bytes", "ticketd_store_free_bytes",
		"ticketd_store_writable", "ticketd_store_commit_", "ticketd_tracker_call",
	} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func TestEverythingThatIsKnownAtTheStartIsThereAtZero(t *testing.T) {
	inWatchedWorld(t, settings{}, func(w *watched) {
		got := w.metrics()
		there := make(map[string]bool)
		for series, value := range got {
			name := nameOf(series)
			there[name] = true
			if strings.HasPrefix(name, "ticketd_") && !startsAbove(name) && value != "0" {
				t.Errorf("%s is %s", series, value)
			}
		}
		for _, name := range documented(t) {
			if there[name] == startsAbsent(name) {
				t.Errorf("%s is there at the start: %v", name, there[name])
			}
		}
		for _, name := range []string{"go_goroutines", "process_start_time_seconds", "process_resident_memory_bytes"} {
			if !there[name] {
				t.Errorf("%s is missing", name)
			}
		}
		for _, series := range []string{
			`ticketd_webhook_requests_total{outcome="accepted",route="token"}`, `ticketd_webhook_requests_total{outcome="unauthorized",route="token"}`,
			`ticketd_webhook_requests_total{outcome="not_found",route="unknown"}`, `ticketd_events_total{kind="violation",outcome="applied"}`,
			`ticketd_events_total{kind="other",outcome="unparsed"}`, `ticketd_backlog{stage="receive",tracker=""}`,
			`ticketd_backlog_oldest_seconds{stage="deliver",tracker="github"}`, `ticketd_tickets{state="held",tracker="jira"}`,
			`ticketd_tickets_held{reason="workflow",tracker="jira"}`, `ticketd_tracker_paused{kind="credential",tracker="github"}`,
			`ticketd_projects_paused{tracker="jira"}`, `ticketd_doubts_total{tracker="jira"}`, `ticketd_audits_total{outcome="found",tracker="github"}`,
			`ticketd_duplicates_closed_total{tracker="jira"}`, `ticketd_store_broken`, `ticketd_store_scrape_error`,
			`ticketd_last_event_timestamp_seconds`, `ticketd_findings_unrouted`,
		} {
			if got[series] != "0" {
				t.Errorf("%s is %q", series, got[series])
			}
		}
		for _, op := range metrics.Operations() {
			for _, outcome := range []string{"ok", "retry", "doubt", "pause", "slow", "hold-ticket", "hold-destination", "hold-tracker", "conflict", "missing", "gone", "refused"} {
				if series := fmt.Sprintf(`ticketd_tracker_calls_total{operation=%q,outcome=%q,tracker="jira"}`, op, outcome); got[series] == "" {
					t.Errorf("%s is missing", series)
				}
			}
		}
	})
}

func TestEveryCallOfATrackerIsAnOperationThatIsCounted(t *testing.T) {
	tracker := reflect.TypeFor[deliver.Tracker]()
	var calls []metrics.Operation
	for m := range tracker.Methods() {
		if m.Type.NumIn() > 0 && m.Type.In(0).String() == "context.Context" {
			calls = append(calls, metrics.Operation(snake(m.Name)))
		}
	}
	counted := metrics.Operations()
	slices.Sort(calls)
	slices.Sort(counted)
	if !slices.Equal(calls, counted) {
		t.Errorf("calls %q, counted %q", calls, counted)
	}
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// hostile is a text that would be a label of its own if it could be one.
const hostile = "evil\"} 1\nticketd_forged{x=\""

func TestNothingThatAFindingOrATrackerSaysBecomesALabel(t *testing.T) {
	rules := usualRules + "\n[[events]]\nname = \"odd\"\ntype = \"ODD__*\"\nclass = \"ignored\"\n"
	inWatchedWorld(t, settings{rules: rules}, func(w *watched) {
		before := slices.Sorted(maps.Keys(w.metrics()))
		for _, server := range []struct{ fail func(map[string]string) }{
			{func(h map[string]string) {
				w.jira.Fail(jiratest.Fault{Kind: jiratest.Answer, Code: 429, Header: h, Times: 5})
			}},
			{func(h map[string]string) {
				w.github.Fail(githubtest.Fault{Kind: githubtest.Status, Code: 403, Header: h, Message: "evil", Times: 5})
			}},
		} {
			server.fail(map[string]string{
				"X-RateLimit-Resource": "evil-resource", "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4", "RateLimit-Reason": "evil-reason",
				"X-RateLimit-Reset": "evil", "Beta-RateLimit": `"evil-quota";r=3;t=5`, "Beta-RateLimit-Policy": `"evil-quota";q=4`, "Retry-After": "evil",
			})
		}
		w.post(violation("OPENED", hostile, 1611058000))
		w.post(violation("OPENED", "evil-1", 1611058000, "relevance", hostile, "description", hostile))
		w.post(target("CREATED", "evil", 1611058000, "name", hostile))
		w.post(event(hostile, 1611058000, "uuid", hostile))
		w.post(event("ODD__EVIL", 1611058000, hostile, hostile))
		w.post(event("API_SECURE__POLICY_VIOLATION_EVIL", 1611058000, "uuid", "u", "status", hostile))
		w.post(noteEvent("CREATED", "evil-note", 1611058000))
		w.post("evil")
		if status := w.get("/hooks/" + "evil-capability"); status != http.StatusNotFound {
			t.Errorf("answered %d", status)
		}
		w.pass(2 * time.Hour)
		got := w.metrics()
		told := map[string]string{ // what the answers told, under names of ours
			`ticketd_tracker_quota_remaining{resource="requests",tracker="jira"}`: "4", `ticketd_tracker_quota_limit{resource="requests",tracker="jira"}`: "5000",
			`ticketd_tracker_quota_remaining{resource="other",tracker="github"}`: "4", `ticketd_tracker_quota_limit{resource="other",tracker="github"}`: "5000",
		}
		for series := range got {
			if strings.Contains(series, "evil") || strings.Contains(series, "forged") {
				t.Errorf("%s is there", series)
			}
			if _, known := slices.BinarySearch(before, series); !known && strings.HasPrefix(series, "ticketd_") && told[series] != got[series] {
				t.Errorf("%s is new", series)
			}
		}
		for series, want := range told {
			if got[series] != want {
				t.Errorf("%s is %q, want %s", series, got[series], want)
			}
		}
		w.expectMetrics(map[string]string{
			`ticketd_events_total{kind="violation",outcome="applied"}`: "1", `ticketd_events_total{kind="target",outcome="applied"}`: "1",
			`ticketd_events_total{kind="note",outcome="applied"}`: "1", `ticketd_events_total{kind="other",outcome="unparsed"}`: "3",
			`ticketd_events_total{kind="other",outcome="unhandled"}`: "1", `ticketd_events_total{kind="other",outcome="ignored"}`: "1",
			`ticketd_webhook_requests_total{outcome="accepted",route="token"}`: "8", `ticketd_webhook_requests_total{outcome="not_found",route="unknown"}`: "1",
		})
	})
}

// get asks the webhook's listener for a page.
func (w *world) get(path string) int {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.hooks.dial, DisableKeepAlives: true}}
	resp, err := client.Get("http://ticketd" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(resp.Body.Close())
	return resp.StatusCode
}

func TestADoubtAndItsAuditAreCounted(t *testing.T) {
	inWatchedWorld(t, settings{rules: everythingToJira}, func(w *watched) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Second)
		w.expectMetrics(map[string]string{
			`ticketd_tracker_calls_total{operation="create",outcome="doubt",tracker="jira"}`: "1", `ticketd_doubts_total{tracker="jira"}`: "1",
			`ticketd_tracker_up{tracker="jira"}`: "0", `ticketd_tickets{state="doubt",tracker="jira"}`: "1",
			`ticketd_audits_total{outcome="clean",tracker="jira"}`: "1",
		})
		w.pass(25 * time.Minute)
		w.one().expect(w.world, true, 0)
		w.expectMetrics(map[string]string{
			`ticketd_doubts_total{tracker="jira"}`: "1", `ticketd_tracker_up{tracker="jira"}`: "1", `ticketd_tickets{state="live",tracker="jira"}`: "1",
			`ticketd_audits_total{outcome="clean",tracker="jira"}`: "2", `ticketd_duplicates_closed_total{tracker="jira"}`: "0",
		})
	})
}

func TestALateDuplicateThatIsClosedIsCounted(t *testing.T) {
	long(t)
	inWatchedWorld(t, settings{rules: everythingToJira}, func(w *watched) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Late, Delay: 20 * time.Minute})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(48 * time.Hour)
		w.expectMetrics(map[string]string{
			`ticketd_duplicates_closed_total{tracker="jira"}`: "1", `ticketd_audits_total{outcome="found",tracker="jira"}`: "1",
		})
	})
}

func TestATicketThatWaitsForADeadTrackerIsABacklogThatAges(t *testing.T) {
	inWatchedWorld(t, settings{rules: everythingToJira}, func(w *watched) {
		w.settle()
		w.setDown("jira.example.com", true)
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Hour)
		got := w.metrics()
		if age := got[`ticketd_backlog_oldest_seconds{stage="deliver",tracker="jira"}`]; age != "3600" {
			t.Errorf("the backlog is %s s old", age)
		}
		w.expectMetrics(map[string]string{
			`ticketd_backlog{stage="deliver",tracker="jira"}`: "1", `ticketd_backlog{stage="deliver",tracker="github"}`: "0", `ticketd_tracker_up{tracker="jira"}`: "0",
		})
		w.setDown("jira.example.com", false)
		w.pass(time.Hour)
		w.expectMetrics(map[string]string{
			`ticketd_backlog{stage="deliver",tracker="jira"}`: "0", `ticketd_backlog_oldest_seconds{stage="deliver",tracker="jira"}`: "0", `ticketd_tracker_up{tracker="jira"}`: "1",
		})
	})
}

func TestWhatWaitsForItsTurnIsNoBacklog(t *testing.T) {
	inWatchedWorld(t, settings{rules: crowds()[0].rules + "max_new_per_hour = 1\n"}, func(w *watched) {
		for i := range 4 {
			w.post(violation("OPENED", fmt.Sprint("v-", i), 1611058000))
		}
		w.pass(30 * time.Minute)
		w.expectMetrics(map[string]string{
			`ticketd_backlog{stage="deliver",tracker="jira"}`: "0", `ticketd_tickets{state="wanted",tracker="jira"}`: "3",
		})
	})
}

func TestWhyATicketIsHeldIsCountedAndForgottenOnceItIsMended(t *testing.T) {
	team := map[string]jiratest.Field{"customfield_10010": {Name: "Team", Required: true}}
	for reason, project := range map[string]jiratest.Project{"rejected": {Key: "SEC", Fields: team}, "workflow": blocked()} {
		t.Run(reason, func(t *testing.T) {
			inWatchedWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{project}}, rules: crowds()[0].rules}, func(w *watched) {
				w.post(violation("OPENED", "v-1", 1611058000))
				w.settle()
				if reason == "workflow" {
					w.post(violation("RESOLVED", "v-1", 1611059000))
					w.settle()
				}
				w.expectMetrics(map[string]string{`ticketd_tickets_held{reason="` + reason + `",tracker="jira"}`: "1", `ticketd_tickets{state="held",tracker="jira"}`: "1"})
				w.jira.AddProject(jiratest.Project{Key: "SEC"})
				w.retry()
				w.expectMetrics(map[string]string{`ticketd_tickets_held{reason="` + reason + `",tracker="jira"}`: "0", `ticketd_tickets{state="held",tracker="jira"}`: "0"})
			})
		})
	}
}

func TestARefusedCredentialIsAPauseOfItsKind(t *testing.T) {
	inWatchedWorld(t, settings{rules: everythingToJira}, func(w *watched) {
		w.jira.Fail(jiratest.Fault{Kind: jiratest.Answer, Code: 401, Times: -1})
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(7 * time.Minute) // a probe of five minutes is over
		w.expectMetrics(map[string]string{
			`ticketd_tracker_paused{kind="credential",tracker="jira"}`: "1", `ticketd_tracker_paused{kind="throttled",tracker="jira"}`: "0",
			`ticketd_tracker_paused{kind="credential",tracker="github"}`: "0", `ticketd_tracker_calls_total{operation="identity",outcome="hold-tracker",tracker="jira"}`: "1",
			`ticketd_tracker_up{tracker="jira"}`: "1",
		})
		w.jira.Heal()
		w.pass(time.Hour)
		w.expectMetrics(map[string]string{`ticketd_tracker_paused{kind="credential",tracker="jira"}`: "0"})
	})
}
