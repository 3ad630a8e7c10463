package watch_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof/program"
)

// The credential of the practice Jira, as program.Service configures it.
const (
	account   = "bot@example.com"
	rightWord = "jira-secret-token"
)

func TestPrometheusSeesARunningDaemonAndFiresWhenAPersonIsNeeded(t *testing.T) {
	tool(t, "prometheus") // before anything is built
	jira := jiratest.New(jiratest.Options{Email: account, Token: rightWord})
	s := program.New(t, program.Options{Jira: jira})
	s.Start()
	p := startPrometheus(t, strings.TrimPrefix(s.Admin(), "http://"))
	p.has(`up{job="ticketd"} == 1`)

	post(t, s, "first", 1)
	p.has(`ticketd_tickets{state="live"} == 1`)
	p.has(`ticketd_tracker_calls_total{operation="create", outcome="ok"} == 1`)
	p.fires() // nothing, on a daemon that is well

	for name, query := range readDashboard(t).queries() {
		if maybeEmpty(query) {
			if _, err := p.count(query); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		p.has(query)
	}

	_, exposed := s.Get("/metrics")
	for _, q := range everyQuery(t) {
		for _, unknown := range said(exposed).unknown(q) {
			t.Errorf("%s: %s", q, unknown)
		}
	}

	jira.SetToken("renewed")
	post(t, s, "second", 2)
	p.fires("TicketdCredentialRefused (page)", "TicketdCredentialRefused (ticket)")

	s.Kill()
	p.fires("TicketdCredentialRefused (page)", "TicketdCredentialRefused (ticket)", "TicketdDown (page)")
}

// everyQuery gives those of the dashboard and of the alerts, and the series of the scenarios.
func everyQuery(t *testing.T) []string {
	t.Helper()
	all := slices.Collect(maps.Values(readDashboard(t).queries()))
	for _, a := range alerts(t) {
		all = append(all, a.Expr)
	}
	for _, s := range scenarios(t) {
		for _, input := range s.Series {
			all = append(all, input.Series)
		}
	}
	return all
}

// spoken is the values of labels that a daemon told, by metric and label.
type spoken map[string]map[string][]string

// said reads a page of metrics.
func said(page string) spoken {
	all := spoken{}
	for _, line := range regexp.MustCompile(`(?m)^(\w+)\{(.+)\} `).FindAllStringSubmatch(page, -1) {
		if all[line[1]] == nil {
			all[line[1]] = map[string][]string{}
		}
		for _, l := range matches.FindAllStringSubmatch(line[2], -1) {
			all[line[1]][l[1]] = append(all[line[1]][l[1]], l[3])
		}
	}
	return all
}

// unknown says in words which values a query asks for that are never told: all that can be are there from
// the start. Names that a person chose, bounds of histograms, and what not every tracker tells are left out.
func (s spoken) unknown(text string) (all []string) {
	chosen := []string{"job", "instance", "tracker", "le"}
	for _, sel := range asks(text).selectors {
		if s[sel.metric] == nil {
			continue
		}
		for _, m := range sel.matchers {
			if slices.Contains(chosen, m.label) {
				continue
			}
			for value := range strings.SplitSeq(m.value, "|") {
				if !slices.Contains(s[sel.metric][m.label], value) {
					all = append(all, fmt.Sprintf("%s never has the %s %q", sel.metric, m.label, value))
				}
			}
		}
	}
	return all
}

func TestAValueThatIsNeverToldIsFound(t *testing.T) {
	told := said("# TYPE x counter\nx{a=\"1\",b=\"2\"} 0\nx{a=\"3\",b=\"4\"} 7\ny 1\n")
	for text, wrong := range map[string]int{`x{a="1"}`: 0, `x{a=~"1|3", b!="4"}`: 0, `x{a="2"}`: 1, `x{b!~"2|5|6"} + y`: 2, `z{a="9"}`: 0} {
		if got := told.unknown(text); len(got) != wrong {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func post(t *testing.T, s *program.Service, finding string, at int64) {
	t.Helper()
	if status, err := s.Post(t.Context(), program.Opened(finding, at)); err != nil || status != 200 {
		t.Fatalf("posting %s: %d %v", finding, status, err)
	}
}
